/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel said about USB and readers: /dev/kmsg, else a log file. */
#include "tools/doctor/bundle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX 400u
#define RECORD_MAX 8192u

static bool about_readers(const char *line)
{
    static const char *const words[] = {"usb ",  "usbfs", "xhci", "ehci",  "uhci", "ccid",
                                        "smart", "pn533", "nfc",  "pcscd", "hub "};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !found; i++) {
        found = strcasestr(line, words[i]) != NULL;
    }
    return found;
}

/* A record is "prio,seq,usec,flags;text\n key=value\n": the first line counts. */
static void take_record(char *record, FILE *out)
{
    char *text = strchr(record, ';');
    text = text ? text + 1 : record;
    text[strcspn(text, "\n")] = '\0';
    if (about_readers(text)) {
        const char *usec = record;
        for (int i = 0; i < 2 && usec; i++) {
            usec = strchr(usec, ',');
            usec = usec ? usec + 1 : NULL;
        }
        fprintf(out, "[%12.6f] %s\n", usec ? strtod(usec, NULL) / 1e6 : 0.0, text);
    }
}

static bool from_device(const char *path, FILE *out)
{
    char record[RECORD_MAX];
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 ? 1 : 0;
    while (n > 0) {
        n = read(fd, record, sizeof record - 1);
        if (n > 0) {
            record[n] = '\0';
            take_record(record, out);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool from_file(const char *path, FILE *out)
{
    char *line = NULL;
    size_t cap = 0;
    FILE *in = fopen(path, "re");
    while (in && getline(&line, &cap, in) > 0) {
        if (strstr(line, "kernel") && about_readers(line)) {
            fputs(line, out);
        }
    }
    free(line);
    if (in) {
        fclose(in);
    }
    return in != NULL;
}

/* The last LINES_MAX lines. */
static void keep_tail(char *text)
{
    unsigned lines = 0;
    const char *p = text + strlen(text);
    while (p > text && lines <= LINES_MAX) {
        p--;
        lines += *p == '\n' ? 1 : 0;
    }
    if (lines > LINES_MAX) {
        memmove(text, p + 1, strlen(p + 1) + 1);
    }
}

char *kernel_lines(const struct seam *s)
{
    char path[SEAM_PATH_MAX], *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool read_any = false;
    if (out) {
        read_any = seam_path(s, path, "/var/log/kern.log") && from_file(path, out);
        read_any = read_any || (seam_path(s, path, "/dev/kmsg") && from_device(path, out));
        fclose(out);
        keep_tail(text);
    }
    if (!read_any) {
        free(text);
        text = NULL;
    }
    return text;
}
