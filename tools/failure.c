/* SPDX-License-Identifier: Apache-2.0 */
/* How a failure is told: what happened, what to do, and the stable symbol. */
#include "tools/out.h"

#include "middleware/render.h"

#include <string.h>

/* Symbols that do not mean "refused". */
static const struct {
    const char *symbol;
    int code;
} exits[] = {
    {"invalid_argument", EXIT_USAGE},
    {"invalid_params", EXIT_USAGE},
    {"op_required", EXIT_USAGE},
    {"file_unknown", EXIT_USAGE},
    {"card_image_invalid", EXIT_USAGE},
    {"file_missing", EXIT_USAGE},
    {"file_exists", EXIT_USAGE},
    {"daemon_absent", EXIT_NO_SERVICE},
    {"shutting_down", EXIT_NO_SERVICE},
    {"too_many_clients", EXIT_NO_SERVICE},
    {"reader_service_absent", EXIT_NO_SERVICE},
    {"reader_not_found", EXIT_NO_SERVICE},
    {"reader_removed", EXIT_NO_SERVICE},
    {"reader_wedged", EXIT_NO_SERVICE},
    {"reader_busy", EXIT_NO_SERVICE},
    {"no_card", EXIT_NO_CARD},
    {"card_removed", EXIT_NO_CARD},
    {"card_mute", EXIT_NO_CARD},
    {"card_unpowered", EXIT_NO_CARD},
    {"stale_card", EXIT_NO_CARD},
    {"outcome_unknown", EXIT_UNKNOWN},
    {"unsettled_transaction", EXIT_UNKNOWN},
    {"transaction_unproven", EXIT_UNKNOWN},
    {"debit_disputed", EXIT_UNKNOWN},
    {"no_pin_pad", EXIT_PIN},
};

int exit_code_of(const char *symbol)
{
    int code = strncmp(symbol, "pin_", 4) == 0 ? EXIT_PIN : EXIT_REFUSED;
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        code = strcmp(symbol, exits[i].symbol) == 0 ? exits[i].code : code;
    }
    return code;
}

void cli_set_error(struct cli *cli, int code, const char *detail)
{
    json_decref(cli->error);
    cli->error = ssc_json_error(code, detail, -1, -1);
}

static const char *in_language(const struct cli *cli, const json_t *data, const char *key)
{
    return js(json_object_get(data, key), cli->lang == LANG_ZH ? "zh" : "en");
}

static void tell(struct cli *cli)
{
    const json_t *data = json_object_get(cli->error, "data");
    const char *text = in_language(cli, data, "text");
    const char *remedy = in_language(cli, data, "remedy");
    const char *sw = js(data, "sw");
    char tries[24];
    fputs("sscard: ", stderr);
    fputs(cli->colour_err ? "\033[1;31m" : "", stderr);
    print_styled(stderr, false, text[0] ? text : js(cli->error, "message"));
    fputs(cli->colour_err ? "\033[0m" : "", stderr);
    fputs(cli->colour_err ? " \033[2m[" : " [", stderr);
    print_styled(stderr, false, js(data, "symbol"));
    fputs(cli->colour_err ? "]\033[0m\n" : "]\n", stderr);
    const char *detail = js(data, cli->lang == LANG_ZH && js(data, "detail_zh")[0] ? "detail_zh" : "detail");
    if (detail[0]) {
        say(cli, stderr, MSG_ERROR_DETAIL, detail);
    }
    if (sw[0]) {
        say(cli, stderr, MSG_ERROR_SW, sw, in_language(cli, data, "sw_text"));
    }
    if (ji(data, "tries") >= 0) {
        snprintf(tries, sizeof tries, "%lld", (long long)ji(data, "tries"));
        say(cli, stderr, MSG_ERROR_TRIES, tries);
    }
    if (remedy[0]) {
        say(cli, stderr, MSG_ERROR_REMEDY, remedy);
    }
    if (cli_error_is(cli, "invalid_params") && strncmp(js(data, "detail"), "reader", 6) == 0) {
        say(cli, stderr, MSG_CHOOSE_READER);
    }
    if (cli_error_is(cli, "pin_required")) {
        say(cli, stderr, MSG_PIN_HOW);
    }
}

static void add_op(const struct cli *cli, json_t *object)
{
    if (cli->new_op[0]) {
        json_object_set_new(object, "op", json_string(cli->new_op));
    }
}

static void print_json(const json_t *result)
{
    json_dumpf(result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    putchar('\n');
}

int cli_fail(struct cli *cli)
{
    const int code = exit_code_of(cli_error_symbol(cli));
    if (cli->json) {
        json_t *object = json_pack("{s:O}", "error", cli->error);
        add_op(cli, object);
        json_dumpf(object, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(object);
    } else {
        tell(cli);
    }
    return code;
}

int cli_fail_with(struct cli *cli, int code, const char *detail)
{
    cli_set_error(cli, code, detail);
    return cli_fail(cli);
}

int cli_show(struct cli *cli, const json_t *result, void (*show)(struct cli *cli, const json_t *result))
{
    if (cli->json && cli->new_op[0] && json_is_object(result)) {
        json_t *own = json_copy((json_t *)(uintptr_t)result);
        add_op(cli, own);
        print_json(own);
        json_decref(own);
    } else if (cli->json) {
        print_json(result);
    } else {
        show(cli, result);
    }
    return EXIT_DONE;
}
