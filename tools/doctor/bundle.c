/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/bundle.h"

#include "apdu/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#define COPY_MAX (1u << 20)

struct bundle {
    struct archive *archive;
    char *path;
    int fd;
    json_t *members, *missing;
};

void bundle_drop(struct bundle **b)
{
    if (*b) {
        archive_write_free((*b)->archive);
        if ((*b)->fd >= 0) {
            close((*b)->fd);
        }
        json_decref((*b)->members);
        json_decref((*b)->missing);
        free((*b)->path);
        free(*b);
        *b = NULL;
    }
}

int bundle_new(const char *path, struct bundle **out)
{
    struct bundle *b = calloc(1, sizeof *b);
    int rc = SSC_E_OUT_OF_MEMORY;
    if (b) {
        b->path = strdup(path);
        b->members = json_array();
        b->missing = json_array();
        b->fd = memfd_create("bundle", MFD_CLOEXEC); /* the file appears when it is whole */
        b->archive = archive_write_new();
        rc = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? SSC_E_FILE_EXISTS
             : b->fd < 0                                               ? SSC_E_IO
             : !b->archive || !b->path                                 ? SSC_E_OUT_OF_MEMORY
                                                                       : 0;
    }
    if (rc == 0 && (archive_write_add_filter_gzip(b->archive) != ARCHIVE_OK ||
                    archive_write_set_format_pax_restricted(b->archive) != ARCHIVE_OK ||
                    archive_write_open_fd(b->archive, b->fd) != ARCHIVE_OK)) {
        rc = SSC_E_IO;
    }
    if (rc == 0) {
        *out = b;
    } else {
        bundle_drop(&b);
    }
    return rc;
}

static int write_member(struct bundle *b, const char *name, const char *text)
{
    const size_t len = strlen(text);
    struct archive_entry *entry = archive_entry_new();
    int rc = entry ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        char path[160];
        snprintf(path, sizeof path, "sscard-support/%s", name);
        archive_entry_set_pathname(entry, path);
        archive_entry_set_size(entry, (la_int64_t)len);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0600);
        archive_entry_set_mtime(entry, time(NULL), 0);
        rc = archive_write_header(b->archive, entry) == ARCHIVE_OK &&
                     archive_write_data(b->archive, text, len) == (la_ssize_t)len
                 ? 0
                 : SSC_E_IO;
    }
    archive_entry_free(entry);
    return rc;
}

int bundle_add(struct bundle *b, const char *name, struct text what, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    int rc = 0;
    if (copy) {
        scrub(copy);
        rc = write_member(b, name, copy);
        json_array_append_new(b->members, json_pack("{s:s, s:{s:s, s:s}, s:i}", "name", name, "what", "en",
                                                    what.en, "zh", what.zh, "bytes", (int)strlen(copy)));
        explicit_bzero(copy, strlen(copy));
    } else if (text) {
        rc = SSC_E_OUT_OF_MEMORY;
    }
    free(copy);
    return rc;
}

void bundle_miss(struct bundle *b, const char *name, struct text why)
{
    json_array_append_new(b->missing,
                          json_pack("{s:s, s:{s:s, s:s}}", "name", name, "why", "en", why.en, "zh", why.zh));
}

static int add_list(struct bundle *b)
{
    char *list = NULL;
    size_t len = 0, i;
    const json_t *member;
    FILE *out = open_memstream(&list, &len);
    int rc = out ? 0 : SSC_E_OUT_OF_MEMORY;
    if (out) {
        json_array_foreach(b->members, i, member)
        {
            fprintf(out, "%-28s %8lld  %s\n", js(member, "name"), (long long)ji(member, "bytes"),
                    js(json_object_get(member, "what"), "en"));
        }
        json_array_foreach(b->missing, i, member)
        {
            fprintf(out, "%-28s  missing  %s\n", js(member, "name"),
                    js(json_object_get(member, "why"), "en"));
        }
        fclose(out);
        rc = write_member(b, "CONTENTS.txt", list);
    }
    free(list);
    return rc;
}

static int write_file(const struct bundle *b)
{
    const int fd = open(b->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    off_t at = 0;
    ssize_t n = fd >= 0 ? 1 : -1;
    while (n > 0) {
        n = sendfile(fd, b->fd, &at, COPY_MAX);
    }
    const int rc = fd < 0 && errno == EEXIST ? SSC_E_FILE_EXISTS : SSC_E_IO;
    const bool whole = n == 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
        if (!whole) {
            unlink(b->path);
        }
    }
    return whole ? 0 : rc;
}

int bundle_end(struct bundle **b, json_t **lists)
{
    int rc = add_list(*b);
    if (rc == 0) {
        rc = archive_write_close((*b)->archive) == ARCHIVE_OK ? write_file(*b) : SSC_E_IO;
    }
    if (rc == 0) {
        *lists = json_pack("{s:O, s:O}", "members", (*b)->members, "missing", (*b)->missing);
    }
    bundle_drop(b);
    return rc;
}
