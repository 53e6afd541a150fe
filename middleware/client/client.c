/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/client/sscard.h"

#include "apdu/error.h"
#include "middleware/client/wire.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARSE_FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
#define DEPTH_MAX 64 /* of an answer, before jansson sees it */
#define EVENTS_MAX 4096u

struct event {
    struct event *next;
    char *text;
};

struct sscard {
    struct ssc_wire wire;
    char *path; /* NULL: the usual places */
    char where[108];
    int64_t last_id;
    struct event *first, **last;
    size_t events;
    json_t *error; /* error object of the last failure, NULL after success */
    char *error_text;
    bool sent;
};

int64_t sscard_deadline(int64_t ms)
{
    return ssc_wire_now() + ms;
}

void sscard_free(char *text)
{
    if (text) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

/* ---- errors ---- */

static void forget_error(struct sscard *c)
{
    json_decref(c->error);
    free(c->error_text);
    c->error = NULL;
    c->error_text = NULL;
    c->sent = false;
}

/* Not json_dumps: the caller frees with free(), whatever allocator the program gave jansson. */
static char *dump(const json_t *value)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    const size_t len = json_dumpb(value, NULL, 0, flags);
    char *text = len > 0 ? malloc(len + 1) : NULL;
    if (text) {
        text[json_dumpb(value, text, len, flags)] = '\0';
    }
    return text;
}

/* Takes the error object. Returns its code, which is never 0. */
static int fail_with(struct sscard *c, json_t *error)
{
    forget_error(c);
    c->error = error;
    c->error_text = error ? dump(error) : NULL;
    const json_int_t code = json_integer_value(json_object_get(error, "code"));
    return code < 0 && code > -100000 ? (int)code : SSC_E_PARSE;
}

