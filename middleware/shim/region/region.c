/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/region/region.h"

#include "apdu/error.h"

static long tell(struct ssc_shim *s, int rc, char *out, size_t cap)
{
    if (out && cap > 0) {
        const char *text = rc == 0 ? "" : s->text;
        ssc_shim_deliver_cut((enum ssc_shim_encoding)s->config.encoding, text, out, cap);
    }
    return rc;
}

long ssc_region_hello(char *out, size_t cap)
{
    int rc = 0;
    struct ssc_shim *s = ssc_shim_session(&rc);
    if (s && rc == 0) {
        ssc_shim_drop(s);
        rc = ssc_shim_call(s, "system.hello", json_pack("{s:s, s:i}", "client", "region", "protocol", 1),
                           NULL, NULL, sscard_deadline(s->config.deadline_ms));
        ssc_shim_drop(s);
    }
    return s ? tell(s, rc, out, cap) : ssc_error_national(SSC_E_OUT_OF_MEMORY);
}

long ssc_region_run(enum ssc_shim_function function, char *out, size_t cap)
{
    const struct ssc_shim_args args = {.type = 3};
    const bool fine = out && cap > 0;
    return fine ? ssc_shim_run(function, &args, out, cap) : ssc_error_national(SSC_E_INVALID_ARGUMENT);
}

long ssc_region_fail(int code, const char *why, char *out, size_t cap)
{
    int rc = 0;
    struct ssc_shim *s = ssc_shim_session(&rc);
    return s ? tell(s, ssc_shim_fail(s, code, why), out, cap) : ssc_error_national(SSC_E_OUT_OF_MEMORY);
}
