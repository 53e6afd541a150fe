/* SPDX-License-Identifier: Apache-2.0 */
/* Is sscardd there, may we talk to it, does it answer? */
#include "tools/doctor/doctor.h"

#include "tools/doctor/socket.h"

#include <errno.h>
#include <string.h>

/* The first place where there is a socket; else the first place. */
static const char *socket_place(const struct doctor *d)
{
    const char *found = NULL;
    for (size_t i = 0; d->sockets[i] && !found; i++) {
        found = seam_exists(d->seam, d->sockets[i]) ? d->sockets[i] : NULL;
    }
    return found ? found : d->sockets[0];
}

static void refused(struct doctor *d, const char *socket, int error)
{
    struct socket_rights rights;
    char why[256];
    if ((error == ENOENT || error == ECONNREFUSED) && seam_config_wrong(d->seam, why, sizeof why)) {
        doctor_break(d, CAUSE_SERVICE_CONFIG, socket, why);
    } else if (error == ENOENT) {
        doctor_break(d, CAUSE_SERVICE_STOPPED, socket);
    } else if (error == EACCES || error == EPERM) {
        socket_rights(d->seam, socket, &rights);
        doctor_break(d, rights.group_helps ? CAUSE_SERVICE_DENIED : CAUSE_SERVICE_NO_GROUP, socket,
                     rights.mode, rights.group, rights.uid);
    } else if (error != ECONNREFUSED || socket_is_none(d->seam, socket)) {
        doctor_break(d, CAUSE_SERVICE_PATH, socket,
                     error == ECONNREFUSED ? "ENOTSOCK" : strerrorname_np(error));
    } else {
        doctor_break(d, CAUSE_SERVICE_DEAD, socket, strerrorname_np(error));
    }
}

static void asked(struct doctor *d, const char *socket)
{
    char symbol[64], detail[160], pid[24];
    d->ping = doctor_ask(d, "system.ping", NULL, symbol, detail);
    if (d->ping) {
        const json_t *service = json_object_get(d->ping, "daemon");
        snprintf(d->driver_name, sizeof d->driver_name, "%s", js(json_object_get(d->ping, "pcsc"), "driver"));
        snprintf(pid, sizeof pid, "%lld", (long long)ji(service, "pid"));
        d->driver = d->driver_name[0] ? d->driver_name : "pcsc";
        doctor_fact(d, FACT_SERVICE, js(service, "version"), pid, socket);
        if (strcmp(js(service, "version"), SSC_VERSION) != 0) {
            doctor_remark(d, CAUSE_SERVICE_OTHER_VERSION, js(service, "version"), SSC_VERSION);
        }
        if (jb(d->ping, "test_keys")) {
            doctor_fact(d, FACT_TEST_KEYS);
        }
    } else if (strcmp(symbol, "permission_denied") == 0) {
        doctor_break(d, CAUSE_SERVICE_ROLE, socket, "system.ping", detail);
    } else {
        doctor_break(d, CAUSE_SERVICE_SILENT, socket, "system.ping", detail);
    }
}

void link_service(struct doctor *d)
{
    const char *socket = socket_place(d);
    if (d->direct) {
        doctor_fact(d, FACT_STRAIGHT, d->driver);
        doctor_skip(d);
    } else {
        const int error = socket_try(d->seam, socket);
        if (error == 0) {
            asked(d, socket);
        } else {
            refused(d, socket, error);
        }
    }
}
