/* SPDX-License-Identifier: Apache-2.0 */
/* May money move: is the journal written durably, is there room, is anything open? */
#include "tools/doctor/doctor.h"

#include <string.h>
#include <sys/statvfs.h>

#define ROOM_MIB 64u /* as many days of a busy counter as it takes to notice */

/* As the service says; an older one does not. */
static const char *journal_path(const struct doctor *d)
{
    const char *path = js(json_object_get(d->ping, "journal"), "file");
    return path[0] == '/' ? path : "/var/lib/sscard/journal.db";
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
    const char *path = journal_path(d);
    char left[24], least[24], open[24], pid[24];
    if (!d->ping) {
        doctor_fact(d, FACT_NO_JOURNAL);
        doctor_skip(d);
    } else {
        const int64_t mib = room(d->seam, path), unsettled = ji(journal, "unsettled");
        snprintf(left, sizeof left, "%lld", (long long)mib);
        snprintf(least, sizeof least, "%u", ROOM_MIB);
        snprintf(open, sizeof open, "%lld", (long long)unsettled);
        snprintf(pid, sizeof pid, "%lld", (long long)ji(json_object_get(d->ping, "daemon"), "pid"));
        if (jb(journal, "gone")) {
            doctor_break(d, CAUSE_JOURNAL_GONE, path, pid);
        } else if (mib >= 0 && mib < ROOM_MIB) {
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
