/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/reading.h"

#include <string.h>

enum { LE_WIDE = 0xFF, FIRST_RECORD = 1 };

/* One request for reading, on its way down the ladder. */
struct reading {
    struct ssc_card *card;
    const struct ssc_file *file;
    const uint8_t *tags; /* wanted; NULL = all */
    size_t tag_count;
    struct ssc_writer *out;
    int64_t deadline;
    size_t found;
    bool garbled;
};

int ssc_reading_select(struct ssc_card *card, uint8_t sfi, int64_t deadline)
{
    struct ssc_command_buf b;
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_habit *habit = &card->habit;
    int rc = 0;

    if (card->current_ef == sfi) {
        goto done;
    }
    ssc_cmd_select_ef(&b, (uint16_t)(0xEF00u | sfi));
    b.cmd.p1 = habit->select_ef_p1;
    card->current_ef = 0;
    rc = ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL);
    if (rc > 0) { /* ISO 7816-4 allows both ways; most cards know both */
        b.cmd.p1 = habit->select_ef_p1 == 0x02 ? 0x00 : 0x02;
        rsp = SSC_RESPONSE(buffer);
        rc = ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL);
        if (rc == 0) {
            habit->select_ef_p1 = b.cmd.p1;
        }
    }
    if (rc == 0) {
        card->current_ef = sfi;
    }
done:
    return rc;
}

/* Length of the whole file: as seen on this type of card, else from the tables. */
static size_t whole_length(const struct reading *r)
{
    const struct ssc_habit *habit = &r->card->habit;
    size_t len = 0;

    for (size_t i = 0; i < r->file->element_count; i++) {
        len += 2u + r->file->elements[i].len;
    }
    if (r->file->app == SSC_APP_SSSE && r->file->sfi == 5 && habit->ef05_len) {
        len = habit->ef05_len;
    }
    if (r->file->app == SSC_APP_SSSE && r->file->sfi == 6 && habit->ef06_len) {
        len = habit->ef06_len;
    }
    return len;
}

static void learn_length(const struct reading *r, size_t len)
{
    struct ssc_habit *habit = &r->card->habit;

    if (r->file->app == SSC_APP_SSSE && r->file->sfi == 5) {
        habit->ef05_len = (uint16_t)len;
    }
    if (r->file->app == SSC_APP_SSSE && r->file->sfi == 6) {
        habit->ef06_len = (uint16_t)len;
    }
}

/* Cards cut a file that is longer than Le in different ways; some at the end of a record. Then the last
 * element of the table is not among what came. */
static bool tail_missing(const struct reading *r, const uint8_t *data, size_t len)
{
    const uint8_t last = r->file->elements[r->file->element_count - 1].tag;
    struct ssc_record record;
    size_t pos = 0;
    bool missing = true;

    while (missing && ssc_record_next(data, len, &pos, &record) == 0) {
        missing = record.tag != last;
    }
    return missing;
}

/* Copies the sound records; false when something behind them is none. */
static bool take_records(struct reading *r, const uint8_t *data, size_t len)
{
    struct ssc_record record;
    size_t pos = 0, end = 0;
    int rc;

    while ((rc = ssc_record_next(data, len, &pos, &record)) == 0) {
        end = pos;
        r->found++;
    }
    ssc_write(r->out, data, end);
    return rc == 1;
}

