/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_HEX = OPT_FIRST_OWN, OPT_OCCURRENCE, OPT_OFFSET };

static void show(struct cli *cli, const json_t *result)
{
    (void)result;
    say(cli, stdout, MSG_WRITTEN);
}

static int write_element(struct cli *cli, int argc, char **argv)
{
    char op[OP_TEXT];
    int status = 0;
    const char *key = op_of(cli, op, &status);
    json_t *params = key ? json_pack("{s:s, s:s, s:s}", "op", key, "file", argv[0],
                                     given(cli, OPT_HEX) ? "hex" : "text", argv[argc - 1])
                         : NULL;
    if (params && argc == 3) {
        json_object_set_new(params, "element", json_string(argv[1]));
    }
    if (params && given(cli, OPT_OCCURRENCE)) {
        json_object_set_new(params, "occurrence", json_integer(strtol(cli->value[OPT_OCCURRENCE], NULL, 10)));
    }
    if (params && given(cli, OPT_OFFSET)) {
        json_object_set_new(params, "offset", json_integer(strtol(cli->value[OPT_OFFSET], NULL, 0)));
    }
    return params ? run_card_call(cli, "card.write", params, show) : status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    return argc == 2 || argc == 3 ? write_element(cli, argc, argv)
                                  : usage_error(cli, argc > 3 ? argv[3] : "FILE");
}

static const struct opt options[] = {
    OPTION_OP,
    {OPT_HEX, "hex", NULL, {"VALUE is hexadecimal", "VALUE 为十六进制"}},
    {OPT_OCCURRENCE,
     "occurrence",
     "N",
     {"which of several elements with the same tag", "同标签数据项中的第几个"}},
    {OPT_OFFSET, "offset", "N", {"where in a file without records", "透明文件中的偏移"}},
    OPTION_PIN_PAD,
    OPTION_PIN_FD,
    {0},
};

const struct command cmd_write = {
    .name = "write",
    .args = "[--hex] FILE [ELEMENT] VALUE",
    .summary = {"write one data element (role perso)", "写入一个数据项 (需 perso 角色)"},
    .options = options,
    .examples = "sscard write DF01EF06 phone 13800000000",
    .run = run,
};
