/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config.h"

#include "apdu/error.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum kind { TEXT, NUMBER, OCTAL, SWITCH };

static const struct option {
    const char *section, *name;
    enum kind kind;
    size_t offset, size;
    int64_t min, max;
} options[] = {
#define AT(member) offsetof(struct ssc_config, member), sizeof(((struct ssc_config *)0)->member)
    {"daemon", "socket", TEXT, AT(socket), 0, 0},
    {"daemon", "socket-mode", OCTAL, AT(socket_mode), 0, 0777},
    {"daemon", "socket-group", TEXT, AT(socket_group), 0, 0},
    {"daemon", "journal", TEXT, AT(journal), 0, 0},
    {"daemon", "max-clients", NUMBER, AT(max_clients), 1, 100000},
    {"daemon", "deadline-ms", NUMBER, AT(deadline_ms), 10, 3600000},
    {"daemon", "max-deadline-ms", NUMBER, AT(max_deadline_ms), 10, 3600000},
    {"daemon", "lease-ms", NUMBER, AT(lease_ms), 10, 3600000},
    {"daemon", "max-lease-ms", NUMBER, AT(max_lease_ms), 10, 3600000},
    {"daemon", "queue", NUMBER, AT(queue), 1, 100000},
    {"daemon", "stop-ms", NUMBER, AT(stop_ms), 0, 600000},
    {"daemon", "log-level", TEXT, AT(log_level), 0, 0},
    {"readers", "driver", TEXT, AT(driver), 0, 0},
    {"readers", "ignore", TEXT, AT(ignore), 0, 0},
    {"readers", "psam", TEXT, AT(psam), 0, 0},
    {"readers", "exclusive", SWITCH, AT(exclusive), 0, 0},
    {"auth", "key-file", TEXT, AT(key_file), 0, 0},
    {"auth", "test-keys", SWITCH, AT(test_keys), 0, 0},
    {"card", "profile", TEXT, AT(profile), 0, 0},
    {"card", "device-number", TEXT, AT(device_number), 0, 0},
    {"sim", "images", TEXT, AT(sim_images), 0, 0},
    {"sim", "state", TEXT, AT(sim_state), 0, 0},
#undef AT
};
#define OPTIONS (sizeof options / sizeof options[0])

void ssc_config_default(struct ssc_config *c)
{
    *c = (struct ssc_config){
        .socket = "/run/sscard/sscard.sock",
        .socket_mode = 0660,
        .journal = "/var/lib/sscard/journal.db",
        .max_clients = 1024,
        .deadline_ms = 10000,
        .max_deadline_ms = 300000,
        .lease_ms = 30000,
        .max_lease_ms = 300000,
        .queue = 64,
        .stop_ms = 5000,
        .log_level = "info",
        .driver = "pcsc",
        .psam = "auto",
        .sim_images = "ssc-3.0,pboc",
        .roles = {.other = SSC_ROLE_VIEWER},
    };
}

static int set_text(char *to, size_t size, const char *value)
{
    const int n = snprintf(to, size, "%s", value);
    return n >= 0 && (size_t)n < size ? 0 : SSC_E_CONFIG;
}

static int set_number(int64_t *to, const struct option *o, const char *value)
{
    char *end = NULL;
    errno = 0;
    const long long v = strtoll(value, &end, o->kind == OCTAL ? 8 : 10);
    const bool ok = errno == 0 && end != value && *end == '\0' && v >= o->min && v <= o->max;
    if (ok) {
        *to = v;
    }
    return ok ? 0 : SSC_E_CONFIG;
}

static int set_switch(bool *to, const char *value)
{
    const bool yes = strcmp(value, "yes") == 0;
    const bool ok = yes || strcmp(value, "no") == 0;
    if (ok) {
        *to = yes;
    }
    return ok ? 0 : SSC_E_CONFIG;
}

