/* SPDX-License-Identifier: Apache-2.0 */
/* Is there something to authenticate cards with, and does it fit this card: algorithm, region, key level?
 * Nothing of what the card says about its holder is kept. */
#include "tools/doctor/doctor.h"

#include "drivers/reader.h"

#include <string.h>
#include <unistd.h>

#define LOOK_AGAIN_US 200000

struct keys {
    bool any, local; /* something to authenticate with; a PSAM or key file on this machine */
    char name[128];
    char algorithms[32];
    char broken[128]; /* reader with something that is no PSAM; "" */
    char why[64];     /* its error's symbol, or its state */
};

static void algorithms_of(const json_t *psam, char out[32])
{
    const json_t *name;
    size_t i;
    out[0] = '\0';
    json_array_foreach(json_object_get(psam, "algorithms"), i, name)
    {
        const size_t used = strlen(out);
        snprintf(out + used, 32 - used, "%s%s", used ? ", " : "",
                 strcmp(json_string_value(name), "sm4") == 0 ? "SM4" : "3DES");
    }
}

static void take_broken(struct keys *keys, const char *reader, const char *why)
{
    snprintf(keys->broken, sizeof keys->broken, "%s", reader);
    snprintf(keys->why, sizeof keys->why, "%s", why[0] ? why : "-");
}

/* What the PSAMs say of themselves; remembers a slot whose card is none. */
static void take_psams(struct doctor *d, const json_t *psams, struct keys *keys)
{
    const json_t *psam;
    size_t i;
    json_array_foreach(psams, i, psam)
    {
        const bool able = jb(psam, "ok") && json_array_size(json_object_get(psam, "algorithms")) > 0;
        if (able && !keys->local) {
            keys->any = keys->local = true;
            snprintf(keys->name, sizeof keys->name, "%s", js(psam, "terminal"));
            algorithms_of(psam, keys->algorithms);
            doctor_fact(d, FACT_PSAM, js(psam, "reader"), js(psam, "terminal"), keys->algorithms);
        } else if (!able) {
            take_broken(keys, js(psam, "reader"), js(psam, js(psam, "error")[0] ? "error" : "state"));
        }
    }
}

static void take_test_keys(struct doctor *d, const char *name, struct keys *keys)
{
    keys->any = keys->local = true;
    snprintf(keys->name, sizeof keys->name, "%s", name);
    doctor_fact(d, FACT_KEY_FILE, name);
}

static bool any_opening(const json_t *psams)
{
    const json_t *psam;
    size_t i;
    bool found = false;
    json_array_foreach(psams, i, psam)
    {
        found = found || strcmp(js(psam, "state"), "opening") == 0;
    }
    return found;
}

/* A service that has just started, a PSAM that was just put in: its answer is worth waiting for. */
static void await_psams(struct doctor *d)
{
    const int64_t deadline = ssc_deadline(d->patience_ms);
    char symbol[64], detail[160];
    while (any_opening(json_object_get(d->ping, "psam")) && ssc_now_ms() < deadline) {
        json_t *again = NULL;
        usleep(LOOK_AGAIN_US);
        again = doctor_ask(d, "system.ping", NULL, symbol, detail);
        if (again) {
            json_decref(d->ping);
            d->ping = again;
        }
    }
}

static void keys_of_service(struct doctor *d, struct keys *keys)
{
    await_psams(d);
    take_psams(d, json_object_get(d->ping, "psam"), keys);
    if (jb(json_object_get(d->ping, "hsm"), "configured")) {
        keys->any = true;
        doctor_fact(d, FACT_HSM);
    }
    if (jb(d->ping, "test_keys") && !keys->local) {
        take_test_keys(d, "-", keys);
    }
}

static void keys_of_reader(struct doctor *d, struct keys *keys)
{
    const json_t *reader;
    size_t i;
    char symbol[64], detail[160];
    if (d->key_file) {
        take_test_keys(d, d->key_file, keys);
    }
    json_array_foreach(d->readers, i, reader)
    {
        if (strcmp(js(reader, "medium"), "sam") == 0 && strcmp(js(reader, "state"), "card") == 0) {
            take_broken(keys, js(reader, "name"), ""); /* until it has answered */
        }
    }
    if (keys->broken[0] && !keys->local) {
        json_t *answer = doctor_ask(d, "psam.list", NULL, symbol, detail);
        take_psams(d, json_object_get(answer, "psam"), keys);
        json_decref(answer);
    }
}

