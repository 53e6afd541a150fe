/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/region/heasec.h"

#include "apdu/error.h"
#include "middleware/shim/region/region.h"

#define INIT_MAX 65536

/* There is no business string that anybody but the centre could sign. */
static void no_business(char *buffer)
{
    if (buffer) {
        buffer[0] = '\0';
    }
}

static long not_here(const char *why, char *out)
{
    return ssc_region_fail(SSC_E_NOT_SUPPORTED, why, out, HEASEC_TEXT);
}

/* The members speak of the centre; but what is no JSON object is a mistake that the caller wants to know.
 * Callers write it in either encoding, whatever the configuration says. */
static int check_object(const char *text)
{
    char *copy = NULL;
    int rc = 0;
    if (text && text[0]) {
        rc = ssc_shim_take(SSC_SHIM_UTF8, text, INIT_MAX, &copy);
        rc = rc == SSC_E_BAD_TEXT ? ssc_shim_take(SSC_SHIM_GB18030, text, INIT_MAX, &copy) : rc;
    }
    if (copy) {
        json_t *object = json_loads(copy, 0, NULL);
        rc = json_is_object(object) ? 0 : SSC_E_INVALID_ARGUMENT;
        json_decref(object);
    }
    ssc_shim_wipe(copy); /* it may hold the centre's keys */
    return rc;
}

long Init(char *pInitInfo, char *pErrMsg)
{
    const int rc = check_object(pInitInfo);
    return rc == 0 ? ssc_region_hello(pErrMsg, HEASEC_TEXT)
                   : ssc_region_fail(rc, "pInitInfo 应为 JSON 对象", pErrMsg, HEASEC_TEXT);
}

long ReadCardBas(char *pCardInfo, char *pBusiCardInfo)
{
    no_business(pBusiCardInfo);
    return ssc_region_run(SSC_SHIM_iReadCardBas, pCardInfo, HEASEC_CARD);
}

long VerifyPIN(char *pOutBuff)
{
    return ssc_region_run(SSC_SHIM_iVerifyPIN, pOutBuff, HEASEC_TEXT);
}

long ChangePIN(char *pOutBuff)
{
    return ssc_region_run(SSC_SHIM_iChangePIN, pOutBuff, HEASEC_TEXT);
}

long ReadSFZ(char *pPath, char *pOutBuff, char *pOutBusiBuff)
{
    (void)pPath;
    no_business(pOutBusiBuff);
    return not_here("sscard 不读取居民身份证", pOutBuff);
}

long EcQuery(char *pInData, char *pOutData)
{
    (void)pInData;
    return not_here("sscard 不处理医保电子凭证", pOutData);
}

long GetPersonInfo(char *pInData, char *pOutData)
{
    (void)pInData;
    return not_here("需要医保中心接口", pOutData);
}

static long unpublished(void)
{
    return ssc_error_national(SSC_E_NOT_SUPPORTED);
}

long EcCardQuery(void)
{
    return unpublished();
}

long DailySinIn(void)
{
    return unpublished();
}

long Busi(void)
{
    return unpublished();
}

long ReadCardBasRx(void)
{
    return unpublished();
}

long ReadSFZRx(void)
{
    return unpublished();
}