static int set_option(struct ssc_config *c, const struct option *o, const char *value, char why[200])
{
    char *at = (char *)c + o->offset;
    int rc;
    if (o->kind == TEXT) {
        rc = set_text(at, o->size, value);
        snprintf(why, 200, "[%s] %s: longer than %zu bytes", o->section, o->name, o->size - 1);
    } else if (o->kind == SWITCH) {
        rc = set_switch((bool *)(void *)at, value);
        snprintf(why, 200, "[%s] %s: write yes or no", o->section, o->name);
    } else {
        rc = set_number((int64_t *)(void *)at, o, value);
        snprintf(why, 200,
                 o->kind == OCTAL ? "[%s] %s: a mode in octal, at most 0777"
                                  : "[%s] %s: a number from %lld to %lld",
                 o->section, o->name, (long long)o->min, (long long)o->max);
    }
    return rc;
}

int ssc_config_set(struct ssc_config *c, const char *section, const char *name, const char *value,
                   char why[200])
{
    int rc = SSC_E_CONFIG;
    const struct option *found = NULL;
    for (size_t i = 0; i < OPTIONS && !found; i++) {
        if (strcmp(options[i].section, section) == 0 && strcmp(options[i].name, name) == 0) {
            found = &options[i];
        }
    }
    if (found) {
        rc = set_option(c, found, value, why);
    } else if (strcmp(section, "roles") == 0) {
        rc = ssc_roles_add(&c->roles, name, value, why);
    } else {
        snprintf(why, 200, "there is no option \"%.60s\" in [%.40s]", name, section);
    }
    return rc;
}

struct reading {
    struct ssc_config *c;
    char *why;
    bool failed;
};

static int on_option(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    char why[200], whole[200];
    int rc = 0;
    /* The parser takes the colon of "user:NAME = role" for the separator. */
    const char *role = strcmp(section, "roles") == 0 ? strrchr(value, '=') : NULL;
    if (role) {
        int len = (int)(role - value);
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
            len--;
        }
        snprintf(whole, sizeof whole, "%.60s:%.*s", name, len < 100 ? len : 100, value);
        name = whole;
        value = role + 1 + strspn(role + 1, " \t");
    }
    if (!r->failed) { /* the first fault is the one to mend */
        rc = ssc_config_set(r->c, section, name, value, why);
        if (rc != 0) {
            r->failed = true;
            snprintf(r->why, 200, "%s", why);
        }
    }
    return rc == 0;
}

int ssc_config_load(const char *path, struct ssc_config *c, char why[200])
{
    struct reading r = {.c = c, .why = why};
    int rc = 0;
    struct stat st;
    const bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode); /* it reads as an empty file */
    const int line = folder ? -1 : ini_parse(path, on_option, &r);
    if (line == -1) {
        errno = folder ? EISDIR : errno;
        snprintf(why, 200, "%.100s: %.60s", path, strerror(errno));
        rc = SSC_E_IO;
    } else if (line != 0) {
        char reason[200] = "not \"name = value\"";
        if (r.failed) {
            snprintf(reason, sizeof reason, "%s", why);
        }
        snprintf(why, 200, "%.60s line %d: %.110s", path, line, reason);
        rc = SSC_E_CONFIG;
    }
    return rc;
}

int ssc_config_check(const struct ssc_config *c, char why[200])
{
    int rc = SSC_E_CONFIG;
    if (c->deadline_ms > c->max_deadline_ms) {
        snprintf(why, 200, "[daemon] deadline-ms is more than max-deadline-ms");
    } else if (c->lease_ms > c->max_lease_ms) {
        snprintf(why, 200, "[daemon] lease-ms is more than max-lease-ms");
    } else if (c->socket[0] != '/' || c->journal[0] != '/') {
        snprintf(why, 200, "[daemon] socket and journal are absolute paths");
    } else if (ssc_log_level_by_name(c->log_level) < 0) {
        snprintf(why, 200, "[daemon] log-level: error, warning, info or debug");
    } else if (strcmp(c->driver, "pcsc") != 0 && strcmp(c->driver, "ccid") != 0 &&
               strcmp(c->driver, "sim") != 0 && strncmp(c->driver, "replay:", 7) != 0) {
        snprintf(why, 200, "[readers] driver: pcsc, ccid, sim or replay:FILE");
    } else {
        rc = 0;
    }
    return rc;
}
