/* SPDX-License-Identifier: Apache-2.0 */
/* May money move: is the journal written durably, is there room, is anything open? */
#include "tools/doctor/doctor.h"

#include <string.h>
#include <sys/statvfs.h>

#define ROOM_MIB 64u /* as many days of a busy counter as it takes to notice */

/* The file that the service has open; "" when that cannot be seen. */
static void journal_path(const struct doctor *d, char out[SEAM_PATH_MAX])
{
    const int64_t pid = ji(json_object_get(d->ping, "daemon"), "pid");
    proc_open_file(d->seam, pid, "journal.db", out, SEAM_PATH_MAX);
    if (!out[0]) {
        proc_open_file(d->seam, pid, ".db", out, SEAM_PATH_MAX);
    }
    if (!out[0]) {
        snprintf(out, SEAM_PATH_MAX, "/var/lib/sscard/journal.db");
    }
}

/* MiB that are left for the service; -1: not known. */
static int64_t room(const struct seam *s, const char *file)
{
    char path[SEAM_PATH_MAX];
    struct statvfs fs;
    int64_t mib = -1;
    if (seam_path(s, path, "%s", file) && strrchr(path, '/')) {
        *strrchr(path, '/') = '\0';
        if (statvfs(path, &fs) == 0 && fs.f_blocks > 0) {
            mib = (int64_t)((uint64_t)fs.f_bavail * fs.f_frsize >> 20);
        }
    }
    return mib;
}

void link_journal(struct doctor *d)
{
    const json_t *journal = json_object_get(d->ping, "journal");
    char path[SEAM_PATH_MAX], left[24], least[24], open[24];
    if (!d->ping) {
        doctor_fact(d, FACT_NO_JOURNAL);
        doctor_skip(d);
    } else {
        journal_path(d, path);
        const int64_t mib = room(d->seam, path), unsettled = ji(journal, "unsettled");
        snprintf(left, sizeof left, "%lld", (long long)mib);
        snprintf(least, sizeof least, "%u", ROOM_MIB);
        snprintf(open, sizeof open, "%lld", (long long)unsettled);
        if (mib >= 0 && mib < ROOM_MIB) {
            char folder[SEAM_PATH_MAX];
            snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
            doctor_break(d, CAUSE_DISK_FULL, folder, left, least);
        } else if (!jb(journal, "ok")) {
            doctor_break(d, CAUSE_JOURNAL_FAULT, path, js(journal, "error"));
        } else {
            doctor_fact(d, FACT_JOURNAL, path);
            if (mib >= 0) {
                doctor_fact(d, FACT_DISK, left);
            }
            if (unsettled > 0) {
                doctor_remark(d, CAUSE_UNSETTLED, open);
            }
        }
    }
}
