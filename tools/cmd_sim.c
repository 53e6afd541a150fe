/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated card: images of it, and the simulated readers of the service and of pcscd. */
#include "tools/commands.h"

#include "apdu/crypto.h"
#include "apdu/error.h"
#include "apdu/text.h"
#include "drivers/sim/sim.h"
#include "tools/sim_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OPT_NAME = OPT_FIRST_OWN,
    OPT_ID,
    OPT_BALANCE,
    OPT_PIN_VALUE,
    OPT_CARD_NUMBER,
    OPT_NTH,
    OPT_CLA,
    OPT_INS,
    OPT_ARG,
    OPT_SW,
    OPT_FORCE,
    OPT_CONF,
    OPT_FOLDER,
};

/* ---- images ---- */

static int list(struct cli *cli, int argc, char **argv)
{
    const char *const *names = ssc_sim_image_names();
    json_t *images = json_array();
    struct grid grid;
    (void)argv;
    (void)argc;
    grid_begin(&grid, cli, 2, NULL);
    for (size_t i = 0; names[i]; i++) {
        json_t *image = json_loads(ssc_sim_image(names[i]), 0, NULL);
        if (!cli->json) {
            grid_row(&grid, names[i], js(image, "note"));
        }
        json_array_append_new(images, json_pack("{s:s, s:s}", "name", names[i], "note", js(image, "note")));
        json_decref(image);
    }
    json_t *object = json_pack("{s:o}", "images", images);
    if (cli->json) {
        cli_show(cli, object, NULL);
    }
    grid_end(&grid, stdout);
    json_decref(object);
    return EXIT_DONE;
}

/* "purse": {balance} of a medical card, or {"ed": {balance}, "ep": {balance}}. */
static int set_balance(struct cli *cli, json_t *image, int64_t fen)
{
    json_t *purse = json_object_get(image, "purse");
    const char *which = cli->value['p'] ? cli->value['p'] : "ep";
    json_t *one = json_object_get(purse, which) ? json_object_get(purse, which) : purse;
    return json_object_get(one, "balance") ? json_object_set_new(one, "balance", json_integer(fen)) : -1;
}

static int put(json_t *object, const char *key, const char *text)
{
    return text ? (object ? json_object_set_new(object, key, json_string(text)) : -1) : 0;
}

/* A citizen id number holds birth date and sex: the image must not contradict itself. A wrong check digit is
 * let through: real cards have them. */
static bool birth_valid(const char *text)
{
    char date[9];
    snprintf(date, sizeof date, "%.8s", text);
    return ssc_date_valid(date);
}

static int set_id(json_t *holder, const char *id)
{
    int rc = 0;
    if (id) {
        char birth[9];
        rc = strlen(id) == 18 && strspn(id, "0123456789") >= 17 && birth_valid(id + 6) && holder ? 0 : -1;
        snprintf(birth, sizeof birth, "%.8s", rc == 0 ? id + 6 : "");
        rc = rc == 0 ? put(holder, "citizen_id", id) : rc;
        rc = rc == 0 ? put(holder, "birth_date", birth) : rc;
        rc = rc == 0 ? put(holder, "sex", (id[16] - '0') % 2 ? "1" : "2") : rc;
    }
    return rc;
}

/* A card that is made is a card of its own: the last four bytes of its identification code are chance. The
 * ready-made images are one and the same card, and the journal would take one for the other. */
static int new_card_id(json_t *card)
{
    const char *old = js(card, "card_id_code");
    char id[33];
    uint8_t chance[4];
    int rc = 0;
    if (strlen(old) == 32) {
        rc = ssc_random(chance, sizeof chance);
        snprintf(id, sizeof id, "%.24s%02X%02X%02X%02X", old, chance[0], chance[1], chance[2], chance[3]);
        rc = rc == 0 ? put(card, "card_id_code", id) : rc;
    }
    return rc;
}

static int change(struct cli *cli, json_t *image)
{
    json_t *holder = json_object_get(image, "holder");
    int64_t fen = -1;
    int status = amount_of(cli, cli->value[OPT_BALANCE], &fen);
    const char *wrong = set_id(holder, cli->value[OPT_ID]) != 0          ? "--id"
                        : put(holder, "name", cli->value[OPT_NAME]) != 0 ? "--name"
                        : put(json_object_get(image, "card"), "card_number", cli->value[OPT_CARD_NUMBER]) != 0
                            ? "--card-number"
                        : new_card_id(json_object_get(image, "card")) != 0 ? "card_id_code"
                        : put(json_object_get(image, "pin"), "value", cli->value[OPT_PIN_VALUE]) != 0
                            ? "--pin"
                        : status == 0 && fen >= 0 && set_balance(cli, image, fen) != 0 ? "--balance"
                                                                                       : NULL;
    return status == 0 && wrong ? cli_fail_with(cli, SSC_E_INVALID_ARGUMENT, wrong) : status;
}

