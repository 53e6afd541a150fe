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
 * Threads: one handle belongs to one thread at a time; different handles are independent, and the library
 * keeps nothing outside them. To wait for events in one thread and call in another, open two handles.
 * Processes: the socket is close-on-exec. After fork() only one side may go on with a handle; the other
 * leaves it alone and opens its own; what a child closes is its copy. No signal is raised or caught; a call
 * goes on after one until its deadline.
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

/* A point in time for every call that can wait.
 * ms: milliseconds from now; 0 or less has passed already: only what is there is taken.
 * Returns CLOCK_MONOTONIC milliseconds. */
SSCARD_API int64_t sscard_deadline(int64_t ms);

/* Connects to the service.
 * path: the socket, at most 107 bytes; copied. NULL: $SSCARD_SOCKET, else the first of
 *   /run/sscard/sscard.sock, $XDG_RUNTIME_DIR/sscard/sscard.sock, /tmp/sscard-UID/sscard.sock (only when it
 *   is served by this user or root) that answers.
 * deadline: when to give up, from sscard_deadline().
 * out: set to a handle after every return but SSCARD_OUT_OF_MEMORY (then NULL), so that the error's texts can
 *   be asked for; a handle without a connection connects at the next call. sscard_close() it in any case.
 * Returns 0, SSCARD_DAEMON_ABSENT, SSCARD_PERMISSION_DENIED (the socket's rights), SSCARD_DEADLINE_EXCEEDED,
 * SSCARD_INVALID_ARGUMENT (the path is too long), SSCARD_OUT_OF_MEMORY. */
SSCARD_API int sscard_open(const char *path, int64_t deadline, struct sscard **out);

/* Hangs up, which ends the handle's leases and subscriptions, and frees it with all that it kept.
 * client: the handle, set to NULL; NULL and a pointer to NULL are allowed. */
SSCARD_API void sscard_close(struct sscard **client);

/* One call, from request to answer.
 * client: an open handle; it is connected anew when the connection was lost.
 * method: "card.identity" and so on; letters, '_' and '.'.
 * params: a JSON object as text, or NULL for none. The line that carried it is overwritten before return, so
 *   a PIN does not stay in memory here.
 * result: NULL when it is not wanted; else set to the JSON text of the result, the caller's to sscard_free(),
 *   or to NULL on failure.
 * deadline: when to give up, from sscard_deadline(). The service is told a deadline_ms a little shorter (5 %,
 *   at most 500 ms), unless params carries its own, so that its own answer arrives in time. An answer that
 *   comes later is thrown away, never taken for the answer of another call.
 * Returns 0 or the negative code of the failure, about which the sscard_error_* functions speak:
 *   SSCARD_INVALID_ARGUMENT (method, or params is no object), SSCARD_DEADLINE_EXCEEDED (nothing arrived),
 *   SSCARD_DAEMON_ABSENT (no service, or the connection was lost: told once, by the call or sscard_event()
 * that meets it; the next call connects anew; leases and subscriptions do not survive),
 * SSCARD_PERMISSION_DENIED, SSCARD_PARSE_ERROR and SSCARD_LINE_TOO_LONG (what answers is no service: the
 * connection is closed), SSCARD_OUT_OF_MEMORY, or any code that the service answers. */
SSCARD_API int sscard_call(struct sscard *client, const char *method, const char *params, char **result,
                           int64_t deadline);

/* The next notification ("event" after events.subscribe, "trace" after trace.start). Those that arrive during
 * a call are kept, in order, at most 4096.
 * client: an open handle.
 * event: set to the whole notification as JSON text, {"jsonrpc":"2.0","method":"event","params":{...}}, the
 *   caller's to sscard_free(); NULL on failure.
 * deadline: when to give up, from sscard_deadline(); one that has passed: only what is here already.
 * Returns 0, SSCARD_DEADLINE_EXCEEDED (none came), SSCARD_DAEMON_ABSENT (no connection, or it was lost:
 * subscribe again, with from_seq), SSCARD_PARSE_ERROR, SSCARD_LINE_TOO_LONG, SSCARD_OUT_OF_MEMORY. */
SSCARD_API int sscard_event(struct sscard *client, char **event, int64_t deadline);

/* For poll(): readable means that sscard_event() may have something. Call sscard_event() until it says
 * SSCARD_DEADLINE_EXCEEDED before polling again.
 * client: an open handle.
 * Returns the descriptor, the library's to read and to close; it changes when the handle connects anew. -1
 * without a connection. */
SSCARD_API int sscard_fd(const struct sscard *client);

/* The last failure on this handle. The texts are the handle's and live until its next sscard_call(),
 * sscard_event() or sscard_close(). Never NULL: "" where there is nothing to say, and after success.
 * client: the handle; one that could not connect is good enough.
 * lang: "en" or "zh"; the text is the English one for any other. */

/* The negative number that the failed function returned; 0 after success. */
SSCARD_API int sscard_error_code(const struct sscard *client);
/* The stable name, "no_card": what programs switch on. */
SSCARD_API const char *sscard_error_symbol(const struct sscard *client);
/* What happened, for people. */
SSCARD_API const char *sscard_error_text(const struct sscard *client, const char *lang);
/* What to do about it, for people. */
SSCARD_API const char *sscard_error_remedy(const struct sscard *client, const char *lang);
/* What it was about: a parameter, a path, a role. For people and logs. */
SSCARD_API const char *sscard_error_detail(const struct sscard *client, const char *lang);
/* The whole error object as JSON text: code, message, data (sw, tries, txn ... where they apply). */
SSCARD_API const char *sscard_error_json(const struct sscard *client);
/* The status word of the card, 0x63C2; 0 when the failure has none. */
SSCARD_API int sscard_error_sw(const struct sscard *client);
/* The request had left this process when the call failed: the service may have acted on it. A debit that
 * failed this way is asked for with txn.get, or sent again with the same op. */
SSCARD_API bool sscard_error_sent(const struct sscard *client);

/* Overwrites and frees a text that this library returned.
 * text: from sscard_call() or sscard_event(); NULL is allowed. */
SSCARD_API void sscard_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
