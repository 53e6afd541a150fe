/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into the caller's buffer. A text is collected in UTF-8 first and delivered at the end, whole or
 * not at all; nothing behind the terminating NUL is touched, so that callers whose buffer is smaller than the
 * documented size live as long as their answers are short.
 */
#ifndef SSC_SHIM_OUT_H
#define SSC_SHIM_OUT_H

#include <stddef.h>

enum ssc_shim_encoding { SSC_SHIM_GB18030, SSC_SHIM_UTF8 };

/* Grows as needed. Clear it with ssc_shim_out_free, which overwrites it. */
struct ssc_shim_out {
    char *text; /* UTF-8, NUL terminated; NULL while empty */
    size_t len, cap;
    int error; /* SSC_E_OUT_OF_MEMORY; sticks */
};
void ssc_shim_out_add(struct ssc_shim_out *out, const char *text, size_t len);
void ssc_shim_out_text(struct ssc_shim_out *out, const char *text);
/* Text of a value: control characters and what separates items become '?'. */
void ssc_shim_out_value(struct ssc_shim_out *out, const char *text, size_t len);
void ssc_shim_out_free(struct ssc_shim_out *out);

/* Delivers: at most cap bytes with the NUL. SSC_E_BUFFER_TOO_SMALL, _BAD_TEXT: then buffer holds "". */
int ssc_shim_deliver(enum ssc_shim_encoding encoding, const struct ssc_shim_out *out, char *buffer,
                     size_t cap);
/* As much of a text as fits, in whole characters. */
void ssc_shim_deliver_cut(enum ssc_shim_encoding encoding, const char *text, char *buffer, size_t cap);

/* A caller's text of at most `most` bytes with the NUL into UTF-8; *out is the caller's to free (overwrite
 * it: it may be a secret). SSC_E_INVALID_ARGUMENT: NULL, or no NUL within `most`; SSC_E_BAD_TEXT: half a
 * character, or none at all. */
int ssc_shim_take(enum ssc_shim_encoding encoding, const char *text, size_t most, char **out);
/* Overwrites and frees. NULL is allowed. */
void ssc_shim_wipe(char *text);

#endif
