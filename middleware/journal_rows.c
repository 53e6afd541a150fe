/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the journal: one table of columns makes the schema, the bindings, the reading and the seal. */
#include "middleware/journal_rows.h"
#include "apdu/crypto.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The same words in index and query, or SQLite would not use the index. */
#define OPEN_ROWS "state IN (%d,%d,%d,%d)"

enum type { SIGNED, UNSIGNED, FLAG, TEXT, BLOB };
struct column {
    const char *name;
    enum type type;
    size_t offset, size;
};
/* clang-format off */
#define COLUMN(type, member) {#member, type, offsetof(struct ssc_txn, member), sizeof(((struct ssc_txn *)0)->member)}
/* clang-format on */
/* The order is the file's and the seal's: append only, and count SSC_JOURNAL_NEWEST up. */
static const struct column columns[] = {
    COLUMN(SIGNED, id),
    COLUMN(TEXT, op),
    COLUMN(UNSIGNED, owner_uid),
    COLUMN(TEXT, digest),
    COLUMN(UNSIGNED, kind),
    COLUMN(UNSIGNED, purse),
    COLUMN(UNSIGNED, state),
    COLUMN(UNSIGNED, evidence),
    COLUMN(SIGNED, result),
    COLUMN(SIGNED, amount),
    COLUMN(SIGNED, self_pay),
    COLUMN(SIGNED, pooled),
    COLUMN(BLOB, serial),
    COLUMN(UNSIGNED, serial_len),
    COLUMN(SIGNED, balance_before),
    COLUMN(SIGNED, balance_after),
    COLUMN(UNSIGNED, counter),
    COLUMN(UNSIGNED, txn_type),
    COLUMN(BLOB, terminal),
    COLUMN(BLOB, terminal_seq),
    COLUMN(BLOB, datetime),
    COLUMN(UNSIGNED, key_index),
    COLUMN(UNSIGNED, key_version),
    COLUMN(UNSIGNED, algorithm),
    COLUMN(BLOB, random),
    COLUMN(BLOB, mac1),
    COLUMN(BLOB, mac2),
    COLUMN(BLOB, tac),
    COLUMN(FLAG, has_tac),
    COLUMN(FLAG, has_mac2),
    COLUMN(FLAG, test_keys),
    COLUMN(UNSIGNED, auth_session),
    COLUMN(TEXT, reader),
    COLUMN(SIGNED, created_ms),
    COLUMN(SIGNED, updated_ms),
};
enum { COLUMNS = sizeof columns / sizeof columns[0], PROCESS = COLUMNS, SEAL = COLUMNS + 1, SEAL_LEN = 16 };

/* ---- SQL from the table ---- */
struct sql {
    char text[4096];
    size_t len;
};
__attribute__((format(printf, 2, 3))) static void add(struct sql *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(s->text + s->len, sizeof s->text - s->len, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof s->text - s->len) {
        s->len += (size_t)n;
    }
}

int ssc_rows_create(sqlite3 *db)
{
    static const char *const types[] = {"INTEGER", "INTEGER", "INTEGER", "TEXT", "BLOB"};
    struct sql s = {.len = 0};
    add(&s, "BEGIN; CREATE TABLE txn(id INTEGER PRIMARY KEY NOT NULL");
    for (size_t i = 1; i < COLUMNS; i++) {
        add(&s, ",%s %s NOT NULL", columns[i].name, types[columns[i].type]);
    }
    add(&s,
        ",process INTEGER NOT NULL,seal BLOB NOT NULL) STRICT;"
        "CREATE UNIQUE INDEX txn_op ON txn(owner_uid,op);"
        "CREATE INDEX txn_card ON txn(serial,id);"
        "CREATE INDEX txn_open ON txn(id) WHERE " OPEN_ROWS ";"
        "CREATE TABLE write_op(owner_uid INTEGER NOT NULL,op TEXT NOT NULL,digest TEXT NOT NULL,"
        "finished INTEGER NOT NULL,result INTEGER NOT NULL,ms INTEGER NOT NULL,"
        "PRIMARY KEY(owner_uid,op)) STRICT,WITHOUT ROWID;"
        "CREATE TABLE probe(id INTEGER PRIMARY KEY NOT NULL,at INTEGER NOT NULL) STRICT;"
        "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT;",
        SSC_TXN_PREPARED, SSC_TXN_ARMED, SSC_TXN_DONE, SSC_TXN_UNKNOWN, SSC_JOURNAL_APPLICATION,
        SSC_JOURNAL_OLDEST);
    return sqlite3_exec(db, s.text, NULL, NULL, NULL);
}

