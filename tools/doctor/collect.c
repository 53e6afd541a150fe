/* SPDX-License-Identifier: Apache-2.0 */
/* What a support desk wants to see, each part on its own: what cannot be had is listed as missing, and why.
 */
#include "tools/commands.h"
#include "tools/doctor/bundle.h"

#include "apdu/bytes.h"
#include "drivers/reader.h"
#include "tools/direct.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define FILE_MAX (256u * 1024u)
#define AFTERMATH_MS 300

/* A file's text, for free(); NULL: *why says what is wrong. */
static char *file_text(const struct seam *s, const char *path, struct text *why)
{
    char whole[SEAM_PATH_MAX], *text = malloc(FILE_MAX);
    const ssize_t n = text && seam_path(s, whole, "%s", path) ? seam_read(whole, text, FILE_MAX) : 0;
    if (n <= 0) {
        *why = n == 0            ? (struct text){"the file is empty", "文件为空"}
               : errno == ENOENT ? (struct text){"there is no such file", "文件不存在"}
               : errno == EACCES ? (struct text){"this user may not read it: run this as root",
                                                 "当前用户无权读取, 请以 root 运行"}
                                 : (struct text){"it cannot be read", "无法读取"};
        free(text);
        text = NULL;
    }
    return text;
}

static int add_file(struct bundle *b, const struct seam *s, const char *path, const char *name,
                    struct text what)
{
    struct text why;
    char *text = file_text(s, path, &why);
    int rc = 0;
    if (text) {
        rc = bundle_add(b, name, what, text);
    } else {
        bundle_miss(b, name, why);
    }
    free(text);
    return rc;
}

static int add_versions(struct bundle *b, const struct way *way)
{
    struct utsname system = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    const json_t *service = json_object_get(way->doctor.ping, "daemon");
    int rc = 0;
    if (out) {
        uname(&system);
        fprintf(out, "sscard %s\n", SSC_VERSION);
        fprintf(out, "sscardd %s\n", js(service, "version")[0] ? js(service, "version") : "-");
        fprintf(out, "%s %s %s\n", system.sysname, system.release, system.machine);
        fprintf(out, "%s\njansson %s\n", OpenSSL_version(OPENSSL_VERSION), jansson_version_str());
        fprintf(out, "driver %s\n", way->doctor.driver);
        fclose(out);
        rc = bundle_add(b, "versions.txt",
                        (struct text){"versions of sscard, system and libraries", "sscard、系统和库的版本"},
                        text);
    }
    free(text);
    return rc;
}

static int add_config(struct bundle *b, const struct seam *s)
{
    struct text why;
    char *text = file_text(s, "/etc/sscard/sscardd.conf", &why), *masked = NULL;
    int rc = 0;
    if (text) {
        masked = mask_config(text);
        rc = bundle_add(b, "sscardd.conf",
                        (struct text){"configuration, secrets and names masked", "配置, 已隐去密钥和姓名"},
                        masked);
        explicit_bzero(text, strlen(text));
    } else {
        bundle_miss(b, "sscardd.conf", why);
    }
    free(masked);
    free(text);
    return rc;
}

static int add_doctor(struct bundle *b, struct way *way)
{
    json_t *report = doctor_report(&way->doctor);
    char *text = json_dumps(report, JSON_INDENT(2));
    const int rc =
        bundle_add(b, "doctor.json", (struct text){"output of sscard doctor", "sscard doctor 的输出"}, text);
    free(text);
    json_decref(report);
    return rc;
}

struct lines {
    FILE *out;
};

static void take_property(void *ctx, const char *item, const char *meaning)
{
    struct lines *lines = ctx;
    fprintf(lines->out, "  %s: %s\n", item, meaning);
}

/* 16 bytes a line, in the form of lsusb. */
static void dump(const struct usb_device *u, FILE *out)
{
    for (size_t i = 0; i < u->descriptors_len; i++) {
        fprintf(out, "%s%02x%s", i % 16 == 0 ? "  " : " ", u->descriptors[i],
                i % 16 == 15 || i + 1 == u->descriptors_len ? "\n" : "");
    }
}