/* One READ RECORD for the whole file. *sound: everything in the answer was a record. */
static int read_whole(struct reading *r, enum ssc_reading way, bool *sound)
{
    const size_t before = r->out->len, found = r->found, want = whole_length(r);
    const bool by_sfi = way == SSC_READ_WHOLE_SFI;
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc = by_sfi ? 0 : ssc_reading_select(r->card, r->file->sfi, r->deadline);

    *sound = false;
    if (rc != 0) {
        goto done;
    }
    ssc_cmd_read_record(&b, by_sfi ? r->file->sfi : 0, FIRST_RECORD, SSC_REC_FROM,
                        way == SSC_READ_WHOLE_WIDE ? LE_WIDE : want);
    if (by_sfi) {
        r->card->current_ef = 0; /* the file may have become current or not: cards differ */
    }
    rc = ssc_reading_end_is_fine(ssc_card_transmit(r->card, &b.cmd, &rsp, 0, r->deadline, NULL));
    if (rc != 0) {
        goto done;
    }
    *sound = take_records(r, rsp.data, rsp.len) &&
             (way == SSC_READ_WHOLE_WIDE || !tail_missing(r, rsp.data, rsp.len));
    /* An answer cut off at Le says that the file is longer than the tables: ask for more. */
    if (!*sound && way != SSC_READ_WHOLE_WIDE) {
        r->out->len = before;
        r->found = found;
    } else if (*sound) {
        learn_length(r, rsp.len);
    }
done:
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

/* One record; 6A83 when there is none. A record longer than the table is fetched whole. */
static int read_one(struct reading *r, uint8_t p1, enum ssc_record_mode mode, uint8_t tag, size_t len)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    size_t le = len + 2;
    int rc = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        ssc_cmd_read_record(&b, 0, p1, mode, le);
        rsp = SSC_RESPONSE(buffer);
        rc = ssc_reading_end_is_fine(ssc_card_transmit(r->card, &b.cmd, &rsp, 0, r->deadline, NULL));
        if (rc != 0 || rsp.len < 2 || rsp.len >= 2u + rsp.data[1] || le == 2u + rsp.data[1]) {
            break;
        }
        le = 2u + rsp.data[1];
        if (mode == SSC_REC_NEXT) { /* "next" has moved on: its record cannot be asked for again */
            break;
        }
    }
    if (rc == 0 &&
        (rsp.len < 2 || rsp.len < 2u + rsp.data[1] || (rsp.data[0] != tag && mode != SSC_REC_NUMBER))) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        ssc_write(r->out, rsp.data, 2u + rsp.data[1]);
        r->found++;
    }
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

/* Occurrence (from 0) of element i among the elements with its tag. */
static unsigned occurrence_of(const struct ssc_file *file, size_t i)
{
    unsigned n = 0;

    for (size_t k = 0; k < i; k++) {
        n += file->elements[k].tag == file->elements[i].tag;
    }
    return n;
}

static bool wanted(const struct reading *r, uint8_t tag, unsigned occurrence)
{
    unsigned times = 0;

    for (size_t i = 0; i < r->tag_count; i++) {
        times += r->tags[i] == tag;
    }
    return r->tag_count == 0 || occurrence < times;
}

/* Tags that the tables do not know: local elements. */
static int read_local(struct reading *r)
{
    int rc = 0;

    for (size_t i = 0; i < r->tag_count && rc == 0; i++) {
        if (!ssc_element_by_tag(r->file, r->tags[i])) {
            rc = read_one(r, r->tags[i], SSC_REC_FIRST, r->tags[i], LE_WIDE - 2);
        }
        if (rc == SSC_SW_RECORD_NOT_FOUND) {
            rc = 0;
        }
    }
    return rc;
}

static int read_tags(struct reading *r)
{
    const struct ssc_file *file = r->file;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < file->element_count; i++) {
        const struct ssc_element *e = &file->elements[i];
        const unsigned occurrence = occurrence_of(file, i);
        if (wanted(r, e->tag, occurrence)) {
            rc = read_one(r, e->tag, occurrence ? SSC_REC_NEXT : SSC_REC_FIRST, e->tag, e->len);
        }
        if (rc == SSC_SW_RECORD_NOT_FOUND) {
            rc = 0;
        }
    }
    return rc == 0 ? read_local(r) : rc;
}

/* Record numbers have no gaps, so the first that is missing is the end. An element that is left out moves
 * those behind it, so all are read. */
