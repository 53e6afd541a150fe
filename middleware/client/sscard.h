/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsscard: a C client of the sscard service. docs/api.md lists the methods; this library carries them.
 *
 *     struct sscard *card = NULL;
 *     char *who = NULL;
 *     int rc = sscard_open(NULL, sscard_deadline(1000), &card);
 *     if (rc == 0)
 *         rc = sscard_call(card, "card.identity", NULL, &who, sscard_deadline(5000));
 *     if (rc != 0)
 *         fprintf(stderr, "%s\n%s\n", sscard_error_text(card, "en"), sscard_error_remedy(card, "en"));
 *     sscard_free(who);
 *     sscard_close(&card);
 *
 * Return values: 0 done; negative: the "code" of the service's error object (sscard's own codes are -1 to
 * -999, JSON-RPC's are below -32000). Programs should switch on sscard_error_symbol(), which is stable.
 *
 * Deadlines are absolute CLOCK_MONOTONIC milliseconds, made with sscard_deadline().
 *
 * Threads: one handle belongs to one thread at a time; different handles are independent. To wait for events
 * in one thread and call in another, open two handles.
 *
 * JSON goes in and comes out as UTF-8 text, so that a program may use any JSON library, or none.
 */
#ifndef SSCARD_H
#define SSCARD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SSCARD_API __attribute__((visibility("default")))

/* The errors that the library itself can meet; every other code comes from the service. */
enum {
    SSCARD_INVALID_ARGUMENT = -1,
    SSCARD_OUT_OF_MEMORY = -3,
    SSCARD_DEADLINE_EXCEEDED = -5,
    SSCARD_PERMISSION_DENIED = -8,
    SSCARD_PARSE_ERROR = -120,
    SSCARD_LINE_TOO_LONG = -124,
    SSCARD_DAEMON_ABSENT = -130,
};

struct sscard;

/* Now plus `ms`, as a deadline. */
SSCARD_API int64_t sscard_deadline(int64_t ms);

/* Connects. path NULL: $SSCARD_SOCKET, else the first of /run/sscard/sscard.sock,
 * $XDG_RUNTIME_DIR/sscard/sscard.sock, /tmp/sscard-UID/sscard.sock (only when it is served by this user or
 * root) that answers.
 * *out is a handle after every return but SSCARD_OUT_OF_MEMORY (then NULL), so that the error's texts can be
 * asked for; a handle without a connection connects at the next call. Close it in any case.
 * Errors: SSCARD_DAEMON_ABSENT, SSCARD_PERMISSION_DENIED (the socket's rights), SSCARD_DEADLINE_EXCEEDED. */
SSCARD_API int sscard_open(const char *path, int64_t deadline, struct sscard **out);
SSCARD_API void sscard_close(struct sscard **client);

/* One call. params: a JSON object, or NULL for none. On success *result is the JSON text of the result
 * (sscard_free it; result may be NULL). On failure *result is NULL and the sscard_error_* functions speak.
 *
 * The service is told a deadline_ms a little shorter than `deadline`, unless params carries its own, so that
 * its own answer arrives in time. When nothing arrives, SSCARD_DEADLINE_EXCEEDED; an answer that comes later
 * is thrown away, never taken for the answer of another call.
 * A lost connection (service stopped or restarted) is told once, as SSCARD_DAEMON_ABSENT, by the call or the
 * sscard_event() that meets it; the next call connects anew. Leases and subscriptions do not survive.
 * The line that carried params is overwritten before return, so a PIN does not stay in memory here. */
SSCARD_API int sscard_call(struct sscard *client, const char *method, const char *params, char **result,
                           int64_t deadline);

/* The next notification ("event", "trace"), whole: {"jsonrpc":"2.0","method":"event","params":{...}}.
 * Notifications that arrive during a call are kept, in order. sscard_free *event.
 * SSCARD_DEADLINE_EXCEEDED: none came (a deadline that has passed: only what is here already). */
SSCARD_API int sscard_event(struct sscard *client, char **event, int64_t deadline);

/* For poll(): readable means that sscard_event() may have something. Call sscard_event() until it says
 * SSCARD_DEADLINE_EXCEEDED before polling again. -1 without a connection; changes when it connects anew. */
SSCARD_API int sscard_fd(const struct sscard *client);

/* The last failure; the pointers live until the next call on the handle. lang: "en" or "zh". Never NULL: ""
 * where there is nothing to say. */
SSCARD_API int sscard_error_code(const struct sscard *client);
SSCARD_API const char *sscard_error_symbol(const struct sscard *client); /* "no_card" */
SSCARD_API const char *sscard_error_text(const struct sscard *client, const char *lang);
SSCARD_API const char *sscard_error_remedy(const struct sscard *client, const char *lang);
SSCARD_API const char *sscard_error_detail(const struct sscard *client);
/* The whole error object as JSON text: code, message, data (sw, tries, txn ... where they apply). */
SSCARD_API const char *sscard_error_json(const struct sscard *client);
/* The status word of the card, 0 when the failure has none. */
SSCARD_API int sscard_error_sw(const struct sscard *client);
/* The request had left this process when the call failed: the service may have acted on it. A debit that
 * failed this way is asked for with txn.get, or sent again with the same op. */
SSCARD_API bool sscard_error_sent(const struct sscard *client);

/* Overwrites and frees a text that this library returned. NULL is allowed. */
SSCARD_API void sscard_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