static int add_usb(struct bundle *b, const struct way *way)
{
    char *text = NULL;
    size_t len = 0;
    struct lines lines = {.out = open_memstream(&text, &len)};
    struct usb_list list = {0};
    int rc = 0;
    if (lines.out) {
        usb_scan(&way->seam, &list);
        for (size_t i = 0; i < list.count; i++) {
            const struct usb_device *u = &list.devices[i];
            fprintf(lines.out, "%s %s %s\n  firmware %s, listed: %s, kernel driver: %s, power: %s %s%s%s\n",
                    u->name, u->id, u->label, u->firmware, u->listed_in[0] ? u->listed_as : "no",
                    u->kernel_driver[0] ? u->kernel_driver : "-", u->power_control, u->power_status,
                    u->refused ? ", refused: " : "", u->refused ? u->refused : "");
            if (u->ccid) {
                ssc_ccid_descriptor_explain(&u->interface.ccid, take_property, &lines);
            }
            dump(u, lines.out);
        }
        fclose(lines.out);
        if (list.count > 0) {
            rc = bundle_add(b, "usb.txt",
                            (struct text){"USB descriptors of the readers", "读卡器的 USB 描述符"}, text);
        } else {
            bundle_miss(b, "usb.txt",
                        list.sysfs ? (struct text){"no reader on USB", "USB 上没有读卡器"}
                                   : (struct text){"this machine shows no USB", "本机没有 USB"});
        }
    }
    usb_list_free(&list);
    free(text);
    return rc;
}

/* ---- the trace: a look at the card, redacted where it is written ---- */

static void take_line(void *ctx, const char *text)
{
    struct lines *lines = ctx;
    fprintf(lines->out, "%s\n", text);
}

static void drain_events(struct cli *cli, struct lines *lines)
{
    json_t *event = NULL;
    while (cli_event(cli, &event, ssc_deadline(AFTERMATH_MS)) == 0) {
        if (js(event, "line")[0]) {
            take_line(lines, js(event, "line"));
        }
        json_decref(event);
        event = NULL;
    }
    json_decref(event);
}

static int add_trace(struct bundle *b, struct way *way)
{
    struct cli *cli = way->cli;
    char *text = NULL, symbol[64] = "", refused[64] = "", detail[160];
    size_t len = 0;
    struct lines lines = {.out = open_memstream(&text, &len)};
    int rc = 0;
    if (lines.out && way->doctor.slot && way->doctor.info) {
        json_t *params = json_pack("{s:s}", "reader", js(way->doctor.slot, "name"));
        json_t *started = NULL, *read = NULL;
        if (way->doctor.direct) {
            direct_trace(cli->direct, false, take_line, &lines);
        } else {
            started = doctor_ask(&way->doctor, "trace.start", NULL, refused, detail);
        }
        read = doctor_ask(&way->doctor, "card.identity", params, symbol, detail);
        if (started) {
            drain_events(cli, &lines);
            json_decref(doctor_ask(&way->doctor, "trace.stop", NULL, symbol, detail));
        }
        json_decref(started);
        json_decref(read);
    }
    if (lines.out) {
        fclose(lines.out);
        if (len > 0) {
            rc = bundle_add(b, "trace.txt",
                            (struct text){"one reading of the card, redacted", "一次读卡记录, 已脱敏"}, text);
        } else {
            bundle_miss(b, "trace.txt",
                        refused[0] ? (struct text){"the service shows exchanges to the role admin only",
                                                   "服务只向 admin 角色提供通信记录"}
                        : way->doctor.info ? (struct text){"the card exchanged nothing", "与卡片没有通信"}
                                           : (struct text){"no card was read: see doctor.json",
                                                           "未读到卡片, 见 doctor.json"});
        }
    }
    free(text);
    return rc;
}

static int add_kernel(struct bundle *b, const struct seam *s)
{
    char *text = kernel_lines(s);
    int rc = 0;
    if (text && text[0]) {
        rc = bundle_add(
            b, "kernel.txt",
            (struct text){"the kernel's lines about USB and readers", "内核中有关 USB 和读卡器的日志"}, text);
    } else {
        bundle_miss(b, "kernel.txt",
                    text ? (struct text){"no lines about USB or readers", "没有有关 USB 和读卡器的日志"}
                         : (struct text){"no kernel log that this user may read: run this as root",
                                         "没有当前用户可读的内核日志, 请以 root 运行"});
    }
    free(text);
    return rc;
}

int bundle_collect(struct bundle *b, struct way *way)
{
    const struct seam *s = &way->seam;
    doctor_run(&way->doctor);
    int rc = add_versions(b, way);
    rc = rc == 0
             ? add_file(b, s, "/etc/os-release", "os-release", (struct text){"the distribution", "发行版"})
             : rc;
    rc = rc == 0 ? add_config(b, s) : rc;
    rc = rc == 0 ? add_doctor(b, way) : rc;
    rc = rc == 0 ? add_usb(b, way) : rc;
    rc = rc == 0 ? add_trace(b, way) : rc;
    rc = rc == 0 ? add_kernel(b, s) : rc;
    return rc;
}
