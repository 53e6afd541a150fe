/* SPDX-License-Identifier: Apache-2.0 */
/* The key file: reading it, and the terminal transaction number beside it. */
#include "drivers/replace.h"
#include "middleware/auth/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 64 * 1024, SEQ_TEXT = 9 /* eight hexadecimal digits and a newline */ };

/* ---- the terminal transaction number ---- */

static int read_number(const char *path, uint32_t *number)
{
    char text[SEQ_TEXT + 1] = "";
    uint8_t bytes[4];
    size_t len = sizeof bytes;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = 0;

    *number = 0;
    if (fd < 0) {
        rc = errno == ENOENT ? 0 : SSC_E_IO; /* none yet: numbers begin with 1 */
    } else if (read(fd, text, SEQ_TEXT) != SEQ_TEXT || ssc_hex_decode_n(text, 8, bytes, &len) != 0 ||
               len != 4) {
        rc = SSC_E_IO;
    } else {
        *number = ssc_get32(bytes);
    }
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

/* A number that may come back after a power cut is not handed out: the next one is. */
static int write_number(const char *path, uint32_t number)
{
    char text[SEQ_TEXT + 1];
    bool replaced;

    snprintf(text, sizeof text, "%08X\n", (unsigned)number);
    return ssc_file_replace(path, text, SEQ_TEXT, &replaced);
}

int ssc_key_file_next(struct ssc_key_file *f, uint8_t seq[4])
{
    uint32_t number = 0;
    int rc = f->state_path ? read_number(f->state_path, &number) : SSC_E_NOT_SUPPORTED;

    if (rc == 0 && number == UINT32_MAX) {
        rc = SSC_E_COUNTER_EXHAUSTED;
    }
    if (rc == 0) {
        rc = write_number(f->state_path, number + 1);
    }
    if (rc == 0) {
        ssc_put32(seq, number + 1);
    }
    return rc;
}

/* ---- the file ---- */

static bool known_name(const char *name)
{
    static const char *const purse[] = {"*", "MPK", "MLK", "MTK", "MPUK", "MRPK"};
    bool known = ssc_key_by_name(name) != NULL;

    for (size_t i = 0; i < sizeof purse / sizeof purse[0]; i++) {
        known = known || strcmp(purse[i], name) == 0;
    }
    return known;
}

static const char *load_roots(struct ssc_key_file *f, enum ssc_algorithm alg, json_t *object)
{
    const char *complaint =
        object && !json_is_object(object) ? "roots: an object per algorithm expected" : NULL;
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        struct ssc_key_file_root *r = &f->roots[f->root_count];
        size_t len = 16;
        if (f->root_count == SSC_KEY_FILE_ROOTS || strlen(name) >= sizeof r->name || !known_name(name)) {
            complaint = "roots: no such key";
        } else if (!json_is_string(value) ||
                   ssc_hex_decode(json_string_value(value), r->key.bytes, &len) != 0 ||
                   (len != 16 && (len != 8 || alg != SSC_ALG_3DES))) {
            complaint = "roots: 32 hexadecimal digits expected";
        }
        if (complaint) {
            break;
        }
        memcpy(r->name, name, strlen(name) + 1);
        r->key.alg = alg;
        r->key.len = (uint8_t)len;
        f->root_count++;
    }
    return complaint;
}

static const char *load_terminal(struct ssc_key_file *f, const json_t *value)
{
    size_t len = sizeof f->terminal;
    const char *complaint = NULL;

    if (value &&
        (!json_is_string(value) || ssc_hex_decode(json_string_value(value), f->terminal, &len) != 0 ||
         len != sizeof f->terminal)) {
        complaint = "terminal: twelve digits expected";
    }
    f->has_terminal = value && !complaint;
    return complaint;
}

