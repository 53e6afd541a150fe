/* SPDX-License-Identifier: Apache-2.0 */
/* The card's memory as a file: the image with the present state in it, replaced as a whole, so that a reader
 * of the file sees either the old card or the new one. */
#include "drivers/lock.h"
#include "drivers/reader.h"
#include "drivers/replace.h"
#include "drivers/sim/card.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHY = 200, IMAGE_MAX = 1 << 20, PATH_ROOM = 4096 };
enum { GRACE_MS = 100 }; /* for what is left of a killed owner; a card that another one has is told soon */

/* ---- nv into JSON ---- */

static json_t *hex(const uint8_t *data, size_t len)
{
    char *text = malloc(2 * len + 1);
    json_t *v = NULL;
    if (text && ssc_hex_encode(data, len, text, 2 * len + 1) == 0) {
        v = json_string(text);
    }
    free(text);
    return v;
}

static json_t *dump_cyclic(const struct ssc_sim_card *c, const struct sim_ef *ef)
{
    json_t *list = json_array();
    uint8_t record[257];
    for (unsigned n = 1; n <= sim_record_count(c, ef); n++) {
        const size_t len = sim_record_get(c, ef, n, record);
        json_array_append_new(list, hex(record, len));
    }
    return list;
}

/* Records by tag; those of one tag in a list. */
static json_t *dump_linear(const struct ssc_sim_card *c, const struct sim_ef *ef)
{
    json_t *o = json_object();
    for (unsigned s = ef->slot; s < (unsigned)ef->slot + ef->slots; s++) {
        char tag[3];
        json_t *before, *value = hex(c->nv.pool + c->slot[s].offset, c->nv.record_len[s]);
        ssc_hex_encode(&c->slot[s].tag, 1, tag, sizeof tag);
        before = json_object_get(o, tag);
        if (!before) {
            json_object_set_new(o, tag, value);
        } else if (json_is_array(before)) {
            json_array_append_new(before, value);
        } else {
            json_object_set_new(o, tag, json_pack("[O, o]", before, value));
        }
    }
    return o;
}

static void dump_files(const struct ssc_sim_card *c, json_t *root)
{
    json_t *files = json_object_get(root, "files");
    if (!files) {
        files = json_object();
        json_object_set_new(root, "files", files);
    }
    for (size_t i = 0; i < c->ef_count; i++) {
        const struct sim_ef *ef = &c->ef[i];
        const char *app = c->kind == SIM_SSC ? ssc_app_info(c->df[ef->df].app)->name : "";
        char name[16];
        snprintf(name, sizeof name, "%.6sEF%02X", app, ef->sfi);
        if (c->nv.ef_dirty[i]) {
            json_object_set_new(files, name,
                                ef->kind == SSC_FILE_CYCLIC        ? dump_cyclic(c, ef)
                                : ef->kind == SSC_FILE_TRANSPARENT ? hex(c->nv.pool + ef->offset, ef->size)
                                                                   : dump_linear(c, ef));
        }
    }
}

static void dump_pin(const struct ssc_sim_card *c, json_t *root)
{
    char digits[2 * sizeof c->nv.pin + 1] = "";
    if (c->nv.pin_len > 0) {
        ssc_hex_encode(c->nv.pin, c->nv.pin_len, digits, sizeof digits);
        digits[strcspn(digits, "F")] = 0;
        json_object_set_new(root, "pin",
                            json_pack("{s:s, s:i, s:i}", "value", digits, "tries", (int)c->profile.pin_tries,
                                      "left", (int)c->nv.pin_left));
    }
    ssc_cleanse(digits, sizeof digits);
}

static void dump_keys_left(const struct ssc_sim_card *c, json_t *root)
{
    json_t *keys = json_object_get(root, "keys");
    json_t *left = json_object();
    for (int i = 0; i < SIM_KEYS; i++) {
        const char *name = sim_key_name(c, i);
        if (name && c->key[i].present && c->nv.key_left[i] != c->key[i].tries) {
            json_object_set_new(left, name, json_integer(c->nv.key_left[i]));
        }
    }
    if (keys && json_object_size(left) > 0) {
        json_object_set(keys, "left", left);
    } else if (keys) {
        json_object_del(keys, "left");
    }
    json_decref(left);
}

