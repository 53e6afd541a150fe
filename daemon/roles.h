/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on the other end of a connection, and what that user may do. */
#ifndef SSC_DAEMON_ROLES_H
#define SSC_DAEMON_ROLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In order: each role includes those before it. */
enum ssc_role {
    SSC_ROLE_NONE,
    SSC_ROLE_VIEWER,
    SSC_ROLE_READER,
    SSC_ROLE_BILLER,
    SSC_ROLE_OPERATOR,
    SSC_ROLE_PERSO,
    SSC_ROLE_ADMIN,
};
const char *ssc_role_name(enum ssc_role role);

#define SSC_ROLE_ROWS 64u
/* Names are resolved once, when the configuration is read, so that no directory service can hold up the loop.
 */
struct ssc_roles {
    struct {
        bool group;
        uint32_t id; /* uid or gid */
        enum ssc_role role;
    } row[SSC_ROLE_ROWS];
    size_t count;
    enum ssc_role other;
};
/* key: "user:NAME", "group:NAME" (or numbers) or "other". SSC_E_CONFIG with a sentence in why. */
int ssc_roles_add(struct ssc_roles *roles, const char *key, const char *value, char why[200]);

struct ssc_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
    enum ssc_role role;
    char program[64]; /* path of the executable, else its short name; "" when both are hidden */
};
/* From SO_PEERCRED and SO_PEERGROUPS: the rights at the moment of connect(). root and the daemon's own user
 * are admin; else the highest role of user and groups counts, else `other`. SSC_E_PERMISSION_DENIED: the
 * kernel does not say who it is. */
int ssc_peer_of(int fd, const struct ssc_roles *roles, struct ssc_peer *peer);

#endif
