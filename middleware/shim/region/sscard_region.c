/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/region/sscard_region.h"

#include "apdu/error.h"
#include "middleware/shim/region/region.h"

static size_t room(int len)
{
    return len > 0 ? (size_t)len : 0;
}

/* There is no signature that anybody but the centre could make. */
static void no_signature(char *buffer, int len)
{
    if (buffer && len > 0) {
        buffer[0] = '\0';
    }
}

long Init(const char *pUrl, const char *pUser)
{
    (void)pUrl;
    (void)pUser;
    return ssc_region_hello(NULL, 0);
}

long ReadCardBas(char *pOutBuff, int nOutBuffLen, char *pSignBuff, int nSignBuffLen)
{
    no_signature(pSignBuff, nSignBuffLen);
    return ssc_region_run(SSC_SHIM_iReadCardBas, pOutBuff, room(nOutBuffLen));
}

long VerifyPIN(char *pOutBuff, int nOutBuffLen)
{
    return ssc_region_run(SSC_SHIM_iVerifyPIN, pOutBuff, room(nOutBuffLen));
}

long ChangePIN(char *pOutBuff, int nOutBuffLen)
{
    return ssc_region_run(SSC_SHIM_iChangePIN, pOutBuff, room(nOutBuffLen));
}

long ReadSFZ(char *pOutBuff, int nOutBuffLen, char *pSignBuff, int nSignBuffLen)
{
    no_signature(pSignBuff, nSignBuffLen);
    return ssc_region_fail(SSC_E_NOT_SUPPORTED, "sscard 不读取居民身份证", pOutBuff, room(nOutBuffLen));
}

long GetQRBase(int nTimeout, char *pOutBuff, int nOutBuffLen, char *pSignBuff, int nSignBuffLen)
{
    (void)nTimeout;
    no_signature(pSignBuff, nSignBuffLen);
    return ssc_region_fail(SSC_E_NOT_SUPPORTED, "sscard 不读取条码", pOutBuff, room(nOutBuffLen));
}
