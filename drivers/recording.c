/* SPDX-License-Identifier: Apache-2.0 */
/* The text format of recordings. */
#include "drivers/replay_internal.h"

#include "apdu/command.h"

#include <stdlib.h>
#include <string.h>

enum { DATA_AT = 5 }; /* of a short command */

struct parser {
    struct ssc_recording *rec;
    bool medium_given;
    bool open_command; /* a command waits for its answer */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct ssc_bytes trim(const char *text, size_t len)
{
    while (len > 0 && is_blank(*text)) {
        text++;
        len--;
    }
    while (len > 0 && is_blank(text[len - 1])) {
        len--;
    }
    return (struct ssc_bytes){(const uint8_t *)text, len};
}

/* First word of *rest, which moves behind it. */
static struct ssc_bytes next_word(struct ssc_bytes *rest)
{
    struct ssc_bytes word = {rest->data, 0};
    while (word.len < rest->len && !is_blank((char)rest->data[word.len])) {
        word.len++;
    }
    *rest = trim((const char *)rest->data + word.len, rest->len - word.len);
    return word;
}

static bool equals(struct ssc_bytes word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

static int decode(struct ssc_bytes hex, uint8_t *out, size_t *len)
{
    const int rc = ssc_hex_decode_n((const char *)hex.data, hex.len, out, len);
    return rc == 0 ? 0 : SSC_E_IMAGE_INVALID;
}

/* Hexadecimal onto the heap; at least `least` bytes, at most `most`. */
static int decode_new(struct ssc_bytes hex, size_t least, size_t most, uint8_t **out, size_t *len)
{
    uint8_t *bytes = malloc(hex.len / 2 + 1);
    *len = hex.len / 2 + 1;
    int rc = bytes ? decode(hex, bytes, len) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0 && (*len < least || *len > most)) {
        rc = SSC_E_IMAGE_INVALID;
    }
    if (rc == 0) {
        *out = bytes;
    } else {
        free(bytes);
    }
    return rc;
}

static int take_reader(struct parser *p, struct ssc_bytes rest)
{
    const bool fits = rest.len > 0 && rest.len < sizeof p->rec->reader && !memchr(rest.data, 0, rest.len);
    if (fits) {
        memcpy(p->rec->reader, rest.data, rest.len);
        p->rec->reader[rest.len] = '\0';
    }
    return fits ? 0 : SSC_E_IMAGE_INVALID;
}

static int take_medium(struct parser *p, struct ssc_bytes rest)
{
    static const char *const names[] = {
        [SSC_MEDIUM_CONTACT] = "contact",
        [SSC_MEDIUM_CONTACTLESS] = "contactless",
        [SSC_MEDIUM_SAM] = "sam",
    };
    int rc = SSC_E_IMAGE_INVALID;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (equals(rest, names[i])) {
            p->rec->medium = (enum ssc_medium)i;
            p->medium_given = true;
            rc = 0;
        }
    }
    return rc;
}

static int take_atr(struct parser *p, struct ssc_bytes rest)
{
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    int rc = decode(rest, atr, &len);
    if (rc == 0 && ssc_atr_parse(atr, len, &p->rec->atr) != 0) {
        rc = SSC_E_IMAGE_INVALID;
    }
    return rc;
}

/* PC/SC part 3 clause 3.1.3.2.3.1: 3B 8n 80 01, the historical bytes of the ATS, exclusive-or of all but TS.
 */
static int take_ats(struct parser *p, struct ssc_bytes rest)
{
    uint8_t bytes[SSC_ATR_MAX], check = 0;
    size_t len = sizeof bytes;
    struct ssc_ats ats;
    struct ssc_writer atr;
    int rc = decode(rest, bytes, &len);
    if (rc == 0 && (ssc_ats_parse(bytes, len, &ats) != 0 || ats.historical_len > 15)) {
        rc = SSC_E_IMAGE_INVALID;
    }
    if (rc == 0) {
        atr = ssc_writer(bytes, sizeof bytes);
        ssc_write8(&atr, 0x3B);
        ssc_write8(&atr, 0x80u | (unsigned)ats.historical_len);
        ssc_write16(&atr, 0x8001);
        ssc_write(&atr, ats.historical, ats.historical_len);
        for (size_t i = 1; i < atr.len; i++) {
            check ^= bytes[i];
        }
        ssc_write8(&atr, check);
        rc = ssc_atr_parse(bytes, atr.len, &p->rec->atr) == 0 ? 0 : SSC_E_IMAGE_INVALID;
    }
    if (rc == 0 && !p->medium_given) {
        p->rec->medium = SSC_MEDIUM_CONTACTLESS;
    }
    return rc;
}

