/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

int layers_up(void **state)
{
    struct service *s = service_new();
    service_sim(s, "ssc-3.0,ssc-2.0", false);
    setenv("SSCARD_SOCKET", s->socket, 1);
    setenv("SSCARD_SHIM_CONF", "/dev/null", 1);
    *state = s;
    return 0;
}

int layers_down(void **state)
{
    struct service *s = *state;
    struct client *c = client_new(s);
    const int64_t limit = now_ms() + 5000;
    bool held = true;
    while (held && now_ms() < limit) {
        json_t *list = client_ok(c, "reader.list", NULL), *r;
        size_t i;
        held = false;
        json_array_foreach(json_object_get(list, "readers"), i, r)
        {
            held = held || !json_is_null(json_object_get(r, "lease"));
        }
        json_decref(list);
    }
    client_free(&c);
    service_free(&s);
    return held ? -1 : 0;
}

static void answer_line(const struct liar *l, int fd, const char *line)
{
    static const char *const results[][2] = {
        {"system.hello", "{\"role\":\"admin\"}"},
        {"reader.list", "{\"readers\":[{\"name\":\"R\",\"state\":\"card\",\"medium\":\"contact\"}]}"},
        {"card.acquire", "{\"lease\":\"lease-1\"}"},
        {"card.release", "{}"},
    };
    char result[2000] = "", out[2100];
    const char *id = strstr(line, "\"id\":");
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (strstr(line, results[i][0])) {
            snprintf(result, sizeof result, "%s", results[i][1]);
        }
    }
    if (!result[0]) {
        const bool reset = strstr(line, "card.reset") != NULL;
        snprintf(result, sizeof result, "{\"%s\":\"%s\"}", reset ? "atr" : "response",
                 reset ? l->atr : l->response);
    }
    const int n =
        snprintf(out, sizeof out, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"%s\":%s}\n", id ? atoi(id + 5) : 0,
                 l->error ? "error" : "result", l->error ? l->error : result);
    if (send(fd, out, (size_t)n, MSG_NOSIGNAL) != n) {
        abort();
    }
}

static void *lie(void *arg)
{
    const struct liar *l = arg;
    const int fd = accept(l->listener, NULL, NULL);
    char line[4096];
    FILE *in = fdopen(fd, "r");
    while (in && fgets(line, sizeof line, in)) {
        answer_line(l, fd, line);
    }
    if (in) {
        fclose(in);
    }
    return NULL;
}

pthread_t liar_start(struct service *s, struct liar *l)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    pthread_t thread;
    snprintf(a.sun_path, sizeof a.sun_path, "%s/liar", s->folder);
    unlink(a.sun_path);
    l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(l->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(l->listener, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, lie, l), 0);
    setenv("SSCARD_SOCKET", a.sun_path, 1);
    return thread;
}
