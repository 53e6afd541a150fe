/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int socket_try(const struct seam *s, const char *path)
{
    char whole[SEAM_PATH_MAX];
    return seam_path(s, whole, "%s", path) ? s->connect(s->ctx, whole) : ENAMETOOLONG;
}

bool socket_is_none(const struct seam *s, const char *path)
{
    char whole[SEAM_PATH_MAX];
    struct stat st;
    return seam_path(s, whole, "%s", path) && stat(whole, &st) == 0 && !S_ISSOCK(st.st_mode);
}

void socket_rights(const struct seam *s, const char *path, struct socket_rights *out)
{
    char whole[SEAM_PATH_MAX], group_room[1024];
    struct stat st = {0};
    struct group group, *found = NULL;
    bool seen = seam_path(s, whole, "%s", path) && stat(whole, &st) == 0;
    const mode_t wanted = seen ? S_IRGRP | S_IWGRP : S_IXGRP;
    while (!seen && strrchr(whole, '/') &&
           strrchr(whole, '/') != whole) { /* the folder is closed: look at it */
        *strrchr(whole, '/') = '\0';
        seen = stat(whole, &st) == 0;
    }
    out->group_helps = st.st_gid != 0 && (st.st_mode & wanted) == wanted;
    snprintf(out->mode, sizeof out->mode, "%04o", (unsigned)(st.st_mode & 07777));
    snprintf(out->uid, sizeof out->uid, "%u", (unsigned)s->uid);
    if (getgrgid_r(st.st_gid, &group, group_room, sizeof group_room, &found) == 0 && found) {
        snprintf(out->group, sizeof out->group, "%s", group.gr_name);
    } else {
        snprintf(out->group, sizeof out->group, "%u", (unsigned)st.st_gid);
    }
}
