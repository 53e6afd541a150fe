/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include "apdu/error.h"
#include "apdu/ssc_files.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_LIST = OPT_FIRST_OWN, OPT_GENERATION, OPT_RECORD, OPT_AUTH, OPT_HEX };

static const char *access_text(struct cli *cli, enum ssc_access access, unsigned key, char out[48])
{
    static const enum message ids[] = {
        [SSC_FREE] = MSG_ACCESS_FREE,         [SSC_PIN] = MSG_ACCESS_PIN,
        [SSC_KEY] = MSG_ACCESS_KEY,           [SSC_NEVER] = MSG_ACCESS_NEVER,
        [SSC_PIN_OR_KEY] = MSG_ACCESS_EITHER, [SSC_PIN_AND_KEY] = MSG_ACCESS_BOTH};
    const struct ssc_key_info *info = key ? ssc_key_info((enum ssc_key_id)key) : NULL;
    snprintf(out, 48, "%s%s%s", msg(cli, ids[access]), info ? " " : "", info ? info->name : "");
    return out;
}

static void file_name(const struct ssc_file *file, char out[16])
{
    snprintf(out, 16, "%sEF%02X", ssc_app_info(file->app)->name, file->sfi);
}

static void list_file(struct cli *cli, struct grid *grid, const struct ssc_file *file)
{
    char name[20], size[24], access[48];
    name[0] = S_BOLD[0];
    file_name(file, name + 1);
    snprintf(size, sizeof size, "%u", file->size);
    grid_row(grid, name, "", cli->lang == LANG_ZH ? file->zh : file->en, file->size ? size : "",
             access_text(cli, file->read, file->read_key, access));
    for (size_t i = 0; i < file->element_count; i++) {
        const struct ssc_element *e = &file->elements[i];
        char tag[8];
        snprintf(tag, sizeof tag, "  %02X", e->tag);
        snprintf(size, sizeof size, "%u", e->len);
        grid_row(grid, tag, e->key, cli->lang == LANG_ZH ? e->zh : e->en, size, "");
    }
    for (size_t i = 0; i < file->field_count; i++) {
        const struct ssc_field *f = &file->fields[i];
        snprintf(size, sizeof size, "%u", f->len);
        grid_row(grid, "  ", f->key, cli->lang == LANG_ZH ? f->zh : f->en, size, "");
    }
}

static json_t *element_rows(const struct ssc_file *file)
{
    json_t *list = json_array();
    for (size_t i = 0; i < file->element_count; i++) {
        const struct ssc_element *e = &file->elements[i];
        char tag[4];
        snprintf(tag, sizeof tag, "%02X", e->tag);
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s, s:s}", "tag", tag, "key", e->key,
                                              "length", e->len, "zh", e->zh, "en", e->en));
    }
    for (size_t i = 0; i < file->field_count; i++) {
        const struct ssc_field *f = &file->fields[i];
        json_array_append_new(list, json_pack("{s:s, s:i, s:s, s:s}", "key", f->key, "length", f->len, "zh",
                                              f->zh, "en", f->en));
    }
    return list;
}

static json_t *file_rows(struct cli *cli, const struct ssc_file *files, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char name[16], access[48];
        file_name(&files[i], name);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "file", name, "zh", files[i].zh,
                                              "en", files[i].en, "read",
                                              access_text(cli, files[i].read, files[i].read_key, access),
                                              "elements", element_rows(&files[i])));
    }
    return list;
}

static int list(struct cli *cli)
{
    const char *generation = cli->value[OPT_GENERATION] ? cli->value[OPT_GENERATION] : "3";
    const bool right = generation[0] >= '1' && generation[0] <= '3' && generation[1] == '\0';
    size_t count = 0;
    const struct ssc_file *files =
        right ? ssc_files((enum ssc_generation)(generation[0] - '0'), &count) : NULL;
    int status = files ? EXIT_DONE : usage_error(cli, "--generation");
    if (files && cli->json) {
        json_t *object =
            json_pack("{s:s, s:o}", "generation", generation, "files", file_rows(cli, files, count));
        cli_show(cli, object, NULL);
        json_decref(object);
    } else if (files) {
        struct grid grid;
        grid_begin(&grid, cli, 5,
                   (const char *const[]){msg(cli, MSG_FILE_TAG), msg(cli, MSG_KEY_NAME),
                                         msg(cli, MSG_MEANING), msg(cli, MSG_BYTES),
                                         msg(cli, MSG_READ_ACCESS)});
        grid.right = 1u << 3;
        for (size_t i = 0; i < count; i++) {
            list_file(cli, &grid, &files[i]);
        }
        grid_end(&grid, stdout);
    }
    return status;
}

