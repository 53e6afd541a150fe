/* SPDX-License-Identifier: Apache-2.0 */
/* Is pcscd there, does its socket start it, may we (or the service) use it? Leaves the list of readers. */
#include "tools/doctor/doctor.h"

#include "tools/doctor/refusal.h"
#include "tools/doctor/socket.h"

#include <errno.h>
#include <string.h>

static bool any_exists(const struct seam *s, const char *const *paths)
{
    bool found = false;
    for (size_t i = 0; paths[i] && !found; i++) {
        found = seam_exists(s, paths[i]);
    }
    return found;
}

/* "docker", "podman", what systemd was told; "" outside of containers. */
static void container(const struct seam *s, char out[64])
{
    char folder[SEAM_PATH_MAX];
    out[0] = '\0';
    if (seam_path(s, folder, "/run/systemd")) {
        seam_line(out, 64, folder, "container");
    }
    if (!out[0] && seam_exists(s, "/.dockerenv")) {
        snprintf(out, 64, "docker");
    } else if (!out[0] && seam_exists(s, "/run/.containerenv")) {
        snprintf(out, 64, "podman");
    } else if (!out[0] && seam_exists(s, "/.flatpak-info")) {
        snprintf(out, 64, "flatpak");
    }
}

static void no_socket(struct doctor *d, const char *path)
{
    static const char *const programs[] = {"/usr/sbin/pcscd", "/usr/local/sbin/pcscd", "/usr/bin/pcscd",
                                           NULL};
    static const char *const wanted[] = {"/etc/systemd/system/sockets.target.wants/pcscd.socket",
                                         "/etc/systemd/system/multi-user.target.wants/pcscd.service",
                                         "/usr/lib/systemd/system/sockets.target.wants/pcscd.socket", NULL};
    char box[64];
    container(d->seam, box);
    const bool installed = any_exists(d->seam, programs);
    if (box[0] && !installed) { /* a container with a pcscd of its own is a machine of its own */
        doctor_break(d, CAUSE_PCSCD_CONTAINER, path, box);
    } else if (!installed) {
        doctor_break(d, CAUSE_PCSCD_MISSING, path);
    } else if (!any_exists(d->seam, wanted)) {
        doctor_break(d, CAUSE_PCSCD_NOT_ENABLED, path);
    } else {
        doctor_break(d, CAUSE_PCSCD_STOPPED, path);
    }
}

/* The service has no pcscd: why? */
static void absent(struct doctor *d, const char *detail)
{
    const char *path = pcscd_socket();
    struct socket_rights rights;
    const int error = socket_try(d->seam, path);
    if (error == ENOENT) {
        no_socket(d, path);
    } else if (error == EACCES || error == EPERM) {
        socket_rights(d->seam, path, &rights);
        doctor_break(d, CAUSE_PCSCD_SOCKET_DENIED, path, rights.mode, rights.group, rights.uid);
    } else if (error != 0) {
        doctor_break(d, CAUSE_PCSCD_DEAD, path, strerrorname_np(error));
    } else {
        pcscd_refused(d, detail);
    }
}

static void answered(struct doctor *d)
{
    int64_t uid;
    d->pcscd = proc_named(d->seam, "pcscd", &uid);
    if (strcmp(d->driver, "pcsc") == 0) {
        const bool here = socket_try(d->seam, pcscd_socket()) == 0;
        doctor_fact(d, here ? FACT_PCSCD_SOCKET : FACT_PCSCD_ANSWERS, pcscd_socket());
    } else {
        doctor_fact(d, FACT_OTHER_DRIVER, d->driver);
        doctor_skip(d);
    }
}

void link_pcscd(struct doctor *d)
{
    char symbol[64], detail[160], seconds[24];
    json_t *answer = doctor_ask(d, "reader.list", NULL, symbol, detail);
    const json_t *service = json_object_get(d->ping, "pcsc");
    snprintf(seconds, sizeof seconds, "%lld", (long long)(d->patience_ms / 1000));
    d->readers = json_incref(json_object_get(answer, "readers"));
    json_decref(answer);
    if (d->readers && (!service || jb(service, "ok"))) {
        answered(d);
    } else if (d->readers || strcmp(symbol, "reader_service_absent") == 0) {
        absent(d, detail[0] ? detail : "reader_service_absent");
    } else if (strcmp(symbol, "reader_access_denied") == 0) {
        pcscd_refused(d, detail);
    } else if (strcmp(symbol, "permission_denied") == 0) {
        doctor_break(d, CAUSE_SERVICE_ROLE, "sscardd", "reader.list", detail);
    } else if (strcmp(d->driver, "pcsc") != 0) {
        doctor_break(d, CAUSE_DRIVER_FAULT, d->driver, detail);
    } else if (strcmp(symbol, "deadline_exceeded") == 0) {
        doctor_break(d, CAUSE_PCSCD_SILENT, seconds);
    } else {
        pcscd_refused(d, detail);
    }
}
