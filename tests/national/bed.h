/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The national functions as their callers see them: the real libSSCardDriver.so, a sscardd of its own behind
 * it, and behind that simulated readers, or a real pcscd with simulated cards. All functions fail the running
 * cmocka test when they cannot do their work.
 */
#ifndef SSC_TESTS_NATIONAL_BED_H
#define SSC_TESTS_NATIONAL_BED_H

#include "office.h"
#include "pcscd.h"

#include "middleware/shim/SSCardDriver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The sample card, as pCardInfo. */
#define BED_HOLDER "enter=123456 old=123456 new=654321 again=654321"
#define CARD "639900D15600000500BF7C7A48FB4966|X00000019|"

enum { CONTACT, CONTACTLESS, SAM_SLOT, SLOTS };

struct caller;
struct bed {
    struct service *s;
    struct caller *caller;    /* asks for PINs through the helper */
    struct client *c;         /* admin */
    struct test_pcscd *pcscd; /* NULL: simulated readers */
    bool full[SLOTS];
    unsigned images;
};
/* A contact and a contactless reader, both empty, and a PSAM. */
struct bed *bed_new(void);
void bed_free(struct bed **b);
/* Puts a card in and waits until the service knows: name of a ready-made image, or JSON text; NULL takes it
 * out. */
void bed_put(struct bed *b, int slot, const char *image);
/* The card that was there last comes back after it was torn out. */
void bed_put_back(struct bed *b, int slot);
/* Until the service knows that the card was torn out: before, a call says "taken out", and then "no card". */
void bed_torn(struct bed *b, int slot);
/* A ready-made image with one member changed: "keys.root", value as JSON text ("null" too). Static buffer. */
const char *bed_image(const char *name, const char *member, const char *value);
/* What the holder types on the reader's pad: the PIN, or the old one and the new one; old "" cancels. */
void bed_types(struct bed *b, const char *pin, const char *new_pin);
/* What the holder types for the helper program: words of "enter=123456 new=.. again=..", "sleep" for one who
 * walks away. */
void bed_helper(struct bed *b, const char *answers);

/* For cmocka: a bed with an empty desk, whose helper types 123456, and 654321 for a new PIN; at the end
 * nobody may hold a card. */
int bed_up(void **state);
int bed_down(void **state);
/* "pcscd": all beds of this program have one. False: there is none on this machine. */
bool bed_arguments(int argc, char **argv);

/* ---- callers ---- */

enum function {
#define SSC_SHIM_FUNCTION(NAME, size, FLOW, step, needs, run) FN_##NAME,
#include "middleware/shim/functions.def"
#undef SSC_SHIM_FUNCTION
    FN_COUNT
};
struct args {
    int type, auth;
    const char *card, *files, *data, *pay, *key; /* GB18030 */
};
/* The function with its own signature. */
long national(enum function fn, const struct args *args, char *out);
/* Documented size of pOutInfo. */
size_t national_size(enum function fn);

/* A thread of a calling program. conf: lines for its shim.conf (may be NULL); the socket is the bed's. */
struct caller *caller_new(struct bed *b, const char *conf);
void caller_free(struct caller **c);
/* Calls, in that thread. The buffer has the documented size, nothing behind the NUL is touched and nothing
 * behind the buffer is. *text (may be NULL) is as in `out` of the caller, valid until its next call. */
long caller_call(struct caller *c, enum function fn, const struct args *args, const char **text);
/* Must succeed; the text in UTF-8. */
const char *caller_ok(struct caller *c, enum function fn, const struct args *args);
/* Must fail with this code, and a Chinese text that begins like this. */
void caller_fails(struct caller *c, long code, const char *begins, enum function fn, const struct args *args);
#define OK(c, fn, ...) caller_ok(c, FN_##fn, &(struct args){__VA_ARGS__})
#define FAILS(c, code, begins, fn, ...) caller_fails(c, code, begins, FN_##fn, &(struct args){__VA_ARGS__})

/* The n-th item of a line, from 0; static buffers, sixteen in turn. */
const char *item(const char *line, size_t n);
/* The back office's answers to the first steps: "auth16original16|auth16original16|", "auth16original16". */
const char *office_identity(const char *line);
const char *office_key(const char *line);
/* The whole command for the second step of a PIN's reload (with its PIN) or unblock. */
const char *office_command(const char *line);
/* Nobody holds a card, or will in a moment. */
void no_lease(struct bed *b);

#endif
