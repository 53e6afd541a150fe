/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/ssse32/terminal.h"

#include "apdu/bytes.h"
#include "apdu/error.h"
#include "apdu/text.h"
#include "middleware/client/sscard.h"
#include "middleware/shim/config.h"
#include "middleware/shim/ssse32/ssse32.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_MS 10000   /* a function altogether */
#define RELEASE_MS 2000 /* giving a card back has its own time: it comes last */
#define HOLD_MS 3600000 /* the service shortens it to what it allows */
#define NAME_MAX_BYTES 128
#define CARDS 32 /* 15 user, 15 SAM, 2 contactless */

struct card {
    char lease[64]; /* "": not powered */
};
struct terminal {
    struct sscard *service;
    int64_t deadline;            /* of the running function */
    char reader[NAME_MAX_BYTES]; /* slot 0x01 */
    struct card cards[CARDS];
};

/* What the layer calls it, for an error of the service. */
static long code_of(const struct sscard *service)
{
    static const struct {
        const char *symbol;
        long code;
    } own[] = {
        {"card_removed", ICC_NO_EXIST},   {"stale_card", ICC_NO_POWER},
        {"lease_invalid", ICC_NO_POWER},  {"invalid_params", ICC_PARAMETER_ERROR},
        {"reader_busy", ICC_UNCONNECTED}, {"cancelled", ICC_NO_RESPONSE},
    };
    const char *symbol = sscard_error_symbol(service);
    const struct ssc_error_info *info = ssc_error_by_symbol(symbol);
    long code = info ? info->national : ICC_CONNECT_ERROR;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        code = strcmp(symbol, own[i].symbol) == 0 ? own[i].code : code;
    }
    const bool published = (code <= ICC_TYPE_ERROR && code >= ICC_NO_RESPONSE) ||
                           (code <= ICC_CONNECT_ERROR && code >= ICC_CHECKSUM_ERROR);
    return published ? code : ICC_CONNECT_ERROR;
}

/* params: JSON text. *result may be NULL. */
static long call_text(struct terminal *t, const char *method, const char *params, json_t **result)
{
    char *answer = NULL;
    long code =
        sscard_call(t->service, method, params, &answer, t->deadline) == 0 ? ICC_OK : code_of(t->service);
    if (code == ICC_OK && result) {
        *result = json_loads(answer, 0, NULL);
        code = *result ? ICC_OK : ICC_CONNECT_ERROR;
    }
    sscard_free(answer);
    return code;
}

