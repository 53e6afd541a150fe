/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sscardd of its own for one test, and a client that says what it likes, right or wrong. Everything lives
 * in a mkdtemp folder; the daemon dies with the test, however that ends. All functions fail the running
 * cmocka test when they cannot do their work.
 */
#ifndef SSC_TESTS_DAEMON_SERVICE_H
#define SSC_TESTS_DAEMON_SERVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define R0 "Simulated reader 0"
#define R1 "Simulated reader 1"
#define SAM "Simulated SAM"

struct service {
    char folder[64], socket[96], log[96], state[96];
    pid_t pid; /* 0: not running */
};
/* The folder alone. */
struct service *service_new(void);
void service_free(struct service **s);
/* Starts `sscardd --socket .. ARGS`, NULL terminated, and waits until it listens. */
void service_start(struct service *s, const char *const *args);
/* "--sim" with these images (NULL: the default ones) and state in memory, or in the folder. */
void service_sim(struct service *s, const char *images, bool keep_state);
/* The next daemon gets this listening socket as a service manager passes it. */
void service_pass(int listener);
/* Signals and waits; returns the exit status, or minus the signal. */
int service_stop(struct service *s, int signal_number);
/* SIGSTOP, and waits until no thread of it runs any more; SIGCONT wakes it. */
void service_freeze(struct service *s);
/* What the daemon wrote to stderr so far; caller frees. */
char *service_log(const struct service *s);
/* Writes a file into the folder and returns its path (static buffer). */
const char *service_file(const struct service *s, const char *name, const char *text);
/* Runs sscardd with these arguments to its end; its output is caller's to free, *status its exit status. */
char *service_run(const char *const *args, int *status);

struct client {
    int fd;
    char *in;
    size_t in_len, in_cap;
    int64_t next_id;
    json_t *notes; /* notifications that came meanwhile */
};
struct client *client_new(const struct service *s);
void client_free(struct client **c);
/* For cmocka: a service with simulated readers, and one client of it. */
struct desk {
    struct service *s;
    struct client *c;
};
int desk_up(void **state, const char *images, bool keep_state);
int desk_down(void **state);
/* Raw bytes. */
void client_send(struct client *c, const char *bytes, size_t len);
void client_line(struct client *c, const char *line);
/* The next line as JSON; NULL after timeout_ms, or when the connection is closed (*closed, may be NULL). */
json_t *client_read(struct client *c, int timeout_ms, bool *closed);
/* A request without waiting; params as for json_pack, NULL for none. Returns the id. */
int64_t client_post(struct client *c, const char *method, const char *format, ...);
/* Waits for the answer to this id, at most 20 s; notifications are kept. The whole answer. */
json_t *client_answer(struct client *c, int64_t id);
/* post and answer. */
json_t *client_call(struct client *c, const char *method, const char *format, ...);
/* The result of a call that must succeed (new reference). */
json_t *client_ok(struct client *c, const char *method, const char *format, ...);
/* A call that must fail with this symbol; the error's data (new reference). */
json_t *client_fails(struct client *c, const char *symbol, const char *method, const char *format, ...);
/* The same, and nothing else is wanted of it. */
void client_refused(struct client *c, const char *symbol, const char *method, const char *format, ...);
/* The next notification whose params.type is this, within timeout_ms; fails without. New reference of params.
 */
json_t *client_event(struct client *c, const char *type, int timeout_ms);

const char *text_of(const json_t *object, const char *key);
int64_t int_of(const json_t *object, const char *key);
/* The symbol of an answer's error, "" for a result. */
const char *symbol_of(const json_t *answer);
int64_t now_ms(void);
void sleep_ms(int ms);

#endif