/* Keys of a test card, but a card's state all the same: for the owner only. */
static int write_image(struct cli *cli, const json_t *image, const char *path)
{
    const int fd =
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (given(cli, OPT_FORCE) ? O_TRUNC : O_EXCL), 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    int rc = file ? json_dumpf(image, file, JSON_INDENT(2)) : -1;
    if (file) {
        rc = fputc('\n', file) == EOF ? -1 : rc;
        rc = fclose(file) != 0 ? -1 : rc;
    }
    return rc == 0 ? 0 : SSC_E_IO;
}

static int make(struct cli *cli, int argc, char **argv)
{
    const char *text = argc == 2 ? ssc_sim_image(argv[0]) : NULL;
    json_t *image = text ? json_loads(text, 0, NULL) : NULL;
    int status = argc != 2 ? usage_error(cli, "make IMAGE FILE")
                 : !image  ? cli_fail_with(cli, SSC_E_IMAGE_INVALID, argv[0])
                           : change(cli, image);
    if (status == 0) {
        struct ssc_sim_card *card = NULL;
        char why[200] = "", detail[400];
        char *dump = json_dumps(image, 0);
        int rc = dump ? ssc_sim_card_parse(dump, &card, why) : SSC_E_OUT_OF_MEMORY;
        ssc_sim_card_free(&card);
        free(dump);
        rc = rc == 0 ? write_image(cli, image, argv[1]) : rc;
        snprintf(detail, sizeof detail, "%.180s%s%.200s", argv[1], why[0] || errno ? ": " : "",
                 why[0]  ? why
                 : errno ? strerror(errno)
                         : "");
        status = rc == 0 ? EXIT_DONE : cli_fail_with(cli, rc, detail);
        if (status == 0 && !cli->json) {
            say(cli, stdout, MSG_IMAGE_MADE, argv[1]);
        }
    }
    json_decref(image);
    return status;
}

/* ---- the service's simulated readers ---- */

static void done(struct cli *cli, const json_t *result)
{
    (void)result;
    say(cli, stdout, MSG_DONE);
}

/* --reader, or the first simulated reader. */
static json_t *reader_param(struct cli *cli)
{
    return json_pack("{s:s}", "reader",
                     cli->value[OPT_READER] ? cli->value[OPT_READER] : "Simulated reader 0");
}

static int service_call(struct cli *cli, const char *method, json_t *params)
{
    json_t *result = NULL;
    const int status =
        cli_call(cli, method, params, &result) == 0 ? cli_show(cli, result, done) : cli_fail(cli);
    json_decref(result);
    return status;
}

static int insert(struct cli *cli, int argc, char **argv)
{
    json_t *params = reader_param(cli);
    char *full = argc == 1 && !ssc_sim_image(argv[0]) ? realpath(argv[0], NULL) : NULL;
    if (argc == 1) { /* the service stands in another folder */
        json_object_set_new(params, "image", json_string(full ? full : argv[0]));
    }
    free(full);
    return service_call(cli, "sim.insert", params);
}

static int take_out(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return service_call(cli, "sim.remove", reader_param(cli));
}

static int fault(struct cli *cli, int argc, char **argv)
{
    static const struct {
        int key;
        const char *name;
        bool text;
    } rows[] = {{OPT_NTH, "nth", false},
                {OPT_CLA, "cla", true},
                {OPT_INS, "ins", true},
                {OPT_ARG, "arg", false},
                {OPT_SW, "sw", true}};
    json_t *params = reader_param(cli);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = cli->value[rows[i].key];
        if (value) {
            json_object_set_new(params, rows[i].name,
                                rows[i].text ? json_string(value) : json_integer(strtol(value, NULL, 0)));
        }
    }
    if (argc > 1) {
        json_object_set_new(params, "image", json_string(argv[1]));
    }
    int rc;
    if (argc < 1) {
        json_decref(params);
        rc = usage_error(cli, "fault KIND");
    } else {
        json_object_set_new(params, "kind", json_string(argv[0]));
        rc = service_call(cli, "sim.fault", params);
    }
    return rc;
}

static int type_pin(struct cli *cli, int argc, char **argv)
{
    json_t *params = reader_param(cli);
    json_object_set_new(params, "digits", json_string(argc > 0 ? argv[0] : ""));
    return service_call(cli, "sim.pin", params);
}

/* ---- pcscd ---- */

