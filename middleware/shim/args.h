/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts that callers of the national functions pass in. Pure functions over UTF-8, no heap; whatever
 * comes in is hostile. All return 0 or SSC_E_INVALID_ARGUMENT.
 */
#ifndef SSC_SHIM_ARGS_H
#define SSC_SHIM_ARGS_H

#include <stddef.h>
#include <stdint.h>

enum { SSC_SHIM_FILES = 64, SSC_SHIM_ITEMS = 384, SSC_SHIM_VALUES = 128 };

/* pCardInfo: card identification code, card number, each ended by '|'. A card that is not personalised has
 * no number: then that item is empty. */
struct ssc_shim_card {
    char id[33];     /* 32 hexadecimal digits, upper case */
    char number[10]; /* "" or 9 characters */
};
int ssc_shim_parse_card(const char *text, struct ssc_shim_card *out);

/* pFileAddr: FILE|TAG|TAG:n|$FILE|TAG|$ ; FILE:nn or FILE|nn| picks one record of a cyclic file. */
struct ssc_shim_item {
    uint8_t tag;
    uint8_t nth; /* which of several with the same tag, from 1 */
};
struct ssc_shim_file {
    char name[12];  /* "DF01EF05", "SSSEEF06", upper case */
    uint8_t record; /* of a cyclic file, from 1; 0: all */
    uint16_t first; /* index into items */
    uint16_t count;
};
struct ssc_shim_addr {
    struct ssc_shim_file files[SSC_SHIM_FILES];
    size_t count; /* at least 1 */
    struct ssc_shim_item items[SSC_SHIM_ITEMS];
    size_t used;
};
int ssc_shim_parse_addr(const char *text, struct ssc_shim_addr *out);

/* pWriteData: the same skeleton with values; only its first file counts. Values point into `text`. */
struct ssc_shim_values {
    char file[12];
    struct {
        const char *at;
        size_t len;
    } item[SSC_SHIM_VALUES];
    size_t count; /* at least 1 */
};
int ssc_shim_parse_values(const char *text, struct ssc_shim_values *out);

/* pPayInfo: two amounts in yuan with at most two decimals, below 42949672.96, and the time. */
struct ssc_shim_pay {
    int64_t first, second; /* fen */
    char time[15];         /* YYYYMMDDhhmmss, a real moment */
};
int ssc_shim_parse_pay(const char *text, struct ssc_shim_pay *out);

/* pKey: one or two items of 16 + 16 hexadecimal digits, each ended by '|' (the last may lack it); the second
 * may be empty. */
struct ssc_shim_pairs {
    char auth[2][17], original[2][17]; /* upper case; "" where the item is empty */
    size_t count;
};
int ssc_shim_parse_pairs(const char *text, size_t most, struct ssc_shim_pairs *out);

/* `len` hexadecimal digits, upper case into out (len + 1); one '|' may follow. */
int ssc_shim_parse_hex(const char *text, size_t len, char *out);

/* Items of one line by the names of a format: "terminal_seq|time|mac1|". *value points into text. 0 when the
 * line has the item. */
int ssc_shim_named_item(const char *format, const char *text, const char *name, const char **value,
                        size_t *len);

#endif