/* A path beside the key file unless it is absolute. */
static const char *load_state(struct ssc_key_file *f, const json_t *value, const char *path)
{
    const char *complaint = NULL, *name = json_string_value(value);
    char folder[4096];

    if (!value) {
        goto done;
    }
    if (!name || name[0] == '\0' || (size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder) {
        complaint = "state: the name of a file expected";
    } else if (name[0] == '/') {
        f->state_path = strdup(name);
    } else if (asprintf(&f->state_path, "%s/%s", dirname(folder), name) < 0) {
        f->state_path = NULL;
    }
    if (!complaint && !f->state_path) {
        complaint = "out of memory";
    }
done:
    return complaint;
}

static const char *load_members(struct ssc_key_file *f, json_t *root, const char *path)
{
    static const char *const members[] = {"format", "test", "roots", "terminal", "state", "purse_levels"};
    const json_t *levels = json_object_get(root, "purse_levels");
    json_t *roots = json_object_get(root, "roots");
    const char *complaint = NULL, *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            known = known || strcmp(members[i], name) == 0;
        }
        if (!known) {
            complaint = "a member that the format does not have";
        }
    }
    if (json_integer_value(json_object_get(root, "format")) != 1) {
        complaint = "format: 1 expected";
    } else if (!json_is_true(json_object_get(root, "test"))) {
        complaint = "test: true expected; keys that are not test keys have no place in a file";
    } else if (levels && (!json_is_integer(levels) || json_integer_value(levels) < 0 ||
                          json_integer_value(levels) > 2)) {
        complaint = "purse_levels: 0, 1 or 2 expected";
    }
    f->purse_levels = levels ? (unsigned)json_integer_value(levels) : 1;
    if (!complaint) {
        complaint = load_roots(f, SSC_ALG_3DES, json_object_get(roots, "3des"));
    }
    if (!complaint) {
        complaint = load_roots(f, SSC_ALG_SM4, json_object_get(roots, "sm4"));
    }
    if (!complaint) {
        complaint = load_terminal(f, json_object_get(root, "terminal"));
    }
    if (!complaint) {
        complaint = load_state(f, json_object_get(root, "state"), path);
    }
    return complaint;
}

/* The text of a file that nobody but its owner can read. */
static int read_private(const char *path, char *text, size_t *len, const char **complaint)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    ssize_t got = 0;
    size_t used = 0;
    int rc = 0;

    if (fd < 0 || fstat(fd, &st) != 0) {
        rc = SSC_E_IO;
        *complaint = strerror(errno);
    } else if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO))) {
        rc = SSC_E_CONFIG;
        *complaint = "others than its owner may read it: chmod 600";
    }
    while (rc == 0 && used < *len && (got = read(fd, text + used, *len - used)) > 0) {
        used += (size_t)got;
    }
    if (rc == 0 && (got < 0 || used == *len)) {
        rc = got < 0 ? SSC_E_IO : SSC_E_CONFIG;
        *complaint = got < 0 ? strerror(errno) : "longer than 64 KiB";
    }
    *len = used;
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int load(const char *path, struct ssc_key_file *f, const char **complaint)
{
    char *text = malloc(FILE_BYTES);
    size_t len = FILE_BYTES;
    json_error_t error;
    json_t *root = NULL;
    int rc = text ? read_private(path, text, &len, complaint) : SSC_E_OUT_OF_MEMORY;

    if (rc == 0) {
        root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
        /* jansson quotes what it stumbled over, and that could be a key: only the fact is told. */
        *complaint = json_is_object(root) ? load_members(f, root, path) : "not a JSON object";
        rc = *complaint ? SSC_E_CONFIG : 0;
    }
    json_decref(root);
    if (text) {
        ssc_cleanse(text, FILE_BYTES);
    }
    free(text);
    return rc;
}

int ssc_auth_key_file_new(const char *path, bool allow_test_keys, struct ssc_auth **out, char why[200])
{
    const char *complaint = "out of memory";
    struct ssc_key_file *f = NULL;
    struct ssc_auth *made = NULL;
    int rc = allow_test_keys ? 0 : SSC_E_TEST_KEYS_REFUSED;

    if (rc != 0) {
        complaint = "test keys are not allowed by the configuration";
        goto done;
    }
    f = calloc(1, sizeof *f);
    rc = f ? ssc_gate_init(&f->gate) : SSC_E_OUT_OF_MEMORY;
    if (rc != 0) {
        free(f);
        goto done;
    }
    f->base = (struct ssc_auth){.ops = &ssc_key_file_ops, .test_keys = true};
    f->session = ssc_auth_first_session();
    made = &f->base;
    rc = load(path, f, &complaint);
    if (rc != 0) {
        ssc_auth_free(&made);
    }
done:
    if (rc != 0 && why) {
        snprintf(why, 200, "%.100s: %.90s", path, complaint);
    }
    *out = made;
    return rc;
}
