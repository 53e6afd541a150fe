/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions carry the machine's local time, to the second, for ever. */
#include "tools/doctor/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHINA (8 * 3600)
#define SLACK_S 300

/* Not before this program was made, not a hundred years on. */
#define MADE_YEAR 2024
#define MADE 1704067200LL
#define TOO_LATE (MADE + 80LL * 365 * 86400)

static void show_time(int64_t when, long offset, char out[32])
{
    const time_t local = (time_t)(when + offset);
    struct tm tm = {0};
    gmtime_r(&local, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

/* When the last row of the journal was made; 0: none, or not ours to see. */
static int64_t last_transaction(struct doctor *d, char text[40])
{
    char symbol[64], detail[160];
    struct tm tm = {0};
    int64_t when = 0;
    json_t *answer =
        d->ping ? doctor_ask(d, "txn.list", json_pack("{s:i}", "limit", 1), symbol, detail) : NULL;
    const char *created = js(json_array_get(json_object_get(answer, "txns"), 0), "created");
    snprintf(text, 40, "%s", created);
    const char *rest = strptime(created, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest) {
        const char *zone = strpbrk(rest, "+-Z");
        int hours = 0, minutes = 0;
        if (zone && zone[0] != 'Z' && sscanf(zone + 1, "%2d:%2d", &hours, &minutes) >= 1 && zone[0] == '-') {
            hours = -hours;
            minutes = -minutes;
        }
        when = (int64_t)timegm(&tm) - hours * 3600LL - minutes * 60LL;
    }
    json_decref(answer);
    return when;
}

void link_clock(struct doctor *d)
{
    const struct seam *s = d->seam;
    const int64_t now = s->clock(s->ctx);
    const long offset = s->utc_offset(s->ctx);
    char text[32], last_text[40], made[8], zone[96] = "", hours[24], target[SEAM_PATH_MAX];
    const int64_t last = last_transaction(d, last_text);
    show_time(now, offset, text);
    snprintf(made, sizeof made, "%d", MADE_YEAR);
    snprintf(hours, sizeof hours, "%+03ld:%02ld", offset / 3600, (offset < 0 ? -offset : offset) / 60 % 60);
    const char *named = getenv("TZ"); /* comes before the system's */
    if (named && named[0]) {
        snprintf(zone, sizeof zone, "TZ=%s", named);
    } else if (seam_path(s, target, "/etc/localtime")) {
        seam_link(zone, sizeof zone, target);
    }
    if (now < MADE || now > TOO_LATE) {
        doctor_break(d, CAUSE_CLOCK_WRONG, text, made);
    } else if (last > now + SLACK_S) {
        doctor_break(d, CAUSE_CLOCK_BACKWARDS, text, last_text);
    } else {
        doctor_fact(d, FACT_CLOCK, text, hours);
        if (!s->clock_synced(s->ctx)) {
            doctor_fact(d, FACT_CLOCK_UNSYNCED);
        }
        if (offset != CHINA) {
            doctor_remark(d, CAUSE_TIME_ZONE, zone[0] ? zone : "-", hours);
        }
    }
}