/* Takes params. */
static long call(struct terminal *t, const char *method, json_t *params, json_t **result)
{
    char *text = params ? json_dumps(params, JSON_COMPACT) : NULL;
    const long code = text ? call_text(t, method, text, result) : ICC_CONNECT_ERROR;
    free(text);
    json_decref(params);
    return code;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* ---- slots and readers ---- */

enum kind { USER, SAM, CONTACTLESS };

struct place {
    struct card *card; /* NULL: no slot has this number */
    enum kind kind;
    size_t number; /* of its kind, from 0 */
};

static struct place place_of(struct terminal *t, unsigned slot)
{
    struct place p = {.card = NULL};
    if (slot == 0x41 || slot == 0x42) {
        p = (struct place){&t->cards[slot == 0x41 ? 30 : 31], CONTACTLESS, 0};
    } else if (slot >= 0x01 && slot <= 0x1F && slot != 0x10) {
        p.kind = slot < 0x10 ? USER : SAM;
        p.number = (slot & 0x0F) - 1;
        p.card = &t->cards[p.number + (p.kind == SAM ? 15 : 0)];
    }
    return p;
}

static bool is_of(const json_t *reader, enum kind kind)
{
    const char *medium = text_of(reader, "medium");
    const bool sam = strcmp(medium, "sam") == 0;
    return kind == SAM ? sam : kind == USER ? !sam : strcmp(medium, "contactless") == 0;
}

/* The number-th of its kind; user cards are counted from the reader that was opened. Borrowed, or NULL. */
static const json_t *reader_at(const struct terminal *t, const json_t *readers, enum kind kind, size_t number)
{
    const json_t *found[64] = {NULL};
    size_t count = 0, first = 0;
    for (size_t i = 0; i < json_array_size(readers) && count < 64; i++) {
        const json_t *r = json_array_get(readers, i);
        if (is_of(r, kind)) {
            first = kind == USER && strcmp(text_of(r, "name"), t->reader) == 0 ? count : first;
            found[count++] = r;
        }
    }
    return number < count ? found[(first + number) % count] : NULL;
}

static long list(struct terminal *t, json_t **readers)
{
    json_t *answer = NULL;
    const long code = call(t, "reader.list", json_object(), &answer);
    *readers = json_incref(json_object_get(answer, "readers"));
    json_decref(answer);
    return code == ICC_OK && !*readers ? ICC_CONNECT_ERROR : code;
}

/* ---- open and close ---- */

/* The first with a card, else the first; or the port-th. */
static long choose(struct terminal *t, unsigned port)
{
    json_t *readers = NULL;
    long code = list(t, &readers);
    const json_t *chosen = code == ICC_OK ? reader_at(t, readers, USER, port > 0 ? port - 1 : 0) : NULL;
    const json_t *next = chosen;
    for (size_t i = 1; port == 0 && next && strcmp(text_of(chosen, "state"), "card") != 0; i++) {
        next = reader_at(t, readers, USER, i);
        if (next && strcmp(text_of(next, "state"), "card") == 0) {
            chosen = next;
        }
    }
    if (code == ICC_OK && !chosen) {
        code = ICC_CONNECT_ERROR;
    } else if (chosen) {
        snprintf(t->reader, sizeof t->reader, "%s", text_of(chosen, "name"));
    }
    json_decref(readers);
    return code;
}

static long be_admin(struct terminal *t)
{
    json_t *hello = NULL;
    long code = call(t, "system.hello",
                     json_pack("{s:s, s:i}", "client", "libSSSE32 " SSC_VERSION, "protocol", 1), &hello);
    if (code == ICC_OK && strcmp(text_of(hello, "role"), "admin") != 0) {
        code = ICC_CONNECT_ERROR;
    }
    json_decref(hello);
    return code;
}

static long dial(struct terminal *t)
{
    struct ssc_shim_config config;
    char why[200];
    int rc = ssc_shim_config_load(&config, why);
    t->deadline = sscard_deadline(CALL_MS);
    if (rc == 0) {
        rc = sscard_open(config.socket[0] ? config.socket : NULL, t->deadline, &t->service);
    }
    return rc == 0 ? ICC_OK : ICC_CONNECT_ERROR;
}

long terminal_open(unsigned port, struct terminal **out)
{
    struct terminal *t = calloc(1, sizeof *t);
    long code = t ? dial(t) : ICC_CONNECT_ERROR;
    if (code == ICC_OK) {
        code = be_admin(t);
    }
    if (code == ICC_OK) {
        code = choose(t, port);
    }
    if (code == ICC_OK) {
        *out = t;
    } else {
        terminal_close(&t);
        code = ICC_CONNECT_ERROR;
    }
    return code;
}

void terminal_close(struct terminal **t)
{
    if (*t) {
        sscard_close(&(*t)->service); /* and with the connection all its leases */
        explicit_bzero(*t, sizeof **t);
        free(*t);
        *t = NULL;
    }
}

/* ---- power ---- */

static long take_atr(const json_t *answer, unsigned char *atr)
{
    size_t len = ICC_ATR_MAX;
    const int rc = ssc_hex_decode(text_of(answer, "atr"), atr, &len);
    return rc == 0 && len > 0 ? (long)len : ICC_CHECKSUM_ERROR;
}

static long acquire(struct terminal *t, const json_t *reader, struct card *c)
{
    json_t *answer = NULL;
    const long code =
        call(t, "card.acquire",
             json_pack("{s:O, s:i}", "reader", json_object_get(reader, "name"), "hold_ms", HOLD_MS), &answer);
    if (code == ICC_OK) {
        snprintf(c->lease, sizeof c->lease, "%s", text_of(answer, "lease"));
    }
    json_decref(answer);
    return code;
}

static void release(struct terminal *t, struct card *c)
{
    if (c->lease[0]) { /* one that is over already is what was wanted */
        t->deadline = sscard_deadline(RELEASE_MS);
        call(t, "card.release", json_pack("{s:s}", "lease", c->lease), NULL);
        c->lease[0] = '\0';
    }
}

long terminal_power_on(struct terminal *t, unsigned slot, unsigned char *atr)
{
    const struct place p = place_of(t, slot);
    json_t *readers = NULL, *answer = NULL;
    long code = p.card ? ICC_OK : ICC_PARAMETER_ERROR;
    if (code == ICC_OK) {
        release(t, p.card);
        t->deadline = sscard_deadline(CALL_MS);
        code = list(t, &readers);
    }
    if (code == ICC_OK) {
        const json_t *reader = reader_at(t, readers, p.kind, p.number);
        code = reader ? acquire(t, reader, p.card) : ICC_NO_EXIST;
    }
    if (code == ICC_OK) {
        code = call(t, "card.reset", json_pack("{s:s}", "lease", p.card->lease), &answer);
    }
    if (code == ICC_OK) {
        code = take_atr(answer, atr);
    }
    if (code < 0 && p.card) {
        release(t, p.card);
    }
    json_decref(answer);
    json_decref(readers);
    return code;
}

long terminal_power_off(struct terminal *t, unsigned slot)
{
    const struct place p = place_of(t, slot);
    if (p.card) {
        release(t, p.card);
    }
    return p.card ? ICC_OK : ICC_PARAMETER_ERROR;
}

/* ---- status and commands ---- */

/* What the service sees in the reader. */
static long status_of(const json_t *reader)
{
    const char *state = text_of(reader, "state");
    return strcmp(state, "card") == 0                                   ? ICC_OK
           : strcmp(state, "mute") == 0 || strcmp(state, "wedged") == 0 ? ICC_NO_RESPONSE
           : strcmp(state, "gone") == 0                                 ? ICC_CONNECT_ERROR
                                                                        : ICC_NO_EXIST;
}

/* A lease ends unseen, with its time or its card; a call under it tells. */
static long check_lease(struct terminal *t, const struct card *c)
{
    return c->lease[0] ? call(t, "card.acquire", json_pack("{s:s}", "lease", c->lease), NULL) : ICC_NO_POWER;
}

static long status_at(struct terminal *t, const struct place *p)
{
    json_t *readers = NULL;
    long code = list(t, &readers);
    if (code == ICC_OK) {
        const json_t *reader = reader_at(t, readers, p->kind, p->number);
        code = reader ? status_of(reader) : ICC_NO_EXIST;
    }
    json_decref(readers);
    return code == ICC_OK ? check_lease(t, p->card) : code;
}

long terminal_status(struct terminal *t, unsigned slot)
{
    const struct place p = place_of(t, slot);
    t->deadline = sscard_deadline(CALL_MS);
    return p.card ? status_at(t, &p) : ICC_PARAMETER_ERROR;
}

/* The role is not what is missing, be_admin() has made sure of that: it is a command that moves money. */
static long refusal(const struct terminal *t, long code)
{
    return strcmp(sscard_error_symbol(t->service), "permission_denied") == 0 ? ICC_BAD_COMMAND : code;
}

/* Written here and not by the JSON library, which leaves behind what it frees: it may hold a PIN. */
static long send_command(struct terminal *t, const struct card *c, const unsigned char *command, size_t len,
                         json_t **answer)
{
    char hex[2 * ICC_COMMAND_MAX + 1], params[sizeof hex + sizeof c->lease + 32];
    ssc_hex_encode(command, len, hex, sizeof hex);
    snprintf(params, sizeof params, "{\"lease\":\"%s\",\"command\":\"%s\"}", c->lease, hex);
    const long code = call_text(t, "apdu.transmit", params, answer);
    explicit_bzero(hex, sizeof hex);
    explicit_bzero(params, sizeof params);
    return code;
}

/* Into response when it is one. */
static long take_response(const json_t *answer, unsigned char *response)
{
    unsigned char whole[ICC_RESPONSE_MAX];
    size_t len = sizeof whole;
    const bool fits = ssc_hex_decode(text_of(answer, "response"), whole, &len) == 0 && len >= 2;
    if (fits) {
        memcpy(response, whole, len);
    }
    explicit_bzero(whole, sizeof whole);
    return fits ? (long)len : ICC_CHECKSUM_ERROR;
}

long terminal_transmit(struct terminal *t, unsigned slot, const unsigned char *command, size_t len,
                       unsigned char *response)
{
    const struct place p = place_of(t, slot);
    json_t *answer = NULL;
    long code = !p.card ? ICC_PARAMETER_ERROR : p.card->lease[0] ? ICC_OK : ICC_NO_POWER;
    t->deadline = sscard_deadline(CALL_MS);
    if (code == ICC_OK) {
        code = send_command(t, p.card, command, len, &answer);
        code = code == ICC_OK ? take_response(answer, response) : refusal(t, code);
    }
    if (code == ICC_NO_POWER) { /* or the card is gone altogether */
        code = status_at(t, &p);
        code = code == ICC_OK ? ICC_NO_POWER : code;
    }
    json_decref(answer);
    return code;
}