static int attach(struct cli *cli, int argc, char **argv)
{
    struct sim_attach a = {
        .image = argc > 0 ? argv[0] : NULL, .conf = cli->value[OPT_CONF], .folder = cli->value[OPT_FOLDER]};
    int status = argc == 1 ? EXIT_DONE : usage_error(cli, "attach FILE");
    if (status == 0) {
        const int rc = sim_attach(&a);
        if (rc != 0) {
            status = cli_fail_with(cli, rc, a.detail);
        } else if (!cli->json) {
            say(cli, stdout, a.restart ? MSG_ATTACHED_RESTART : MSG_ATTACHED, a.link);
        }
    }
    return status;
}

static int detach(struct cli *cli, int argc, char **argv)
{
    struct sim_attach a = {.conf = cli->value[OPT_CONF], .folder = cli->value[OPT_FOLDER]};
    (void)argc;
    (void)argv;
    const int rc = sim_detach(&a);
    if (rc == 0 && !cli->json) {
        say(cli, stdout, MSG_DONE);
    }
    return rc == 0 ? EXIT_DONE : cli_fail_with(cli, rc, a.detail);
}

static int run(struct cli *cli, int argc, char **argv)
{
    static const struct {
        const char *verb;
        int (*run)(struct cli *cli, int argc, char **argv);
    } rows[] = {{"list", list},   {"make", make},    {"insert", insert}, {"remove", take_out},
                {"fault", fault}, {"pin", type_pin}, {"attach", attach}, {"detach", detach}};
    int status = -1;
    for (size_t i = 0; argc > 0 && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(argv[0], rows[i].verb) == 0) {
            status = rows[i].run(cli, argc - 1, argv + 1);
        }
    }
    return status >= 0 ? status : usage_error(cli, argc > 0 ? argv[0] : cmd_sim.subcommands);
}

static const struct opt options[] = {
    {OPT_NAME, "name", "TEXT", {"make: name of the holder", "make: 姓名"}},
    {OPT_ID,
     "id",
     "NUMBER",
     {"make: citizen id; sets birth date and sex too", "make: 社会保障号码, 同时设置出生日期和性别"}},
    {OPT_CARD_NUMBER, "card-number", "TEXT", {"make: card number", "make: 卡号"}},
    {OPT_BALANCE, "balance", "AMOUNT", {"make: money on the card, in yuan", "make: 余额 (元)"}},
    OPTION_PURSE,
    {OPT_PIN_VALUE, "pin", "DIGITS", {"make: PIN of the simulated card", "make: 模拟卡的密码"}},
    {OPT_FORCE, "force", NULL, {"make: replace FILE", "make: 覆盖已有文件"}},
    {OPT_NTH, "nth", "N", {"fault: at the nth command (default 1)", "fault: 第几条指令 (默认 1)"}},
    {OPT_CLA, "cla", "HEX", {"fault: only this class", "fault: 仅限该 CLA"}},
    {OPT_INS, "ins", "HEX", {"fault: only this instruction", "fault: 仅限该 INS"}},
    {OPT_ARG,
     "arg",
     "N",
     {"fault: milliseconds of slow, bytes of short", "fault: slow 的毫秒数, short 的字节数"}},
    {OPT_SW, "sw", "HEX", {"fault: status word", "fault: 状态字"}},
    {OPT_CONF,
     "conf",
     "FILE",
     {"attach: pcscd's configuration of the reader", "attach: pcscd 的读卡器配置文件"}},
    {OPT_FOLDER, "folder", "PATH", {"attach: folder of the simulated reader", "attach: 模拟读卡器目录"}},
    {0},
};

const struct command cmd_sim = {
    .name = "sim",
    .args = "list | make IMAGE FILE | insert [IMAGE] | remove | fault KIND [IMAGE] | pin DIGITS | attach "
            "FILE | detach",
    .subcommands = "list|make|insert|remove|fault|pin|attach|detach",
    .summary = {"simulated cards and readers", "模拟卡片和模拟读卡器"},
    .about =
        {"make writes a card image; insert, remove, fault and pin talk to a service started with --sim;\n"
         "attach puts a card behind the real pcscd, so that every PC/SC program sees it (needs root).\n"
         "fault: none, mute, slow, garbage, wrong_mac, tear_before, tear_during, tear_after, lose_reply,\n"
         "timeout_after, status, status_after, short, swap.",
         "make 生成卡片镜像; insert、remove、fault 和 pin 用于以 --sim 启动的服务;\n"
         "attach 将模拟卡接入真正的 pcscd, 所有 PC/SC 程序均可使用 (需 root)。\n"
         "fault: none, mute, slow, garbage, wrong_mac, tear_before, tear_during, tear_after, lose_reply,\n"
         "timeout_after, status, status_after, short, swap。"},
    .options = options,
    .examples = "sscard sim make ssc-3.0 card.json --balance 200\nsscard --driver sim:card.json identity\n"
                "sscard sim fault tear_after --ins 2C\nsscard sim attach card.json",
    .run = run,
};
