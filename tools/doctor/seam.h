/* SPDX-License-Identifier: Apache-2.0 */
/* The one way in which the doctor reaches the machine: every file below `root`, everything else through a
 * function pointer. Tests put a folder and functions of their own here. */
#ifndef SSC_TOOLS_DOCTOR_SEAM_H
#define SSC_TOOLS_DOCTOR_SEAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SEAM_PATH_MAX 512u

struct seam {
    const char *root; /* "" or a folder without a slash at its end: /sys, /proc, /dev, /run, /etc, /usr, /var
                         below it */
    uid_t uid;
    pid_t pid;
    void *ctx;
    /* A method of the service, or of the reader itself. 0, or enum ssc_error with *error the error object
     * (never NULL then); both are the caller's. Takes params (may be NULL). */
    int (*ask)(void *ctx, const char *method, json_t *params, json_t **result, json_t **error);
    int (*connect)(void *ctx, const char *path); /* a stream socket; 0 or errno */
    /* Says to pcscd's socket (a whole path) what its clients say first, as this user (another one than `uid`
     * as root only). 0 with the version of its protocol, major and minor; ECONNRESET: it hung up without an
     * answer; ETIMEDOUT; errno of the connection. */
    int (*greet)(void *ctx, const char *path, uid_t as, int32_t version[2]);
    bool (*pcscd_silent)(void *ctx); /* pcscd is there and does not list its readers in time */
    int64_t (*clock)(void *ctx);     /* seconds since 1970 */
    long (*utc_offset)(void *ctx);   /* seconds east */
    bool (*clock_synced)(void *ctx);
};

/* root + path of the format. False when it does not fit. */
bool seam_path(const struct seam *s, char out[SEAM_PATH_MAX], const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool seam_exists(const struct seam *s, const char *path);
/* What a path in the tree is for people: without the root. */
const char *seam_show(const struct seam *s, const char *path);
/* The file's bytes (at most cap - 1, NUL behind them). Length, or -1: cannot be read. `path` is a whole one.
 */
ssize_t seam_read(const char *path, void *out, size_t cap);
/* The first line of a file of /sys or /proc, without the newline; "" when there is none. */
void seam_line(char *out, size_t cap, const char *folder, const char *file);
/* The last part of where a link points to; "" when it is none. */
void seam_link(char *out, size_t cap, const char *path);
/* Entries of a folder in order of their names; calls take() for each but . and .. */
void seam_folder(const char *path, void (*take)(void *ctx, const char *name), void *ctx);

/* proc.c: "pcscd (pid 812, pcscd.service)", separated by ", "; all processes but this one that ... */
/* ... have opened the file (a path as the kernel shows it). `leave_out`: names that are not meant, NULL
 * ended; may be NULL. */
void proc_holders(const struct seam *s, const char *file, const char *const *leave_out, char *out,
                  size_t cap);
/* ... have mapped a library whose name contains the text. */
void proc_users(const struct seam *s, const char *library, const char *const *leave_out, char *out,
                size_t cap);
/* pid and uid of the first process of this name, both -1 when there is none. */
int64_t proc_named(const struct seam *s, const char *name, int64_t *uid);
/* -1: there is no such process. */
int64_t proc_uid_of(const struct seam *s, int64_t pid);

/* check_config.c: sscardd finds a fault in its configuration; why: where and which. False also where the file
 * or sscardd cannot be read or run. */
bool seam_config_wrong(const struct seam *s, char *why, size_t cap);

/* The real machine. */
int seam_connect(void *ctx, const char *path);
int seam_greet(void *ctx, const char *path, uid_t as, int32_t version[2]);
int64_t seam_clock(void *ctx);
long seam_utc_offset(void *ctx);
bool seam_clock_synced(void *ctx);

#endif
