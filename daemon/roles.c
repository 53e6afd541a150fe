/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/roles.h"

#include "apdu/error.h"

#include <ctype.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#define PEER_GROUPS 256u

static const char *const names[] = {
    [SSC_ROLE_NONE] = "none",     [SSC_ROLE_VIEWER] = "viewer",     [SSC_ROLE_READER] = "reader",
    [SSC_ROLE_BILLER] = "biller", [SSC_ROLE_OPERATOR] = "operator", [SSC_ROLE_PERSO] = "perso",
    [SSC_ROLE_ADMIN] = "admin",
};

const char *ssc_role_name(enum ssc_role role)
{
    return names[role];
}

static int role_by_name(const char *name)
{
    int role = -1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            role = (int)i;
        }
    }
    return role;
}

static bool number(const char *text, uint32_t *out)
{
    char *end = NULL;
    const unsigned long v = isdigit((unsigned char)text[0]) ? strtoul(text, &end, 10) : ULONG_MAX;
    const bool ok = end && *end == '\0' && v <= UINT32_MAX;
    *out = ok ? (uint32_t)v : 0;
    return ok;
}

static bool resolve(bool group, const char *name, uint32_t *id)
{
    bool ok = number(name, id);
    if (!ok && group) {
        const struct group *g = getgrnam(name);
        ok = g != NULL;
        *id = g ? g->gr_gid : 0;
    } else if (!ok) {
        const struct passwd *p = getpwnam(name);
        ok = p != NULL;
        *id = p ? p->pw_uid : 0;
    }
    return ok;
}

int ssc_roles_add(struct ssc_roles *roles, const char *key, const char *value, char why[200])
{
    int rc = SSC_E_CONFIG;
    const int role = role_by_name(value);
    const bool user = strncmp(key, "user:", 5) == 0;
    const bool group = strncmp(key, "group:", 6) == 0;
    uint32_t id = 0;
    if (role < 0) {
        snprintf(why, 200, "[roles] %.60s: no role \"%.40s\"", key, value);
    } else if (strcmp(key, "other") == 0) {
        roles->other = (enum ssc_role)role;
        rc = 0;
    } else if (!user && !group) {
        snprintf(why, 200, "[roles] \"%.60s\": write user:NAME, group:NAME or other", key);
    } else if (!resolve(group, key + (group ? 6 : 5), &id)) {
        snprintf(why, 200, "[roles] %.60s: there is no such %s", key, group ? "group" : "user");
    } else if (roles->count == SSC_ROLE_ROWS) {
        snprintf(why, 200, "[roles] more than %u rows", SSC_ROLE_ROWS);
    } else {
        roles->row[roles->count].group = group;
        roles->row[roles->count].id = id;
        roles->row[roles->count].role = (enum ssc_role)role;
        roles->count++;
        rc = 0;
    }
    return rc;
}

static void program_of(struct ssc_peer *peer)
{
    char path[64], target[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)peer->pid);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0) {
        /* Another user's executable is hidden, its short name is not. */
        snprintf(path, sizeof path, "/proc/%ld/comm", (long)peer->pid);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            n = read(fd, target, sizeof target - 1);
            close(fd);
        }
    }
    if (n > 0) {
        target[n] = '\0';
        target[strcspn(target, "\n")] = '\0';
        const char *tail = strlen(target) < sizeof peer->program ? target : strrchr(target, '/');
        snprintf(peer->program, sizeof peer->program, "%.63s", tail ? tail : target);
    }
}

static bool in_groups(const struct ssc_peer *peer, const gid_t *groups, size_t count, uint32_t gid)
{
    bool found = peer->gid == gid;
    for (size_t i = 0; i < count && !found; i++) {
        found = groups[i] == gid;
    }
    return found;
}

static enum ssc_role role_of(const struct ssc_roles *roles, const struct ssc_peer *peer, const gid_t *groups,
                             size_t count)
{
    enum ssc_role best = SSC_ROLE_NONE;
    bool named = false;
    if (peer->uid == 0 || peer->uid == geteuid()) {
        best = SSC_ROLE_ADMIN;
        named = true;
    }
    for (size_t i = 0; i < roles->count; i++) {
        const bool hit = roles->row[i].group ? in_groups(peer, groups, count, roles->row[i].id)
                                             : roles->row[i].id == peer->uid;
        if (hit) {
            named = true;
            best = roles->row[i].role > best ? roles->row[i].role : best;
        }
    }
    return named ? best : roles->other;
}

int ssc_peer_of(int fd, const struct ssc_roles *roles, struct ssc_peer *peer)
{
    int rc = SSC_E_PERMISSION_DENIED;
    struct ucred cred;
    socklen_t len = sizeof cred;
    gid_t groups[PEER_GROUPS];
    *peer = (struct ssc_peer){0};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
        peer->pid = cred.pid;
        peer->uid = cred.uid;
        peer->gid = cred.gid;
        socklen_t size = sizeof groups;
        const bool told = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0;
        peer->role = role_of(roles, peer, groups, told ? size / sizeof groups[0] : 0);
        program_of(peer);
        rc = 0;
    }
    return rc;
}
