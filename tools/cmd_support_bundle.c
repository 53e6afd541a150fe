/* SPDX-License-Identifier: Apache-2.0 */
/* One archive that a technician can send without a second thought. */
#include "tools/commands.h"
#include "tools/doctor/bundle.h"

#include "apdu/error.h"

#include <string.h>
#include <time.h>

enum { OPT_OUTPUT = OPT_FIRST_OWN, OPT_ROOT };

static void show(struct cli *cli, const json_t *result)
{
    const char *lang = cli->lang == LANG_ZH ? "zh" : "en";
    const json_t *member;
    size_t i;
    struct grid grid;
    say(cli, stdout, MSG_BUNDLE_WRITTEN, js(result, "file"));
    grid_begin(&grid, cli, 3, NULL);
    grid.right = 1u << 1;
    grid.width = screen_width(stdout);
    json_array_foreach(json_object_get(result, "members"), i, member)
    {
        char bytes[48], name[80];
        snprintf(bytes, sizeof bytes, "%lld %s", (long long)ji(member, "bytes"), msg(cli, MSG_BUNDLE_BYTES));
        snprintf(name, sizeof name, "  %s", js(member, "name"));
        grid_row(&grid, name, bytes, js(json_object_get(member, "what"), lang));
    }
    json_array_foreach(json_object_get(result, "missing"), i, member)
    {
        char name[80];
        snprintf(name, sizeof name, "  %s", js(member, "name"));
        grid_row(&grid, name, msg(cli, MSG_BUNDLE_MISSING), js(json_object_get(member, "why"), lang));
    }
    grid_end(&grid, stdout);
}

static void default_name(char out[64])
{
    const time_t now = time(NULL);
    struct tm tm = {0};
    localtime_r(&now, &tm);
    strftime(out, 64, "sscard-support-%Y%m%d-%H%M%S.tar.gz", &tm);
}

static int run(struct cli *cli, int argc, char **argv)
{
    char usual[64];
    const char *path = cli->value[OPT_OUTPUT];
    struct bundle *b = NULL;
    json_t *result = NULL;
    struct way way;
    int rc, status = argc > 0 ? usage_error(cli, argv[0]) : 0;
    if (status == 0) {
        default_name(usual);
        path = path ? path : usual;
        way_begin(&way, cli, cli->value[OPT_ROOT]);
        rc = bundle_new(path, &b);
        rc = rc == 0 ? bundle_collect(b, &way) : rc;
        rc = rc == 0 ? bundle_end(&b, &result) : rc;
        bundle_drop(&b);
        if (rc == 0) {
            json_object_set_new(result, "file", json_string(path));
            status = cli_show(cli, result, show);
            json_decref(result);
        } else {
            status = cli_fail_with(cli, rc, path);
        }
        way_end(&way);
    }
    return status;
}

static const struct opt options[] = {
    {OPT_OUTPUT, "output", "FILE", {"name of the archive, which must not exist", "文件名, 不能已存在"}},
    {OPT_ROOT,
     "root",
     "DIR",
     {"collect from the /sys, /proc, /etc and /run below DIR instead",
      "从 DIR 下的 /sys、/proc、/etc 和 /run 收集"}},
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_support_bundle = {
    .name = "support-bundle",
    .args = "[--output FILE]",
    .summary = {"collect what the support desk needs in one file", "收集技术支持所需信息, 生成一个文件"},
    .about = {"Versions, configuration, the doctor's report, USB descriptors, one redacted reading and the "
              "kernel's lines\n"
              "about readers, as .tar.gz. PINs, keys, id numbers and names are not in it.",
              "包含版本、配置、诊断报告、USB 描述符、一次脱敏的读卡记录和内核中有关读卡器的日志, 格式为 "
              ".tar.gz。\n"
              "不含密码、密钥、证件号码和姓名。"},
    .options = options,
    .examples = "sscard support-bundle\nsscard support-bundle --output /tmp/clinic-12.tar.gz",
    .flags = CMD_DIRECT,
    .run = run,
};
