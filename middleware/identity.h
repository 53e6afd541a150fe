/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds the card, in as few exchanges as the card allows. */
#ifndef SSC_MIDDLEWARE_IDENTITY_H
#define SSC_MIDDLEWARE_IDENTITY_H

#include "middleware/files.h"

enum ssc_genuine { SSC_GENUINE_NOT_CHECKED, SSC_GENUINE_YES, SSC_GENUINE_NO };

struct ssc_identity {
    char area_code[7];                  /* 发卡地区行政区划代码 */
    char citizen_id[19];                /* 社会保障号码 */
    char card_number[10];               /* 卡号 */
    char card_id[33];                   /* 卡识别码, hexadecimal */
    char name[128];                     /* 姓名 + 姓名扩展, UTF-8 */
    char reset_info[31];                /* 卡复位信息: historical bytes, hexadecimal */
    char version[8];                    /* 规范版本, as the card says: "3.00" */
    char issue_date[9], expiry_date[9]; /* YYYYMMDD; cards with ASCII dates are read too and flagged */
    char terminal_number[13];           /* 终端机编号; "000000000000" without a PSAM */
    char device_number[32];             /* 终端设备号 */
    char sex[2], ethnic_group[3], birth_place[7], birth_date[9], card_class[2], issuer[25];
    enum ssc_genuine genuine;
    bool test_keys; /* a key file with test keys took part */
    /* Findings, never refusals: a check character that does not fit what stands before it (false on a blank
     * card), dates written as ASCII digits. */
    bool citizen_id_wrong, card_number_wrong, dates_in_ascii;
    char line[512];        /* the eleven-item national line, UTF-8, each item ended by '|' */
    struct ssc_values raw; /* every element read; its findings speak of everything read */
    int remote_cause; /* with SSC_E_NEED_REMOTE: why, SSC_E_NO_PSAM, _PSAM_ALGORITHM, _PSAM_NO_RKSSSE ... */
    unsigned
        exchanges; /* commands to the card in this call, one with its GET RESPONSE and repeats counted once */
    unsigned wire_exchanges; /* raw exchanges on the wire */
    uint64_t wire_us;        /* modelled, where the driver has a model */
};

enum ssc_identity_parts {
    SSC_ID_BASIC = 1u << 0, /* the eleven items */
    SSC_ID_FULL = 1u << 1,  /* + sex, ethnic group, birth, class, issuer */
};
struct ssc_identity_options {
    unsigned parts;
    bool verify; /* internal authentication; always attempted for 3.0 where EF06 needs keys anyway */
    bool national_sequence; /* read like the national library, element by element: for comparison */
    char device_number[32];
};
/* Returns 0 with genuine == SSC_GENUINE_NOT_CHECKED when verify is off or no provider is there and the card
 * opens its files without. SSC_E_NEED_REMOTE: EF06 needs a key and `auth` cannot; SSC_E_NOT_GENUINE: internal
 * authentication failed, nothing of the holder is in `out`. */
int ssc_identity_read(struct ssc_card *card, struct ssc_auth *auth,
                      const struct ssc_identity_options *options, struct ssc_identity *out, int64_t deadline);

/* The HSM two-step for identity: begin hands out what the back office needs, complete takes its answer and
 * reads. */
struct ssc_identity_remote {
    char city[7];
    char reset_info[31];
    char algorithm[3]; /* "01" 3DES, "02" SSF33, "03" SM4 */
    char card_id[33];
    uint8_t internal_factor[8], internal_original[8];
    uint8_t external_factor[8], external_original[8];
    bool has_external;          /* 3.0: both filled */
    uint8_t internal_answer[8]; /* the card's; to be compared with the back office's */
};
int ssc_identity_remote_begin(struct ssc_card *card, struct ssc_identity_remote *remote, int64_t deadline);
/* expected: back office's 8 bytes for the internal authentication; external_auth: its answer, NULL when
 * has_external is false. `remote` must come from begin on the same session with no other command between. */
int ssc_identity_remote_complete(struct ssc_card *card, const struct ssc_identity_remote *remote,
                                 const uint8_t expected[8], const uint8_t external_auth[8],
                                 const struct ssc_identity_options *options, struct ssc_identity *out,
                                 int64_t deadline);

#endif
