/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/rpc.h"

#include "daemon/call.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that forgets ---- */

/* Plain malloc, so that texts of json_dumps may go to free as everywhere; the usable size covers what was
 * asked for. */
static void clean_free(void *p)
{
    if (p) {
        OPENSSL_cleanse(p, malloc_usable_size(p));
        free(p);
    }
}

void ssc_rpc_clean_memory(void)
{
    json_set_alloc_funcs(malloc, clean_free);
}

/* ---- a line ---- */

/* Nesting of the JSON text, counted without building anything, because a parser recurses. */
static bool too_deep(const char *line, size_t len)
{
    size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        const char b = line[i];
        if (quoted) {
            i += b == '\\' ? 1 : 0;
            quoted = b != '"';
        } else if (b == '"') {
            quoted = true;
        } else if (b == '{' || b == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if ((b == '}' || b == ']') && depth > 0) {
            depth--;
        }
    }
    return deepest > SSC_DEPTH_MAX;
}

void ssc_rpc_answer_error(struct ssc_conn *c, json_t *id, json_t *error)
{
    json_t *zh = json_object_get(json_object_get(json_object_get(error, "data"), "text"), "zh");
    if (c->zh && zh) {
        json_object_set(error, "message", zh);
    }
    json_t *answer = json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "error", error);
    if (answer) {
        ssc_conn_send(c, answer);
        json_decref(answer);
    }
}

static void answer_error(struct ssc_conn *c, json_t *id, int code, const struct ssc_detail *detail)
{
    json_t *error = ssc_json_error(code, detail ? detail->en : NULL, -1, -1);
    if (detail && detail->zh[0]) {
        json_object_set_new(json_object_get(error, "data"), "detail_zh", json_string(detail->zh));
    }
    ssc_rpc_answer_error(c, id, error);
}

void ssc_rpc_refuse(struct ssc_conn *c, int code, const struct ssc_detail *detail)
{
    json_t *none = json_null();
    answer_error(c, none, code, detail);
}

static bool id_valid(const json_t *id)
{
    return !id || json_is_null(id) || json_is_number(id) ||
           (json_is_string(id) && json_string_length(id) <= 256);
}

static bool id_in_use(const struct ssc_conn *c, const json_t *id)
{
    bool used = false;
    const struct ssc_call *call;
    TAILQ_FOREACH(call, &c->calls, of_conn)
    {
        used = used || (id && !json_is_null(id) && call->id && json_equal(call->id, id));
    }
    return used;
}

/* What is wrong with the envelope; "" when nothing is. */
static void envelope(const struct ssc_conn *c, const json_t *request, struct ssc_detail *wrong)
{
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    const json_t *params = json_object_get(request, "params");
    *wrong = (struct ssc_detail){"", ""};
    if (json_is_array(request)) {
        ssc_detail_set(wrong, "batches are not taken: one object per line", "不接受批量请求：每行一个对象");
    } else if (!json_is_object(request)) {
        ssc_detail_set(wrong, "not an object", "不是对象");
    } else if (!version || strcmp(version, "2.0") != 0) {
        ssc_detail_set(wrong, "\"jsonrpc\" must be \"2.0\"", "\"jsonrpc\" 必须是 \"2.0\"");
    } else if (!id_valid(json_object_get(request, "id"))) {
        ssc_detail_set(wrong, "\"id\" must be a number, a text of at most 256 bytes, or null",
                       "\"id\" 必须是数字、最长 256 字节的文本或 null");
    } else if (!json_is_string(json_object_get(request, "method"))) {
        ssc_detail_set(wrong, "\"method\" must be a text", "\"method\" 必须是文本");
    } else if (params && !json_is_object(params)) {
        ssc_detail_set(wrong, "\"params\" must be an object", "\"params\" 必须是对象");
    } else if (id_in_use(c, json_object_get(request, "id"))) {
        ssc_detail_set(wrong, "a call with the same id is not answered yet", "相同 id 的调用尚未应答");
    }
}