static void refused(struct doctor *d, const struct keys *keys, const char *symbol, const char *detail)
{
    const char *algorithm = strcmp(js(d->info, "algorithm"), "sm4") == 0 ? "SM4" : "3DES";
    if (strcmp(symbol, "card_not_genuine") == 0) {
        doctor_break(d, CAUSE_CARD_NOT_GENUINE, keys->local ? keys->name : "-");
    } else if (strcmp(symbol, "psam_algorithm") == 0) {
        doctor_break(d, CAUSE_PSAM_ALGORITHM, algorithm, keys->name,
                     keys->algorithms[0] ? keys->algorithms : "-");
    } else if (strcmp(symbol, "external_authentication_failed") == 0) {
        doctor_break(d, CAUSE_PSAM_WRONG_KEYS, keys->name, detail);
    } else if (strncmp(symbol, "psam_", 5) == 0 || strcmp(symbol, "need_remote_authentication") == 0) {
        doctor_break(d, CAUSE_PSAM_KEY, keys->name, js(d->info, "city")[0] ? js(d->info, "city") : "-",
                     detail);
    } else {
        doctor_card_failed(d, "card.identity", symbol, detail);
    }
}

/* Reads as a counter would, and looks at nothing but whether that worked. */
static void try_card(struct doctor *d, const struct keys *keys)
{
    char symbol[64], detail[160];
    json_t *params = json_pack("{s:s, s:s}", "reader", js(d->slot, "name"), "parts", "basic");
    json_t *identity = doctor_ask(d, "card.identity", params, symbol, detail);
    const char *genuine = js(identity, "genuine");
    if (!identity) {
        if (!(strcmp(symbol, "need_remote_authentication") == 0 && keys->any && !keys->local)) {
            refused(d, keys, symbol, detail);
        }
    } else if (strcmp(genuine, "yes") == 0) {
        doctor_fact(d, FACT_PSAM_OPENS);
        doctor_fact(d, FACT_GENUINE);
    } else if (strcmp(genuine, "no") == 0) {
        doctor_break(d, CAUSE_CARD_NOT_GENUINE, keys->local ? keys->name : "-");
    } else {
        doctor_fact(d, FACT_GENUINE_UNASKED);
    }
    json_decref(identity);
}

/* An SM4 card and a PSAM without it: told without spending a try on the card. */
static bool algorithm_fits(const struct doctor *d, const struct keys *keys)
{
    const char *wanted = strcmp(js(d->info, "algorithm"), "sm4") == 0 ? "SM4" : "3DES";
    return !keys->algorithms[0] || strstr(keys->algorithms, wanted) != NULL;
}

/* A second card, in a slot whose name does not say SAM, one of the same reader's before others; NULL: there
 * is none. */
static const char *second_card(const struct doctor *d)
{
    const char *mine = js(d->slot, "name"), *found = NULL;
    const json_t *reader;
    size_t i;
    bool same = false;
    json_array_foreach(d->readers, i, reader)
    {
        const char *name = js(reader, "name");
        const size_t stem = reader_stem(name);
        if (reader != d->slot && strcmp(js(reader, "state"), "card") == 0 && !same) {
            same = stem == reader_stem(mine) && memcmp(name, mine, stem) == 0;
            found = same || !found ? name : found;
        }
    }
    return found;
}

static void no_keys(struct doctor *d, const struct keys *keys)
{
    const char *second = second_card(d);
    if (strcmp(keys->why, "lent") == 0) {
        doctor_break(d, CAUSE_PSAM_LENT, keys->broken);
    } else if (keys->broken[0]) {
        doctor_break(d, CAUSE_PSAM_FAULT, keys->broken, keys->why);
    } else if (second) {
        doctor_break(d, CAUSE_PSAM_UNNAMED, second);
    } else {
        doctor_break(d, CAUSE_PSAM_MISSING);
    }
}

void link_psam(struct doctor *d)
{
    struct keys keys = {0};
    if (strcmp(d->driver, "replay") == 0) {
        doctor_fact(d, FACT_NOT_WITH_RECORDING);
        doctor_skip(d);
    } else {
        if (d->ping) {
            keys_of_service(d, &keys);
        } else {
            keys_of_reader(d, &keys);
        }
        if (!keys.any) {
            no_keys(d, &keys);
        } else if (strcmp(js(d->info, "kind"), "ssc") == 0 && !algorithm_fits(d, &keys)) {
            refused(d, &keys, "psam_algorithm", "");
        } else if (strcmp(js(d->info, "kind"), "ssc") == 0) {
            try_card(d, &keys);
        }
    }
}