/* An error that this library met itself, in the form the service would give it. */
static int fail(struct sscard *c, int code, const char *detail, bool sent)
{
    const struct ssc_error_info *info = ssc_error_info(code);
    json_t *error = json_pack("{s:i, s:s, s:{s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:b}}", "code", code, "message",
                              info->en, "data", "symbol", info->symbol, "text", "en", info->en, "zh",
                              info->zh, "remedy", "en", info->remedy_en, "zh", info->remedy_zh, "sent", sent);
    /* A path need not be UTF-8: then the error goes without it rather than be lost. */
    json_object_set_new(json_object_get(error, "data"), "detail", json_string(detail));
    fail_with(c, error);
    c->sent = sent;
    return code;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const json_t *data_of(const struct sscard *c)
{
    return json_object_get(c->error, "data");
}

int sscard_error_code(const struct sscard *c)
{
    return (int)json_integer_value(json_object_get(c->error, "code"));
}

const char *sscard_error_symbol(const struct sscard *c)
{
    return text_of(data_of(c), "symbol");
}

const char *sscard_error_text(const struct sscard *c, const char *lang)
{
    const char *text = text_of(json_object_get(data_of(c), "text"), lang);
    return text[0] ? text : text_of(c->error, "message");
}

const char *sscard_error_remedy(const struct sscard *c, const char *lang)
{
    const json_t *remedy = json_object_get(data_of(c), "remedy");
    const char *text = text_of(remedy, lang);
    return text[0] ? text : text_of(remedy, "en");
}

const char *sscard_error_detail(const struct sscard *c, const char *lang)
{
    const char *text = strcmp(lang, "zh") == 0 ? text_of(data_of(c), "detail_zh") : "";
    return text[0] ? text : text_of(data_of(c), "detail");
}

const char *sscard_error_json(const struct sscard *c)
{
    return c->error_text ? c->error_text : "";
}

int sscard_error_sw(const struct sscard *c)
{
    return (int)strtol(text_of(data_of(c), "sw"), NULL, 16);
}

bool sscard_error_sent(const struct sscard *c)
{
    return c->sent;
}

/* ---- connection ---- */

static void drop_events(struct sscard *c)
{
    while (c->first) {
        struct event *e = c->first;
        c->first = e->next;
        sscard_free(e->text);
        free(e);
    }
    c->last = &c->first;
    c->events = 0;
}

static int connect_now(struct sscard *c, int64_t deadline)
{
    const int rc = ssc_wire_connect(&c->wire, c->path, c->where, deadline);
    return rc == 0 ? 0 : fail(c, rc, c->where, false);
}

int sscard_open(const char *path, int64_t deadline, struct sscard **out)
{
    int rc = SSC_E_OUT_OF_MEMORY;
    struct sscard *c = calloc(1, sizeof *c);
    *out = c;
    if (c) {
        c->wire.fd = -1;
        c->last = &c->first;
        c->path = path ? strdup(path) : NULL;
        rc = path && !c->path ? fail(c, SSC_E_OUT_OF_MEMORY, "", false) : connect_now(c, deadline);
    }
    return rc;
}

void sscard_close(struct sscard **client)
{
    if (client && *client) {
        struct sscard *c = *client;
        ssc_wire_close(&c->wire);
        drop_events(c);
        forget_error(c);
        free(c->path);
        free(c);
        *client = NULL;
    }
}

int sscard_fd(const struct sscard *c)
{
    return c->wire.fd;
}

/* The line is lost or cannot be trusted any more: whatever comes later on it is not for us. */
static int lose(struct sscard *c, int code, bool sent)
{
    const char *detail = code == SSC_E_LINE_TOO_LONG ? "the service's answer is longer than this client takes"
                         : code == SSC_E_PARSE       ? "the service sent something that is not JSON-RPC 2.0"
                         : sent                      ? "the connection was lost before the answer came"
                                                     : "the connection was lost";
    ssc_wire_close(&c->wire);
    return fail(c, code, detail, sent);
}

/* ---- lines ---- */

/* jansson recurses; a hostile depth is refused before it starts. */
static bool too_deep(const char *text)
{
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (const char *p = text; *p; p++) {
        if (in_string) {
            p += *p == '\\' && p[1] ? 1 : 0;
            in_string = *p != '"';
        } else if (*p == '"') {
            in_string = true;
        } else if (*p == '{' || *p == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if (*p == '}' || *p == ']') {
            depth--;
        }
    }
    return deepest > DEPTH_MAX;
}

static int keep_event(struct sscard *c, const char *line)
{
    struct event *e = c->events < EVENTS_MAX ? calloc(1, sizeof *e) : NULL;
    char *text = e ? strdup(line) : NULL;
    int rc = 0;
    if (text) {
        e->text = text;
        *c->last = e;
        c->last = &e->next;
        c->events++;
    } else {
        free(e);
        rc = SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

/* Reads one line. *answer: a response object (new reference), or NULL when it was a notification, which is
 * kept. 0, SSC_E_DEADLINE_EXCEEDED, or the connection is lost. */
static int read_message(struct sscard *c, json_t **answer, int64_t deadline)
{
    char *line = NULL;
    size_t len = 0;
    json_t *message = NULL;
    *answer = NULL;
    int rc = ssc_wire_line(&c->wire, &line, &len, deadline);
    if (rc == 0 && strlen(line) == len && !too_deep(line)) {
        message = json_loadb(line, len, PARSE_FLAGS, NULL);
    }
    if (rc == 0 && json_is_string(json_object_get(message, "method"))) {
        rc = keep_event(c, line);
    } else if (rc == 0 && (json_object_get(message, "result") || json_object_get(message, "error"))) {
        *answer = json_incref(message);
    } else if (rc == 0) {
        rc = SSC_E_PARSE;
    }
    json_decref(message);
    return rc;
}

static bool is_word(const char *method)
{
    return method[0] && method[strspn(method, "abcdefghijklmnopqrstuvwxyz_.")] == '\0';
}

/* The request line. Text is spliced, not parsed, so that secrets in params pass through one buffer only.
 * NULL: out of memory, or params does not begin an object. */
static char *request_line(int64_t id, const char *method, const char *params, int64_t left_ms, size_t *len)
{
    const char *body = params ? params + strspn(params, " \t\r\n") : "{}";
    const size_t cap = strlen(body) + strlen(method) + 128;
    char *line = body[0] == '{' ? malloc(cap) : NULL;
    if (line) {
        char deadline[40] = "";
        const char *first = body + 1 + strspn(body + 1, " \t\r\n");
        if (!strstr(
                body,
                "\"deadline_ms\"")) { /* answer in time for us: the service gets 5 %, at most 500 ms, less */
            const int64_t margin = left_ms / 20 > 500 ? 500 : left_ms / 20;
            snprintf(deadline, sizeof deadline, "\"deadline_ms\":%lld%s", (long long)(left_ms - margin),
                     *first == '}' ? "" : ",");
        }
        const int n =
            snprintf(line, cap, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"%s\",\"params\":{%s%s}\n",
                     (long long)id, method, deadline, body + 1);
        *len = (size_t)n;
        for (char *p = line; p < line + n - 1;
             p++) { /* a raw newline can only be blank space between tokens */
            *p = *p == '\n' || *p == '\r' ? ' ' : *p;
        }
    }
    return line;
}

static int send_request(struct sscard *c, const char *method, const char *params, int64_t deadline)
{
    size_t len = 0, sent = 0;
    const int64_t left = deadline - ssc_wire_now();
    char *line = request_line(++c->last_id, method, params, left < 1 ? 1 : left, &len);
    int rc = 0;
    if (!line) {
        rc = fail(c, SSC_E_INVALID_ARGUMENT, "params must be a JSON object", false);
    } else {
        rc = ssc_wire_send(&c->wire, line, len, &sent, deadline);
        explicit_bzero(line, len);
        free(line);
        if (rc != 0) { /* half a line on the wire cannot be taken back */
            rc = lose(c, rc, false);
        }
    }
    return rc;
}

static bool is_answer_to(const json_t *answer, int64_t id)
{
    const json_t *got = json_object_get(answer, "id");
    /* a service that could not read the id answers null */
    return json_is_null(got) || (json_is_integer(got) && json_integer_value(got) == id);
}

static int read_answer(struct sscard *c, char **result, int64_t deadline)
{
    json_t *answer = NULL;
    int rc = 0;
    while (rc == 0 && !answer) {
        rc = read_message(c, &answer, deadline);
        if (answer && !is_answer_to(answer, c->last_id)) { /* late: its caller has given up */
            json_decref(answer);
            answer = NULL;
        }
    }
    if (rc == SSC_E_DEADLINE_EXCEEDED) {
        rc = fail(c, rc, "the service did not answer in time", true);
    } else if (rc != 0) {
        rc = lose(c, rc, true);
    } else if (json_object_get(answer, "error")) {
        rc = fail_with(c, json_incref(json_object_get(answer, "error")));
    } else if (result) {
        *result = dump(json_object_get(answer, "result"));
        rc = *result ? 0 : fail(c, SSC_E_OUT_OF_MEMORY, "", true);
    }
    json_decref(answer);
    return rc;
}

int sscard_call(struct sscard *c, const char *method, const char *params, char **result, int64_t deadline)
{
    int rc = 0;
    if (result) {
        *result = NULL;
    }
    forget_error(c);
    if (!is_word(method)) {
        rc = fail(c, SSC_E_INVALID_ARGUMENT, "method", false);
    }
    if (rc == 0 && c->wire.fd < 0) {
        drop_events(c);
        rc = connect_now(c, deadline);
    }
    if (rc == 0) {
        rc = send_request(c, method, params, deadline);
    }
    if (rc == 0) {
        rc = read_answer(c, result, deadline);
    }
    return rc;
}

int sscard_event(struct sscard *c, char **event, int64_t deadline)
{
    int rc = 0;
    *event = NULL;
    forget_error(c);
    if (!c->first && c->wire.fd < 0) {
        rc = fail(c, SSC_E_DAEMON_ABSENT, "not connected", false);
    }
    while (rc == 0 && !c->first) {
        json_t *late = NULL;
        rc = read_message(c, &late, deadline);
        json_decref(late);
        if (rc == SSC_E_DEADLINE_EXCEEDED) {
            rc = fail(c, rc, "", false);
        } else if (rc != 0) {
            rc = lose(c, rc, false);
        }
    }
    if (rc == 0) {
        struct event *e = c->first;
        c->first = e->next;
        c->last = c->first ? c->last : &c->first;
        c->events--;
        *event = e->text;
        free(e);
    }
    return rc;
}