/* Everything that can be refused before the method runs. */
static int admit(const struct ssc_conn *c, const struct ssc_method *m, const json_t *request,
                 struct ssc_detail *detail)
{
    const struct ssc_daemon *d = c->d;
    int rc = 0;
    *detail = (struct ssc_detail){"", ""};
    if (!m) {
        rc = SSC_E_METHOD_NOT_FOUND;
    } else if (d->stopping) {
        rc = SSC_E_SHUTTING_DOWN;
    } else if (c->peer.role < m->role) {
        ssc_detail_set(detail, "%s needs the role %s", "%s 需要角色 %s", m->name, ssc_role_name(m->role));
        rc = SSC_E_PERMISSION_DENIED;
    } else if ((m->flags & SSC_M_SIM) && !d->simulated) {
        ssc_detail_set(detail, "the readers are not simulated", "读卡器不是模拟的");
        rc = SSC_E_NOT_SUPPORTED;
    } else if (c->call_count >= SSC_CLIENT_CALLS_MAX) {
        ssc_detail_set(detail, "%u calls of this connection are not answered yet",
                       "本连接还有 %u 个调用未应答", c->call_count);
        rc = SSC_E_QUEUE_FULL;
    } else if ((m->flags & SSC_M_OP) && !json_object_get(request, "id")) {
        ssc_detail_set(detail, "a call that writes to a card needs an id: its answer matters",
                       "写卡的调用必须带 id：它的应答很重要");
        rc = SSC_E_INVALID_REQUEST;
    } else {
        rc = ssc_params_check(m, json_object_get(request, "params"), detail);
    }
    return rc;
}

static int64_t deadline_of(const struct ssc_daemon *d, const json_t *params, int64_t now)
{
    const json_t *wish = json_object_get(params, "deadline_ms");
    int64_t ms = wish ? json_integer_value(wish) : d->config.deadline_ms;
    ms = ms > d->config.max_deadline_ms ? d->config.max_deadline_ms : ms;
    return now + ms;
}

static struct ssc_call *new_call(struct ssc_conn *c, const struct ssc_method *m, const json_t *request)
{
    struct ssc_call *call = calloc(1, sizeof *call);
    json_t *params = json_object_get(request, "params");
    if (call) {
        call->d = c->d;
        call->conn = c;
        call->method = m;
        call->id = json_incref(json_object_get(request, "id"));
        call->params = params ? json_incref(params) : json_object();
        call->peer = c->peer;
        call->tries = call->cla = call->ins = -1;
        call->received_ms = ssc_now_ms();
        call->deadline = deadline_of(c->d, params, call->received_ms);
        TAILQ_INSERT_TAIL(&c->calls, call, of_conn);
        c->call_count++;
        c->d->calls++;
    }
    return call;
}

static void take_request(struct ssc_conn *c, const json_t *request)
{
    struct ssc_detail detail;
    json_t *id = json_object_get(request, "id");
    const char *name = json_string_value(json_object_get(request, "method"));
    const struct ssc_method *m = ssc_method_by_name(name);
    int rc = admit(c, m, request, &detail);
    struct ssc_call *call = rc == 0 ? new_call(c, m, request) : NULL;
    if (rc == 0 && !call) {
        rc = SSC_E_OUT_OF_MEMORY;
    }
    if (call) {
        ssc_call_start(call);
    } else if (id) {
        answer_error(c, id, rc, &detail);
    } else {
        ssc_log(&c->d->log, SSC_LOG_DEBUG, "notification refused: %s", ssc_error_info(rc)->symbol);
    }
}

void ssc_rpc_line(struct ssc_conn *c, const char *line, size_t len)
{
    json_error_t error;
    struct ssc_detail detail;
    json_t *request = NULL;
    if (too_deep(line, len)) {
        ssc_detail_set(&detail, "nested deeper than %u", "嵌套超过 %u 层", SSC_DEPTH_MAX);
        ssc_rpc_refuse(c, SSC_E_INVALID_REQUEST, &detail);
    } else if ((request = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error)) == NULL) {
        /* error.text may quote the line, and the line may hold a PIN: only the place is told */
        ssc_detail_set(&detail, "at byte %d", "在第 %d 字节", error.position);
        ssc_rpc_refuse(c, SSC_E_PARSE, &detail);
    } else {
        envelope(c, request, &detail);
        json_t *id = json_is_object(request) ? json_object_get(request, "id") : NULL;
        if (detail.en[0]) {
            answer_error(c, id && id_valid(id) ? id : json_null(), SSC_E_INVALID_REQUEST, &detail);
        } else {
            take_request(c, request);
        }
    }
    json_decref(request);
}