static int prepare(sqlite3 *db, const struct sql *s, sqlite3_stmt **out)
{
    return sqlite3_prepare_v3(db, s->text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

static int prepare_select(sqlite3 *db, const char *index, const char *where, sqlite3_stmt **out)
{
    struct sql s = {.len = 0};
    add(&s, "SELECT id");
    for (size_t i = 1; i < COLUMNS; i++) {
        add(&s, ",%s", columns[i].name);
    }
    add(&s, ",process,seal FROM txn %s WHERE %s", index, where);
    return prepare(db, &s, out);
}

static int prepare_writes(struct ssc_journal *j)
{
    const struct {
        const char *sql;
        sqlite3_stmt **stmt;
    } fixed[] = {
        {"BEGIN IMMEDIATE", &j->begin},
        {"COMMIT", &j->commit},
        {"SELECT max(id) FROM txn", &j->last_id},
        {"INSERT OR REPLACE INTO probe VALUES(1,unixepoch())", &j->probe},
    };
    struct sql s = {.len = 0};
    add(&s, "INSERT INTO txn VALUES(?");
    for (size_t i = 1; i < COLUMNS + 2; i++) {
        add(&s, ",?");
    }
    add(&s, ")");
    int rc = prepare(j->write, &s, &j->insert);
    s.len = 0;
    add(&s, "UPDATE txn SET ");
    for (size_t i = 1; i < COLUMNS; i++) {
        add(&s, "%s=?%zu,", columns[i].name, i + 1);
    }
    add(&s, "process=?%d,seal=?%d WHERE id=?1", PROCESS + 1, SEAL + 1);
    if (rc == SQLITE_OK) {
        rc = prepare(j->write, &s, &j->update);
    }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && rc == SQLITE_OK; i++) {
        rc = sqlite3_prepare_v3(j->write, fixed[i].sql, -1, SQLITE_PREPARE_PERSISTENT, fixed[i].stmt, NULL);
    }
    return rc;
}

int ssc_rows_prepare(struct ssc_journal *j)
{
    int rc = prepare_writes(j);
    if (rc == SQLITE_OK) {
        rc = prepare_select(j->write, "", "id=?1", &j->write_by_id);
    }
    if (rc == SQLITE_OK) {
        rc = prepare_select(j->write, "", "owner_uid=?1 AND op=?2", &j->write_by_op);
    }
    if (rc == SQLITE_OK) {
        rc = prepare_select(j->read, "", "id=?1", &j->read_by_id);
    }
    if (rc == SQLITE_OK) {
        rc = prepare_select(j->read, "", "owner_uid=?1 AND op=?2", &j->read_by_op);
    }
    return rc;
}

void ssc_rows_finalize(struct ssc_journal *j)
{
    sqlite3_finalize(j->insert);
    sqlite3_finalize(j->update);
    sqlite3_finalize(j->begin);
    sqlite3_finalize(j->commit);
    sqlite3_finalize(j->last_id);
    sqlite3_finalize(j->probe);
    for (size_t i = 0; i < sizeof j->lists / sizeof j->lists[0]; i++) {
        sqlite3_finalize(j->lists[i]);
    }
    sqlite3_finalize(j->write_by_id);
    sqlite3_finalize(j->write_by_op);
    sqlite3_finalize(j->read_by_id);
    sqlite3_finalize(j->read_by_op);
}

/* ---- one value ---- */
static uint64_t number(const struct column *c, const struct ssc_txn *t)
{
    const void *p = (const char *)t + c->offset;
    uint64_t v = 0;
    switch (c->size) {
    case 1:
        v = *(const uint8_t *)p;
        break;
    case 2:
        v = *(const uint16_t *)p;
        break;
    case 4:
        v = c->type == SIGNED ? (uint64_t)(int64_t) * (const int32_t *)p : *(const uint32_t *)p;
        break;
    default:
        v = *(const uint64_t *)p;
        break;
    }
    return v;
}

static bool set_number(const struct column *c, int64_t v, struct ssc_txn *t)
{
    void *p = (char *)t + c->offset;
    bool fits = true;
    switch (c->size) {
    case 1:
        fits = v >= 0 && v <= (c->type == FLAG ? 1 : UINT8_MAX);
        *(uint8_t *)p = fits ? (uint8_t)v : 0;
        break;
    case 2:
        fits = v >= 0 && v <= UINT16_MAX;
        *(uint16_t *)p = (uint16_t)v;
        break;
    case 4:
        fits = c->type == SIGNED ? v >= INT32_MIN && v <= INT32_MAX : v >= 0 && v <= UINT32_MAX;
        *(uint32_t *)p = (uint32_t)v;
        break;
    default:
        *(uint64_t *)p = (uint64_t)v;
        break;
    }
    return fits;
}

static int bind(sqlite3_stmt *stmt, int at, const struct column *c, const struct ssc_txn *t)
{
    const char *p = (const char *)t + c->offset;
    int rc = SQLITE_OK;
    if (c->type == TEXT) {
        rc = sqlite3_bind_text(stmt, at, p, (int)strnlen(p, c->size - 1), SQLITE_STATIC);
    } else if (c->type == BLOB) {
        rc = sqlite3_bind_blob(stmt, at, p, (int)c->size, SQLITE_STATIC);
    } else {
        rc = sqlite3_bind_int64(stmt, at, (sqlite3_int64)number(c, t));
    }
    return rc;
}

static bool read_bytes(sqlite3_stmt *stmt, int at, const struct column *c, struct ssc_txn *t)
{
    const void *value = sqlite3_column_blob(stmt, at); /* NULL also for an empty text */
    size_t len = (size_t)sqlite3_column_bytes(stmt, at);
    bool fits = c->type == BLOB ? len == c->size : len < c->size;
    fits = fits && (!len || value) && !(c->type == TEXT && len && memchr(value, 0, len));
    if (fits && len) {
        memcpy((char *)t + c->offset, value, len);
    }
    return fits;
}

static bool read_value(sqlite3_stmt *stmt, int at, const struct column *c, struct ssc_txn *t)
{
    static const int types[] = {SQLITE_INTEGER, SQLITE_INTEGER, SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB};
    bool good = sqlite3_column_type(stmt, at) == types[c->type];
    if (good && (c->type == TEXT || c->type == BLOB)) {
        good = read_bytes(stmt, at, c, t);
    } else if (good) {
        good = set_number(c, sqlite3_column_int64(stmt, at), t);
    }
    return good;
}

/* ---- the seal: bytes that rot on the disk are found when the row is read ---- */
static int seal_of(const struct ssc_txn *t, uint64_t process, uint8_t seal[SEAL_LEN])
{
    uint8_t bytes[1024], hash[32];
    size_t len = 0;
    for (size_t i = 0; i <= COLUMNS; i++) {
        const struct column *c = i < COLUMNS ? &columns[i] : NULL;
        if (c && (c->type == TEXT || c->type == BLOB)) {
            const char *p = (const char *)t + c->offset;
            size_t n = c->type == TEXT ? strnlen(p, c->size - 1) : c->size;
            bytes[len++] = (uint8_t)n;
            memcpy(bytes + len, p, n);
            len += n;
        } else {
            uint64_t v = c ? number(c, t) : process;
            for (int shift = 56; shift >= 0; shift -= 8) {
                bytes[len++] = (uint8_t)(v >> shift);
            }
        }
    }
    int rc = ssc_sm3(bytes, len, hash);
    if (!rc) {
        memcpy(seal, hash, SEAL_LEN);
    }
    return rc;
}
_Static_assert(sizeof(struct ssc_txn) + COLUMNS * 8 + 16 <= 1024, "the seal's buffer holds every row");

static bool in_range(const struct ssc_txn *t)
{
    return t->id > 0 && t->kind >= SSC_KIND_DEBIT && t->kind <= SSC_KIND_LOAD &&
           t->purse >= SSC_PURSE_MEDICAL && t->purse <= SSC_PURSE_EP && t->state >= SSC_TXN_PREPARED &&
           t->state <= SSC_TXN_UNPROVEN && t->evidence <= SSC_EV_HOST_MAC2_WRONG && t->amount >= 0 &&
           t->amount <= UINT32_MAX && t->self_pay >= 0 && t->self_pay <= UINT32_MAX && t->pooled >= 0 &&
           t->pooled <= UINT32_MAX && t->serial_len <= sizeof t->serial;
}

int ssc_row_read(const struct ssc_journal *j, sqlite3_stmt *stmt, struct ssc_txn *out)
{
    struct ssc_txn t = {0};
    uint8_t seal[SEAL_LEN];
    bool good = true;
    for (int i = 0; i < COLUMNS && good; i++) {
        good = read_value(stmt, i, &columns[i], &t);
    }
    uint64_t process = (uint64_t)sqlite3_column_int64(stmt, PROCESS);
    good = good && in_range(&t) && sqlite3_column_type(stmt, SEAL) == SQLITE_BLOB &&
           sqlite3_column_bytes(stmt, SEAL) == SEAL_LEN && seal_of(&t, process, seal) == 0 &&
           memcmp(sqlite3_column_blob(stmt, SEAL), seal, SEAL_LEN) == 0;
    if (process != j->process) {
        t.auth_session = 0; /* another process's session number says nothing here */
    }
    if (good) {
        *out = t;
    }
    return good ? 0 : SSC_E_JOURNAL_CORRUPT;
}

static int step_one(const struct ssc_journal *j, sqlite3_stmt *stmt, struct ssc_txn *out)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        rc = ssc_row_read(j, stmt, out);
    } else {
        rc = rc == SQLITE_DONE ? SSC_E_TXN_NOT_FOUND : ssc_journal_error(rc);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

int ssc_row_find_id(const struct ssc_journal *j, sqlite3_stmt *stmt, int64_t id, struct ssc_txn *out)
{
    sqlite3_bind_int64(stmt, 1, id);
    return step_one(j, stmt, out);
}

int ssc_row_find_op(const struct ssc_journal *j, sqlite3_stmt *stmt, uint32_t uid, const char *op,
                    struct ssc_txn *out)
{
    sqlite3_bind_int64(stmt, 1, uid);
    sqlite3_bind_text(stmt, 2, op, -1, SQLITE_STATIC);
    return step_one(j, stmt, out);
}

/* ---- writing ---- */
static int write_row(struct ssc_journal *j, sqlite3_stmt *stmt, struct ssc_txn *t)
{
    uint8_t seal[SEAL_LEN];
    sqlite3_int64 process = (sqlite3_int64)j->process;
    int rc = seal_of(t, j->process, seal);
    if (rc) {
        goto done;
    }
    for (int i = 0; i < COLUMNS && rc == SQLITE_OK; i++) {
        rc = bind(stmt, i + 1, &columns[i], t);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, PROCESS + 1, process);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_blob(stmt, SEAL + 1, seal, SEAL_LEN, SQLITE_STATIC);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    rc = rc == SQLITE_DONE ? 0 : ssc_journal_error(rc);
done:
    return rc;
}

static int64_t utc_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int next_id(struct ssc_journal *j, int64_t *id)
{
    int rc = sqlite3_step(j->last_id);
    if (rc == SQLITE_ROW) {
        *id = sqlite3_column_int64(j->last_id, 0) + 1;
    }
    sqlite3_reset(j->last_id);
    return rc == SQLITE_ROW ? 0 : ssc_journal_error(rc);
}

int ssc_row_insert(struct ssc_journal *j, struct ssc_txn *txn, bool *existing)
{
    struct ssc_txn stored;
    int rc = ssc_row_find_op(j, j->write_by_op, txn->owner_uid, txn->op, &stored);
    *existing = rc == 0;
    if (rc == 0) {
        bool same = strcmp(stored.digest, txn->digest) == 0;
        *txn = stored;
        rc = same ? 0 : SSC_E_OP_CONFLICT;
    } else if (rc == SSC_E_TXN_NOT_FOUND) {
        struct ssc_txn row = *txn;
        rc = next_id(j, &row.id);
        row.created_ms = row.updated_ms = utc_ms();
        if (!rc) {
            rc = in_range(&row) ? write_row(j, j->insert, &row) : SSC_E_INTERNAL;
        }
        if (!rc) {
            *txn = row;
        }
    }
    return rc;
}

/* A service of format 1 is to find the host's verdict newer, not damaged; and not before there is one. */
static int need_format(struct ssc_journal *j, const struct ssc_txn *t)
{
    const bool newer = t->evidence > SSC_EV_REPLY_UNCHECKED;
    return newer ? ssc_journal_error(sqlite3_exec(j->write, "PRAGMA user_version=2", NULL, NULL, NULL)) : 0;
}

int ssc_row_update(struct ssc_journal *j, struct ssc_txn *txn)
{
    struct ssc_txn stored, row = *txn;
    int rc = ssc_row_find_id(j, j->write_by_id, txn->id, &stored);
    if (!rc && !(ssc_txn_step_allowed(&stored, txn) && in_range(txn))) {
        rc = SSC_E_INTERNAL;
    }
    if (!rc) {
        row.created_ms = stored.created_ms;
        row.updated_ms = utc_ms();
        rc = need_format(j, &row);
    }
    if (!rc) {
        rc = write_row(j, j->update, &row);
    }
    if (!rc) {
        *txn = row;
    }
    return rc;
}

/* ---- lists ---- */
static int prepare_list(sqlite3 *db, const struct ssc_txn_filter *filter, sqlite3_stmt **out)
{
    struct sql where = {.len = 0};
    bool open = filter->unsettled_only || filter->open_only;
    add(&where, "1");
    if (open) {
        add(&where, " AND " OPEN_ROWS, SSC_TXN_PREPARED, SSC_TXN_ARMED, SSC_TXN_DONE, SSC_TXN_UNKNOWN);
    }
    if (filter->unsettled_only) {
        add(&where, " AND state<>%d", SSC_TXN_PREPARED);
    }
    if (filter->serial) {
        add(&where, " AND serial=?1 AND serial_len=?2");
    }
    if (filter->owner_uid >= 0) {
        add(&where, " AND owner_uid=?3");
    }
    if (filter->after_id > 0) {
        add(&where, " AND id<?4");
    }
    add(&where, " ORDER BY id DESC");
    /* The planner would rather walk all rows of a card than the few open ones of all cards. */
    return prepare_select(db, open ? "INDEXED BY txn_open" : "", where.text, out);
}

int ssc_rows_select(struct ssc_journal *j, const struct ssc_txn_filter *filter, sqlite3_stmt **out)
{
    uint8_t serial[sizeof((struct ssc_txn *)0)->serial] = {0};
    unsigned shape = (filter->unsettled_only ? 1u : 0) | (filter->open_only ? 2u : 0) |
                     (filter->serial ? 4u : 0) | (filter->owner_uid >= 0 ? 8u : 0) |
                     (filter->after_id > 0 ? 16u : 0);
    int rc = filter->serial_len <= sizeof serial ? SQLITE_OK : SQLITE_MISUSE;
    if (rc == SQLITE_OK && !j->lists[shape]) {
        rc = prepare_list(j->read, filter, &j->lists[shape]);
    }
    sqlite3_stmt *stmt = *out = j->lists[shape];
    if (rc == SQLITE_OK && filter->serial) {
        memcpy(serial, filter->serial, filter->serial_len);
        rc = sqlite3_bind_blob(stmt, 1, serial, sizeof serial, SQLITE_TRANSIENT);
        sqlite3_bind_int64(stmt, 2, (sqlite3_int64)filter->serial_len);
    }
    if (rc == SQLITE_OK && filter->owner_uid >= 0) {
        rc = sqlite3_bind_int64(stmt, 3, filter->owner_uid);
    }
    if (rc == SQLITE_OK && filter->after_id > 0) {
        rc = sqlite3_bind_int64(stmt, 4, filter->after_id);
    }
    return rc;
}