/* Records of a cyclic file look alike: an empty line between them. */
static void show(struct cli *cli, const json_t *result)
{
    const json_t *value;
    size_t i;
    struct grid grid;
    printf("%s  %s\n", js(result, "file"), js(result, cli->lang == LANG_ZH ? "zh" : "en"));
    grid_begin(&grid, cli, 4, NULL);
    json_array_foreach(json_object_get(result, "values"), i, value)
    {
        const char *name = js(value, cli->lang == LANG_ZH ? "zh" : "en");
        char first[24];
        if (js(value, "tag")[0]) {
            snprintf(first, sizeof first, "  %s", js(value, "tag"));
        } else {
            snprintf(first, sizeof first, "  %lld", (long long)ji(value, "record"));
        }
        grid_row(&grid, first, js(value, "key"), name, js(value, given(cli, OPT_HEX) ? "hex" : "text"));
    }
    grid_end(&grid, stdout);
}

static int run(struct cli *cli, int argc, char **argv)
{
    int status = 0;
    json_t *params = json_object();
    if (given(cli, OPT_LIST)) {
        status = argc > 0 ? usage_error(cli, argv[0]) : list(cli);
    } else if (argc == 0) {
        status = usage_error(cli, "FILE");
    } else {
        json_object_set_new(params, "file", json_string(argv[0]));
        if (argc > 1) {
            json_t *elements = json_array();
            for (int i = 1; i < argc; i++) {
                json_array_append_new(elements, json_string(argv[i]));
            }
            json_object_set_new(params, "elements", elements);
        }
        if (given(cli, OPT_RECORD)) {
            json_object_set_new(params, "record", json_integer(strtol(cli->value[OPT_RECORD], NULL, 10)));
        }
        if (given(cli, OPT_AUTH)) {
            json_object_set_new(params, "auth", json_string(cli->value[OPT_AUTH]));
        }
        status = run_card_call(cli, "card.read", json_incref(params), show);
    }
    json_decref(params);
    return status;
}

static const struct opt options[] = {
    {OPT_LIST,
     "list",
     NULL,
     {"list all files and elements; needs no card", "列出全部文件和数据项, 无需插卡"}},
    {OPT_GENERATION,
     "generation",
     "1|2|3",
     {"of which generation, with --list (default 3)", "配合 --list, 卡片版本 (默认 3)"}},
    {OPT_RECORD,
     "record",
     "N",
     {"one record of a cyclic file, 1 is the newest", "循环文件的一条记录, 1 为最新"}},
    {OPT_AUTH, "auth", "auto|pin|key", {"how to open the file (default auto)", "打开文件的方式 (默认 auto)"}},
    {OPT_HEX, "hex", NULL, {"show raw bytes instead of text", "显示原始字节"}},
    OPTION_PIN_PAD,
    OPTION_PIN_FD,
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_read = {
    .name = "read",
    .args = "FILE [ELEMENT...] | --list [--generation N]",
    .summary = {"read any file or data element", "读取任意文件或数据项"},
    .about =
        {"FILE is an application and a file, SSSEEF06 or DF01EF05; ELEMENT a tag (28) or a name (phone).",
         "FILE 为应用加文件, 如 SSSEEF06、DF01EF05; ELEMENT 为标签 (28) 或名称 (phone)。"},
    .options = options,
    .examples = "sscard read --list\nsscard read SSSEEF06\nsscard read DF01EF05 28 0E\nsscard read DF01EF06 "
                "phone --hex",
    .flags = CMD_DIRECT,
    .run = run,
};
