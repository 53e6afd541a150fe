/* SPDX-License-Identifier: Apache-2.0 */
/* Names the one cause why a card is not read. */
#include "tools/commands.h"
#include "tools/doctor/way.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_CONTACT = OPT_FIRST_OWN, OPT_ACCEPTANCE, OPT_ROOT };
#define ROUNDS_MAX 100000L

static int print(struct cli *cli, const json_t *result, void (*show)(struct cli *cli, const json_t *result))
{
    cli_show(cli, result, show);
    return EXIT_DONE;
}

static int examine(struct cli *cli)
{
    struct way way;
    way_begin(&way, cli, cli->value[OPT_ROOT]);
    const int status = doctor_run(&way.doctor);
    json_t *report = doctor_report(&way.doctor);
    print(cli, report, doctor_show);
    json_decref(report);
    way_end(&way);
    return status;
}

static void show_sheet(struct cli *cli, const json_t *sheet)
{
    acceptance_show(cli, sheet, stdout);
}

static int accept_counter(struct cli *cli)
{
    struct way way;
    way_begin(&way, cli, cli->value[OPT_ROOT]);
    json_t *sheet = acceptance_sheet(&way);
    print(cli, sheet, show_sheet);
    const int status = jb(sheet, "accepted")  ? EXIT_DONE
                       : way.doctor.exit != 0 ? way.doctor.exit
                                              : EXIT_REFUSED;
    json_decref(sheet);
    way_end(&way);
    return status;
}

static int test_contact(struct cli *cli, const char *count)
{
    char *end = NULL;
    const long rounds = strtol(count, &end, 10);
    struct contact c = {0};
    int status;
    if (*end || rounds < 1 || rounds > ROUNDS_MAX) {
        status = usage_error(cli, "--contact");
    } else if (way_contact(cli, cli->value[OPT_READER], (unsigned)rounds, &c) != 0) {
        status = cli_fail(cli);
    } else {
        json_t *figures = contact_json(&c);
        print(cli, figures, contact_show);
        status = jb(figures, "ok") ? EXIT_DONE : EXIT_REFUSED;
        json_decref(figures);
    }
    contact_free(&c);
    return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    int status;
    if (argc > 0) {
        status = usage_error(cli, argv[0]);
    } else if (given(cli, OPT_CONTACT) && given(cli, OPT_ACCEPTANCE)) {
        status = usage_error(cli, "--contact --acceptance");
    } else if (given(cli, OPT_CONTACT)) {
        status = test_contact(cli, cli->value[OPT_CONTACT]);
    } else if (given(cli, OPT_ACCEPTANCE)) {
        status = accept_counter(cli);
    } else {
        status = examine(cli);
    }
    return status;
}

static const struct opt options[] = {
    {OPT_CONTACT,
     "contact",
     "N",
     {"power and read the card N times: errors, retries, milliseconds",
      "重复上电和读卡 N 次: 统计错误、重试和用时"}},
    {OPT_ACCEPTANCE,
     "acceptance",
     NULL,
     {"one sheet to print for taking a counter into service", "输出可打印的终端验收单"}},
    {OPT_ROOT,
     "root",
     "DIR",
     {"examine the /sys, /proc, /etc and /run below DIR instead", "检查 DIR 下的 /sys、/proc、/etc 和 /run"}},
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_doctor = {
    .name = "doctor",
    .args = "[--contact N | --acceptance]",
    .summary = {"find out why a card is not read, and what to do", "查明读不了卡的原因及处理办法"},
    .about = {"Goes from the service over PC/SC, USB, reader and card to PSAM, clock and journal, stops at "
              "the first\n"
              "link that is broken, and tells cause, evidence and remedy. Nothing is written to the card.\n"
              "Exit code: 0 all is well; 3 service or reader, 4 card, 1 everything else.\n"
              "--contact goes through the service where one answers (role admin, unless its readers are "
              "pcscd's), else\n"
              "straight to the reader.",
              "依次检查服务、PC/SC、USB、读卡器、卡片、PSAM、时钟和交易日志, 在第一个故障处停止,\n"
              "给出原因、依据和处理办法。不向卡片写入任何数据。\n"
              "退出码: 0 正常; 3 服务或读卡器; 4 卡片; 1 其他。\n"
              "--contact 在服务应答时经由服务进行 (需要 admin 角色; 读卡器由 pcscd 提供时除外),\n"
              "否则直接使用读卡器。"},
    .options = options,
    .examples = "sscard doctor\nsscard doctor --direct\nsscard doctor --json\nsscard doctor --contact 50\n"
                "sscard doctor --acceptance > acceptance.txt",
    .flags = CMD_DIRECT,
    .run = run,
};