static int read_numbers(struct reading *r)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->file->element_count; i++) {
        const struct ssc_element *e = &r->file->elements[i];
        rc = read_one(r, e->ordinal, SSC_REC_NUMBER, e->tag, e->len);
    }
    return rc == SSC_SW_RECORD_NOT_FOUND ? 0 : rc;
}

static int read_elements(struct reading *r, enum ssc_reading way)
{
    int rc = ssc_reading_select(r->card, r->file->sfi, r->deadline);

    if (rc == 0) {
        rc = way == SSC_READ_BY_TAG ? read_tags(r) : read_numbers(r);
    }
    return rc;
}

/* What no other way of asking can change. */
static bool final_refusal(int rc, enum ssc_reading way)
{
    return rc < 0 || rc == SSC_SW_SECURITY || rc == SSC_SW_BLOCKED || rc == SSC_SW_APP_BLOCKED ||
           (rc == SSC_SW_FILE_NOT_FOUND && way != SSC_READ_WHOLE_SFI);
}

static bool is_whole(enum ssc_reading way)
{
    return way <= SSC_READ_WHOLE_WIDE;
}

/* One rung. 0 with *done: the records are in `out`. */
static int try_way(struct reading *r, enum ssc_reading way, bool *done)
{
    const size_t before = r->out->len, found = r->found;
    bool sound = true;
    int rc = is_whole(way) ? read_whole(r, way, &sound) : read_elements(r, way);

    *done = rc == 0 && sound && r->found > found;
    if (rc == 0 && !sound && way == SSC_READ_WHOLE_WIDE) {
        r->garbled = true;
    }
    if (!*done) {
        r->out->len = before;
        r->found = found;
    }
    return rc;
}

/* A whole file is no way to read what does not fit a short answer. */
static enum ssc_reading first_way(const struct reading *r)
{
    const enum ssc_reading way = r->card->habit.reading;

    return is_whole(way) && whole_length(r) > SSC_LE_SHORT ? SSC_READ_BY_TAG : way;
}

/* `first` was tried first, `answered` answered too short, `way` worked. A file that is merely longer than
 * usual makes no other habit than its length. */
static void learn_way(struct ssc_card *card, enum ssc_reading first, enum ssc_reading answered,
                      enum ssc_reading way)
{
    if (first == card->habit.reading) {
        card->habit.reading = way == SSC_READ_WHOLE_WIDE && answered < way ? answered : way;
    }
    ssc_card_learn(card);
}

int ssc_reading_file(struct ssc_card *card, const struct ssc_file *file, const uint8_t *tags,
                     size_t tag_count, struct ssc_writer *out, struct ssc_reading_result *result,
                     int64_t deadline)
{
    struct reading r = {
        .card = card, .file = file, .tags = tags, .tag_count = tag_count, .out = out, .deadline = deadline};
    const enum ssc_reading first = first_way(&r);
    enum ssc_reading way = first, answered = SSC_READ_WAYS;
    bool done = false;
    int rc = 0;

    for (;; way++) {
        rc = try_way(&r, way, &done);
        if (rc == 0 && !done && answered == SSC_READ_WAYS) {
            answered = way;
        }
        if (rc == 0 && !done && way < SSC_READ_WHOLE_WIDE) {
            way = SSC_READ_WHOLE_WIDE - 1; /* answered, but too short: asking for as much again is no use */
        }
        if (done || final_refusal(rc == SSC_E_BAD_RESPONSE ? 0 : rc, way) || way + 1 == SSC_READ_WAYS) {
            break;
        }
    }
    /* Answered in some way, but with no record: the file is empty. */
    if (rc > 0 && !final_refusal(rc, way) && answered != SSC_READ_WAYS) {
        rc = 0;
    }
    *result = (struct ssc_reading_result){.whole = done && is_whole(way), .garbled = r.garbled};
    if (done) {
        learn_way(card, first, answered, way);
    }
    return rc;
}
