/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/refusal.h"

#include "tools/doctor/socket.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#define PCSCD_SOCKET "/run/pcscd/pcscd.comm"
#define POLICY "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy" /* of a pcscd that asks polkit */
#define BUS "/run/dbus/system_bus_socket"
#define CLIENTS_MAX 200u /* pcscd's own limit, unless it was started with --max-thread */

const char *pcscd_socket(void)
{
    const char *other = getenv("PCSCLITE_CSOCK_NAME"); /* libpcsclite's own switch */
    return other && other[0] ? other : PCSCD_SOCKET;
}

/* Who hangs on pcscd's socket, the one who asks left out. */
static unsigned clients(const struct seam *s)
{
    char path[SEAM_PATH_MAX], *line = NULL;
    size_t cap = 0;
    unsigned count = 0;
    FILE *in = seam_path(s, path, "/proc/net/unix") ? fopen(path, "re") : NULL;
    while (in && getline(&line, &cap, in) > 0) {
        char flags[16], name[160]; /* Num RefCount Protocol Flags Type St Inode Path */
        const bool whole = sscanf(line, "%*s %*s %*s %15s %*s %*s %*s %159s", flags, name) == 2;
        count += whole && strcmp(name, pcscd_socket()) == 0 && strcmp(flags, "00000000") == 0 ? 1u : 0u;
    }
    free(line);
    if (in) {
        fclose(in);
    }
    return count;
}

static bool polkit_is_in_group(const char *gid)
{
    struct group group, *found = NULL;
    char room[4096];
    bool is_in = false;
    if (getgrgid_r((gid_t)strtoul(gid, NULL, 10), &group, room, sizeof room, &found) == 0 && found) {
        is_in = strcmp(group.gr_name, "polkitd") == 0;
        for (char **name = group.gr_mem; *name && !is_in; name++) {
            is_in = strcmp(*name, "polkitd") == 0;
        }
    }
    return is_in;
}

/* "hidepid=2" of the mount that counts, the last one on /proc; "" when polkit sees every process. */
static void hidepid(const struct seam *s, char out[32])
{
    char path[SEAM_PATH_MAX], mounts[65536];
    out[0] = '\0';
    if (seam_path(s, path, "/proc/mounts") && seam_read(path, mounts, sizeof mounts) > 0) {
        char *rest = NULL;
        for (char *line = strtok_r(mounts, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            const char *place = strchr(line, ' ');
            const bool proc = place && strncmp(place, " /proc ", 7) == 0;
            const char *option = proc ? strstr(line, "hidepid=") : NULL;
            const char *gid = option ? strstr(line, "gid=") : NULL;
            const size_t n = option ? strcspn(option, ", ") : 0;
            out[0] = proc ? '\0' : out[0];
            if (n > strlen("hidepid=") && option[n - 1] != '0' && strncmp(option, "hidepid=off", n) != 0 &&
                !(gid && polkit_is_in_group(gid + strlen("gid=")))) {
                snprintf(out, 32, "%.*s", (int)n, option);
            }
        }
    }
}

/* The one whom pcscd refuses: the service where it is asked, else whoever runs this. */
static int64_t refused_user(const struct doctor *d)
{
    const int64_t service =
        d->direct ? -1 : proc_uid_of(d->seam, ji(json_object_get(d->ping, "daemon"), "pid"));
    return service >= 0 ? service : (int64_t)d->seam->uid;
}

static void hung_up(struct doctor *d, const char *asked, int64_t uid)
{
    static const char *const not_meant[] = {"pcscd", NULL};
    const struct seam *s = d->seam;
    char user[24], count[16], users[256], option[32];
    const unsigned now = clients(s);
    hidepid(s, option);
    snprintf(user, sizeof user, "%lld", (long long)uid);
    snprintf(count, sizeof count, "%u", now);
    if (now >= CLIENTS_MAX || !seam_exists(s, POLICY)) {
        proc_users(s, "libpcsclite", not_meant, users, sizeof users);
        doctor_break(d, CAUSE_PCSCD_FULL, count, users[0] ? users : "-");
    } else if (option[0]) {
        doctor_break(d, CAUSE_PCSCD_HIDEPID, option, user);
    } else if (socket_try(s, BUS) != 0) {
        doctor_break(d, CAUSE_PCSCD_POLKIT_DOWN, user, BUS);
    } else if (uid == 0) { /* polkit never refuses root: it did not answer */
        doctor_break(d, CAUSE_PCSCD_POLKIT_DOWN, user, "polkitd");
    } else {
        doctor_break(d, CAUSE_PCSCD_POLKIT, user, asked);
    }
}

void pcscd_refused(struct doctor *d, const char *detail)
{
    const struct seam *s = d->seam;
    const int64_t uid = refused_user(d);
    const bool other = uid != (int64_t)s->uid;
    char whole[SEAM_PATH_MAX] = "", seconds[24];
    int32_t version[2] = {0};
    seam_path(s, whole, "%s", pcscd_socket());
    const int error = s->greet(s->ctx, whole, other && s->uid == 0 ? (uid_t)uid : s->uid, version);
    if (error == ETIMEDOUT) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)(d->patience_ms / 1000));
        doctor_break(d, CAUSE_PCSCD_SILENT, seconds);
    } else if (error == ECONNRESET || (other && error == 0 && seam_exists(s, POLICY))) {
        hung_up(d, "access_pcsc", uid);
    } else {
        char text[48];
        snprintf(text, sizeof text, "%d:%d", version[0], version[1]);
        doctor_break(d, CAUSE_PCSCD_VERSION, pcscd_socket(), error == 0 ? text : "-", detail);
    }
}

bool pcscd_refused_card(struct doctor *d, bool told)
{
    const struct seam *s = d->seam;
    char whole[SEAM_PATH_MAX] = "";
    int32_t version[2];
    int64_t uid;
    const bool refused =
        told || (d->pcscd > 0 && proc_named(s, "pcscd", &uid) == d->pcscd && seam_exists(s, POLICY) &&
                 seam_path(s, whole, "%s", pcscd_socket()) && s->greet(s->ctx, whole, s->uid, version) == 0);
    if (refused) {
        hung_up(d, "access_card", refused_user(d));
    }
    return refused;
}