/* Not json_dumps: its memory belongs to whatever allocator the program gave jansson. */
static char *text_of(const json_t *root)
{
    const size_t len = json_dumpb(root, NULL, 0, JSON_INDENT(2));
    char *text = len > 0 ? malloc(len + 1) : NULL;
    if (text) {
        text[json_dumpb(root, text, len, JSON_INDENT(2))] = '\0';
    }
    return text;
}

char *ssc_sim_card_dump(const struct ssc_sim_card *c)
{
    json_t *root = json_deep_copy(c->image);
    char *text = NULL;
    if (root) {
        dump_files(c, root);
        sim_dump_state(c, root);
        if (c->kind != SIM_PSAM) {
            dump_pin(c, root);
            dump_keys_left(c, root);
        }
        text = text_of(root);
    }
    json_decref(root);
    return text;
}

/* ---- file ---- */

int sim_persist(struct ssc_sim_card *c)
{
    char *text = NULL;
    bool replaced = false;
    int rc = 0;
    if (c->path) {
        text = ssc_sim_card_dump(c);
        rc = text ? ssc_file_replace(c->path, text, strlen(text), &replaced) : SSC_E_OUT_OF_MEMORY;
    }
    if (replaced) { /* the file has the new state: a card that said no would disagree with its own memory */
        rc = 0;
    }
    if (text) {
        ssc_cleanse(text, strlen(text));
        free(text);
    }
    return rc;
}

static int fail(char why[WHY], int rc, const char *what, const char *path)
{
    if (why) {
        snprintf(why, WHY, "%s: %.120s", what, path);
    }
    return rc;
}

/* One card is in one reader at a time: a lock file beside the image says so, to other processes, too. */
static int lock(const char *path, int *fd, char why[WHY])
{
    char name[PATH_ROOM];
    int rc = 0;
    *fd = -1;
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name) {
        rc = fail(why, SSC_E_IO, "path too long", path);
    } else {
        rc = ssc_file_lock(name, ssc_deadline(GRACE_MS), fd);
        if (rc == SSC_E_ALREADY_RUNNING) {
            rc = fail(why, SSC_E_IO, "this card is in another reader already", path);
        } else if (rc != 0) {
            rc = fail(why, rc, "the image's folder cannot be written", path);
        }
    }
    return rc;
}

static char *read_file(const char *path)
{
    char *text = NULL;
    struct stat st;
    FILE *f = fopen(path, "rbe");
    if (f && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size < IMAGE_MAX) {
        text = malloc((size_t)st.st_size + 1);
    }
    if (text) {
        const size_t n = fread(text, 1, (size_t)st.st_size, f);
        text[n] = 0;
    }
    if (f) {
        fclose(f);
    }
    return text;
}

bool sim_persist_same(const struct ssc_sim_card *c, const char *path)
{
    char *real = realpath(path, NULL);
    const bool same = c && c->path && real && strcmp(c->path, real) == 0;
    free(real);
    return same;
}

int sim_persist_renew(const char *path, struct ssc_sim_card *before, struct ssc_sim_card **out, char why[WHY])
{
    const int fd = before->lock_fd;
    before->lock_fd = -1;
    if (fd >= 0) {
        close(fd);
    }
    const int rc = ssc_sim_card_load(path, out, why);
    if (rc != 0) {
        (void)lock(before->path, &before->lock_fd, NULL);
    }
    return rc;
}

int ssc_sim_card_load(const char *path, struct ssc_sim_card **out, char why[200])
{
    char *real = realpath(path, NULL);
    char *text = NULL;
    int fd = -1, rc;
    *out = NULL;
    if (!real) {
        rc = fail(why, SSC_E_IMAGE_INVALID, "no such image", path);
        goto done;
    }
    rc = lock(real, &fd, why);
    if (rc != 0) {
        goto done;
    }
    text = read_file(real);
    rc = text ? ssc_sim_card_parse(text, out, why)
              : fail(why, SSC_E_IMAGE_INVALID, "the image cannot be read", path);
done:
    if (rc == 0) {
        (*out)->path = real;
        (*out)->lock_fd = fd;
    } else {
        free(real);
        if (fd >= 0) {
            close(fd);
        }
    }
    if (text) {
        ssc_cleanse(text, strlen(text));
        free(text);
    }
    return rc;
}

void sim_persist_close(struct ssc_sim_card *c)
{
    if (c->lock_fd >= 0) {
        close(c->lock_fd);
    }
    free(c->path);
    c->path = NULL;
    c->lock_fd = -1;
}
