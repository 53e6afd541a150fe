/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/config.h"

#include "apdu/error.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_FILE "/etc/sscard/shim.conf"

enum kind { TEXT, NUMBER, CHOICE };

static const struct option {
    const char *section, *name;
    enum kind kind;
    size_t offset, size;
    const char *choices; /* words in the order of their enum */
} options[] = {
#define AT(member) offsetof(struct ssc_shim_config, member), sizeof(((struct ssc_shim_config *)0)->member)
    {"shim", "encoding", CHOICE, AT(encoding), "gb18030 utf-8"},
    {"shim", "socket", TEXT, AT(socket), NULL},
    {"shim", "reader", TEXT, AT(reader), NULL},
    {"shim", "deadline-ms", NUMBER, AT(deadline_ms), NULL},
    {"shim", "hsm-hold-ms", NUMBER, AT(hsm_hold_ms), NULL},
    {"shim", "steps", CHOICE, AT(steps), "thread process"},
    {"shim", "device-number", TEXT, AT(device_number), NULL},
    {"shim", "amounts", CHOICE, AT(amounts), "yuan fen"},
    {"shim", "btlv-separator", TEXT, AT(btlv_separator), NULL},
    {"pin", "entry", CHOICE, AT(pin_entry), "auto pinpad helper"},
    {"pin", "helper", TEXT, AT(pin_helper), NULL},
    {"pin", "timeout-ms", NUMBER, AT(pin_timeout_ms), NULL},
    {"format", "identity", TEXT, AT(format.identity), NULL},
    {"format", "identity-hsm", TEXT, AT(format.identity_hsm), NULL},
    {"format", "key-hsm", TEXT, AT(format.key_hsm), NULL},
    {"format", "command-hsm", TEXT, AT(format.command_hsm), NULL},
    {"format", "debit", TEXT, AT(format.debit), NULL},
    {"format", "debit-hsm", TEXT, AT(format.debit_hsm), NULL},
    {"format", "debit-hsm-answer", TEXT, AT(format.debit_hsm_answer), NULL},
    {"format", "debit-hsm-result", TEXT, AT(format.debit_hsm_result), NULL},
    {"format", "record", TEXT, AT(format.record), NULL},
    {"format", "pay-info", TEXT, AT(format.pay_info), NULL},
#undef AT
};
#define OPTIONS (sizeof options / sizeof options[0])

void ssc_shim_config_default(struct ssc_shim_config *c)
{
    *c = (struct ssc_shim_config){
        .deadline_ms = 15000,
        .hsm_hold_ms = 60000,
        .btlv_separator = ",",
        .pin_timeout_ms = 30000,
        .format =
            {
                .identity = "{area_code}|{citizen_id}|{card_number}|{card_id}|{name}|{reset_info}|{version}|"
                            "{issue_date}|{expiry_date}|{terminal_number}|{device_number}|",
                .identity_hsm = "{area_code}|{reset_info}|{algorithm}|{card_id}|{internal.factor}|"
                                "{internal.original}|{external.factor}|{external.original}|",
                .key_hsm = "{algorithm}|{address}|{external.factor}|{external.original}|",
                .command_hsm = "{algorithm}|{address}|{challenge}|{header}|{pin}|",
                .debit = "{terminal}|{terminal_seq}|{counter}|{amount}|{self_pay}|{pooled}|{time}|{tac}|",
                .debit_hsm =
                    "{algorithm}|{address}|{key_version}|{random}|{counter}|{amount:hex}|{self_pay:hex}|"
                    "{pooled:hex}|{type}|{terminal}|{time}|",
                .debit_hsm_answer = "terminal_seq|time|mac1|",
                .debit_hsm_result = "{mac2}|{tac}|",
                .record = "{counter}^{type:char}^{terminal}^{time}^{amount}^{self_pay}^{pooled}^|",
                .pay_info = "self_pay|pooled|time|",
            },
    };
}

static bool set_text(char *to, size_t size, const char *value)
{
    const int n = snprintf(to, size, "%s", value);
    return n >= 0 && (size_t)n < size;
}

static bool set_number(int64_t *to, const char *value)
{
    char *end = NULL;
    errno = 0;
    const long long v = strtoll(value, &end, 10);
    const bool ok = errno == 0 && end != value && *end == '\0' && v >= 1 && v <= 3600000;
    *to = ok ? v : *to;
    return ok;
}

/* The place of a word among words. */
static bool set_choice(int *to, const char *words, const char *value)
{
    const size_t len = strlen(value);
    int place = 0;
    bool found = false;
    while (*words && !found) {
        const size_t n = strcspn(words, " ");
        found = n == len && memcmp(words, value, n) == 0;
        *to = found ? place : *to;
        words += n + (words[n] == ' ');
        place++;
    }
    return found;
}

static bool set_option(struct ssc_shim_config *c, const struct option *o, const char *value)
{
    char *at = (char *)c + o->offset;
    return o->kind == TEXT     ? set_text(at, o->size, value)
           : o->kind == NUMBER ? set_number((int64_t *)(void *)at, value)
                               : set_choice((int *)(void *)at, o->choices, value);
}

struct reading {
    struct ssc_shim_config *c;
    char *why;
    bool failed;
};

static int on_option(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    const struct option *found = NULL;
    bool ok;
    for (size_t i = 0; i < OPTIONS && !found; i++) {
        if (strcmp(options[i].section, section) == 0 && strcmp(options[i].name, name) == 0) {
            found = &options[i];
        }
    }
    ok = found && set_option(r->c, found, value);
    if (!ok && !r->failed) { /* the first fault is the one to mend */
        r->failed = true;
        snprintf(r->why, 200, "[%.40s] %.60s", section, name);
    }
    return ok;
}

int ssc_shim_config_load(struct ssc_shim_config *c, char why[200])
{
    const char *named = secure_getenv("SSCARD_SHIM_CONF");
    const char *path = named && named[0] ? named : CONFIG_FILE;
    struct reading r = {.c = c, .why = why};
    FILE *file = fopen(path, "re");
    int rc = 0;
    why[0] = '\0';
    ssc_shim_config_default(c);
    if (file) {
        const int line = ini_parse_file(file, on_option, &r);
        rc = line == 0 ? 0 : SSC_E_CONFIG;
        if (line != 0 && !r.failed) {
            snprintf(why, 200, "%.150s:%d", path, line);
        }
        fclose(file);
    } else if (path == named || errno != ENOENT) {
        snprintf(why, 200, "%.190s", path);
        rc = SSC_E_IO;
    }
    return rc;
}
