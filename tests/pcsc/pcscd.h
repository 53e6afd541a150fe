/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private pcscd for one test, with simulated readers behind it: any user, any number side by side, up in 10
 * ms. It listens where PCSCLITE_CSOCK_NAME points (set by test_pcscd_new) and dies with the test, however
 * that ends. All functions fail the running cmocka test when they cannot do their work.
 */
#ifndef SSC_TESTS_PCSC_PCSCD_H
#define SSC_TESTS_PCSC_PCSCD_H

#include "drivers/sim/sim.h"

#include <sys/types.h>

#define TEST_READERS_MAX 8u

struct test_pcscd {
    char folder[64]; /* everything of this pcscd; removed by test_pcscd_free */
    char socket[96];
    char reader[TEST_READERS_MAX][SSC_READER_NAME_MAX]; /* names as PC/SC programs see them */
    unsigned readers;
    unsigned images;                  /* written so far */
    char image[TEST_READERS_MAX][96]; /* last image in each reader */
    pid_t pid;                        /* 0: not running */
};

/* False when there is no pcscd on this machine: the one reason to skip. */
bool test_pcscd_installed(void);

/* `names` are the friendly names, in order; a reader has one slot. Not running yet. */
struct test_pcscd *test_pcscd_new(const char *const *names, unsigned count);
void test_pcscd_free(struct test_pcscd **p);
/* One more entry of reader.conf, before the start: a device of its own with a handler of its own. */
void test_pcscd_entry(struct test_pcscd *p, const char *name, const char *device, const char *handler);

void test_pcscd_start(struct test_pcscd *p);
void test_pcscd_stop(struct test_pcscd *p); /* SIGTERM, and waits */
void test_pcscd_kill(struct test_pcscd *p); /* SIGKILL */
/* SIGSTOP, and waits until no thread of it runs any more: that may be long after kill(2). */
void test_pcscd_freeze(struct test_pcscd *p);

/* image: name of a ready-made image, or JSON text (begins with a brace), or NULL: the card that was there
 * before, with its state. */
void test_pcscd_insert(struct test_pcscd *p, unsigned reader, const char *image);
void test_pcscd_remove(struct test_pcscd *p, unsigned reader);
/* Content of card0.fault (drivers/ifd/fault.h) and card0.pinpad (drivers/ifd/pinpad.h); NULL removes the
 * file. */
void test_pcscd_fault(struct test_pcscd *p, unsigned reader, const char *fault);
void test_pcscd_pinpad(struct test_pcscd *p, unsigned reader, const char *typed);

/* Output of another program against this pcscd, caller frees; *status as of wait(). NULL: not installed. */
char *test_pcscd_program(const char *command, int *status);

#endif