static int take_redacted(struct parser *p, struct ssc_bytes rest)
{
    p->rec->redacted = true;
    return rest.len == 0 ? 0 : SSC_E_IMAGE_INVALID;
}

static int take_command(struct parser *p, struct ssc_bytes rest)
{
    struct ssc_recording *rec = p->rec;
    struct ssc_recorded_exchange fresh = {0};
    int rc = p->open_command ? SSC_E_IMAGE_INVALID : 0;
    if (rc == 0) {
        rc = decode_new(rest, 4, SSC_COMMAND_MAX, &fresh.tx, &fresh.tx_len);
        fresh.overwritten = rc == 0 && rec->redacted && fresh.tx_len > DATA_AT &&
                            memchr(fresh.tx + DATA_AT, SSC_RECORDED_STAR, fresh.tx_len - DATA_AT) != NULL;
    }
    if (rc == 0 && rec->count == rec->room) {
        const size_t room = rec->room ? 2 * rec->room : 64;
        struct ssc_recorded_exchange *more = realloc(rec->exchanges, room * sizeof *more);
        rc = more ? 0 : SSC_E_OUT_OF_MEMORY;
        rec->exchanges = more ? more : rec->exchanges;
        rec->room = more ? room : rec->room;
    }
    if (rc == 0) {
        rec->exchanges[rec->count++] = fresh;
        p->open_command = true;
    } else {
        free(fresh.tx);
    }
    return rc;
}

static int take_answer(struct parser *p, struct ssc_bytes rest)
{
    int rc = p->open_command ? 0 : SSC_E_IMAGE_INVALID;
    if (rc == 0) {
        struct ssc_recorded_exchange *last = &p->rec->exchanges[p->rec->count - 1];
        rc = decode_new(rest, 2, SSC_RESPONSE_MAX, &last->rx, &last->rx_len);
    }
    p->open_command = rc != 0;
    return rc;
}

static int take_otherwise(struct parser *p, struct ssc_bytes rest)
{
    struct ssc_recorded_rule rule = {.cla = -1, .ins = -1};
    struct ssc_bytes word = next_word(&rest);
    uint8_t bytes[2];
    size_t len = sizeof bytes;
    int rc = decode(word, bytes, &len);
    if (rc == 0 && rest.len > 0) { /* the first word was an instruction, the status word follows */
        rule.cla = len == 2 ? bytes[0] : -1;
        rule.ins = len > 0 ? bytes[len - 1] : -1;
        len = sizeof bytes;
        rc = decode(rest, bytes, &len);
    }
    if (rc == 0 && (len != 2 || p->rec->rules_count == sizeof p->rec->rules / sizeof p->rec->rules[0])) {
        rc = SSC_E_IMAGE_INVALID;
    }
    if (rc == 0) {
        rule.sw = ssc_get16(bytes);
        p->rec->rules[p->rec->rules_count++] = rule;
    }
    return rc;
}

static int take_line(struct parser *p, struct ssc_bytes line)
{
    static const struct {
        const char *word;
        int (*take)(struct parser *p, struct ssc_bytes rest);
    } items[] = {
        {">", take_command}, {"<", take_answer}, {"reader", take_reader},     {"medium", take_medium},
        {"atr", take_atr},   {"ats", take_ats},  {"redacted", take_redacted}, {"otherwise", take_otherwise},
    };
    int rc = SSC_E_IMAGE_INVALID;
    if (line.len == 0 || line.data[0] == '#') {
        rc = 0;
    } else {
        const struct ssc_bytes word = next_word(&line);
        for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
            if (equals(word, items[i].word)) {
                rc = items[i].take(p, line);
                break;
            }
        }
    }
    return rc;
}

int ssc_recording_parse(struct ssc_recording *rec, const char *text, size_t len, unsigned *bad_line)
{
    struct parser p = {.rec = rec};
    const char *const end = text + len;
    unsigned number = 0;
    int rc = 0;
    *rec = (struct ssc_recording){.reader = "replay"};
    while (text < end && rc == 0) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        number++;
        rc = take_line(&p, trim(text, (size_t)(stop - text)));
        text = newline ? newline + 1 : end;
    }
    if (rc == 0 && p.open_command) {
        rc = SSC_E_IMAGE_INVALID;
    } else if (rc == 0 && rec->atr.raw_len == 0) { /* no card without an answer to reset */
        number = 0;
        rc = SSC_E_IMAGE_INVALID;
    }
    if (bad_line) {
        *bad_line = rc == SSC_E_IMAGE_INVALID ? number : 0;
    }
    return rc;
}

void ssc_recording_free(struct ssc_recording *rec)
{
    for (size_t i = 0; i < rec->count; i++) {
        free(rec->exchanges[i].tx);
        free(rec->exchanges[i].rx);
    }
    free(rec->exchanges);
    *rec = (struct ssc_recording){0};
}
