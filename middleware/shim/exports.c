/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/SSCardDriver.h"

#include "middleware/shim/shim.h"

#define RUN(NAME, out, ...) ssc_shim_run(SSC_SHIM_##NAME, &(struct ssc_shim_args){__VA_ARGS__}, out, 0)

long iReadCardBas(int iType, char *pOutInfo)
{
    return RUN(iReadCardBas, pOutInfo, .type = iType);
}

long iReadCardBas_HSM_Step1(int iType, char *pOutInfo)
{
    return RUN(iReadCardBas_HSM_Step1, pOutInfo, .type = iType);
}

long iReadCardBas_HSM_Step2(char *pKey, char *pOutInfo)
{
    return RUN(iReadCardBas_HSM_Step2, pOutInfo, .key = pKey);
}

long iReadCard(int iType, int iAuthType, char *pCardInfo, char *pFileAddr, char *pOutInfo)
{
    return RUN(iReadCard, pOutInfo, .type = iType, .auth = iAuthType, .card_info = pCardInfo,
               .file_addr = pFileAddr);
}

long iReadCard_HSM_Step1(int iType, char *pCardInfo, char *pFileAddr, char *pOutInfo)
{
    return RUN(iReadCard_HSM_Step1, pOutInfo, .type = iType, .card_info = pCardInfo, .file_addr = pFileAddr);
}

long iReadCard_HSM_Step2(char *pKey, char *pOutInfo)
{
    return RUN(iReadCard_HSM_Step2, pOutInfo, .key = pKey);
}

long iWriteCard(int iType, char *pCardInfo, char *pFileAddr, char *pWriteData, char *pOutInfo)
{
    return RUN(iWriteCard, pOutInfo, .type = iType, .card_info = pCardInfo, .file_addr = pFileAddr,
               .write_data = pWriteData);
}

long iWriteCard_HSM_Step1(int iType, char *pCardInfo, char *pFileAddr, char *pOutInfo)
{
    return RUN(iWriteCard_HSM_Step1, pOutInfo, .type = iType, .card_info = pCardInfo, .file_addr = pFileAddr);
}

long iWriteCard_HSM_Step2(char *pKey, char *pWriteData, char *pOutInfo)
{
    return RUN(iWriteCard_HSM_Step2, pOutInfo, .key = pKey, .write_data = pWriteData);
}

long iVerifyPIN(int iType, char *pOutInfo)
{
    return RUN(iVerifyPIN, pOutInfo, .type = iType);
}

long iChangePIN(int iType, char *pOutInfo)
{
    return RUN(iChangePIN, pOutInfo, .type = iType);
}

long iReloadPIN(int iType, char *pCardInfo, char *pOutInfo)
{
    return RUN(iReloadPIN, pOutInfo, .type = iType, .card_info = pCardInfo);
}

long iReloadPIN_HSM_Step1(int iType, char *pCardInfo, char *pOutInfo)
{
    return RUN(iReloadPIN_HSM_Step1, pOutInfo, .type = iType, .card_info = pCardInfo);
}

long iReloadPIN_HSM_Step2(char *pKey, char *pOutInfo)
{
    return RUN(iReloadPIN_HSM_Step2, pOutInfo, .key = pKey);
}

long iReloadPIN_HSM_Step3(char *pKey, char *pOutInfo)
{
    return RUN(iReloadPIN_HSM_Step3, pOutInfo, .key = pKey);
}

long iUnblockPIN(int iType, char *pCardInfo, char *pOutInfo)
{
    return RUN(iUnblockPIN, pOutInfo, .type = iType, .card_info = pCardInfo);
}

long iUnblockPIN_HSM_Step1(int iType, char *pCardInfo, char *pOutInfo)
{
    return RUN(iUnblockPIN_HSM_Step1, pOutInfo, .type = iType, .card_info = pCardInfo);
}

long iUnblockPIN_HSM_Step2(char *pKey, char *pOutInfo)
{
    return RUN(iUnblockPIN_HSM_Step2, pOutInfo, .key = pKey);
}

long iUnblockPIN_HSM_Step3(char *pKey, char *pOutInfo)
{
    return RUN(iUnblockPIN_HSM_Step3, pOutInfo, .key = pKey);
}

long iDoDebit(int iType, char *pCardInfo, char *pPayInfo, char *pOutInfo)
{
    return RUN(iDoDebit, pOutInfo, .type = iType, .card_info = pCardInfo, .pay_info = pPayInfo);
}

long iDoDebit_HSM_Step1(int iType, char *pCardInfo, char *pPayInfo, char *pOutInfo)
{
    return RUN(iDoDebit_HSM_Step1, pOutInfo, .type = iType, .card_info = pCardInfo, .pay_info = pPayInfo);
}

long iDoDebit_HSM_Step2(char *pKey, char *pOutInfo)
{
    return RUN(iDoDebit_HSM_Step2, pOutInfo, .key = pKey);
}

long iReadDebitRecord(int iType, char *pOutInfo)
{
    return RUN(iReadDebitRecord, pOutInfo, .type = iType);
}
