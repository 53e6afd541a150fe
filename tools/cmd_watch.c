/* SPDX-License-Identifier: Apache-2.0 */
/* Live: every insertion and removal, and what card it was. */
#include "tools/commands.h"

#include "apdu/error.h"
#include "drivers/reader.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPT_COUNT = OPT_FIRST_OWN };

static const struct {
    const char *type, *style;
    enum message text;
} event_rows[] = {
    {"card.inserted", S_GOOD, MSG_EV_INSERTED},
    {"card.removed", S_DIM, MSG_EV_REMOVED},
    {"card.mute", S_BAD, MSG_EV_MUTE},
    {"reader.added", "", MSG_EV_READER_ADDED},
    {"reader.removed", S_WARN, MSG_EV_READER_REMOVED},
    {"reader.wedged", S_BAD, MSG_EV_WEDGED},
    {"reader.recovered", S_GOOD, MSG_EV_RECOVERED},
    {"lease.granted", S_DIM, MSG_EV_LEASE},
    {"lease.released", S_DIM, MSG_EV_RELEASE},
    {"txn.settled", S_GOOD, MSG_EV_SETTLED},
    {"txn.unknown", S_BAD, MSG_EV_UNKNOWN},
    {"service.lost", S_BAD, MSG_EV_SERVICE_LOST},
    {"service.back", S_GOOD, MSG_EV_SERVICE_BACK},
};

static void line(struct cli *cli, const char *reader, const char *style, const char *what, const char *more)
{
    char clock[48] = S_DIM, text[96];
    clock_now(clock + 1);
    snprintf(text, sizeof text, "%s%s", style, what);
    print_styled(stdout, cli->colour, clock);
    fputs("  ", stdout);
    print_styled(stdout, cli->colour, reader);
    fputs(reader[0] ? "  " : "", stdout);
    print_styled(stdout, cli->colour, text);
    if (more[0]) {
        fputs(": ", stdout);
        print_styled(stdout, cli->colour, more);
    }
    putchar('\n');
    fflush(stdout);
}

/* A card that comes: ask it what it is. It may be gone again by then. */
static void card_line(struct cli *cli, const char *reader, enum message what)
{
    json_t *info = NULL;
    char text[160] = "";
    if (cli_call(cli, "card.info", json_pack("{s:s}", "reader", reader), &info) == 0) {
        describe_card(cli, info, text);
    } else if (cli_error_is(cli, "invalid_params")) { /* the slot of a security module is nobody's to ask */
        snprintf(text, sizeof text, "SAM");
    } else {
        const json_t *data = json_object_get(cli->error, "data");
        snprintf(text, sizeof text, "%s",
                 js(json_object_get(data, "text"), cli->lang == LANG_ZH ? "zh" : "en"));
    }
    line(cli, reader, S_GOOD, msg(cli, what), text);
    json_decref(info);
}

static void show_event(struct cli *cli, const json_t *event)
{
    const char *type = js(event, "type"), *reader = js(event, "reader");
    const json_t *txn = json_object_get(event, "txn");
    const char *style = "", *what = type;
    for (size_t i = 0; i < sizeof event_rows / sizeof event_rows[0]; i++) {
        if (strcmp(type, event_rows[i].type) == 0) {
            style = event_rows[i].style;
            what = msg(cli, event_rows[i].text);
        }
    }
    if (strcmp(type, "card.inserted") == 0) {
        card_line(cli, reader, MSG_EV_INSERTED);
    } else if (txn) {
        char more[128], amount[AMOUNT_TEXT];
        snprintf(more, sizeof more, "%lld %s %s", (long long)ji(txn, "id"), yuan(txn, "amount", amount),
                 txn_state_text(cli, js(txn, "state")));
        line(cli, reader, style, what, more);
    } else {
        line(cli, reader, style, what, js(event, "reason"));
    }
}

static void json_line(const json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
}

static void show_snapshot(struct cli *cli, json_t *snapshot)
{
    const json_t *reader;
    size_t i;
    if (cli->json) {
        json_object_set_new(snapshot, "type", json_string("snapshot"));
        json_line(snapshot);
    } else {
        json_array_foreach(json_object_get(snapshot, "readers"), i, reader)
        {
            if (strcmp(js(reader, "state"), "card") == 0) {
                card_line(cli, js(reader, "name"), MSG_STATE_CARD);
            } else {
                const bool mute = strcmp(js(reader, "state"), "mute") == 0;
                line(cli, js(reader, "name"), mute ? S_BAD : S_DIM,
                     msg(cli, mute ? MSG_STATE_MUTE : MSG_STATE_EMPTY), "");
            }
        }
    }
}

/* Again and again until there is a service: a restart of it is no reason to stop watching. */
static int subscribe(struct cli *cli, bool first)
{
    json_t *snapshot = NULL;
    int rc = cli_call(cli, "events.subscribe", NULL, &snapshot);
    while (rc == SSC_E_DAEMON_ABSENT && !first) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        rc = cli_call(cli, "events.subscribe", NULL, &snapshot);
    }
    if (rc == 0) {
        show_snapshot(cli, snapshot);
    }
    json_decref(snapshot);
    return rc;
}

static int watch(struct cli *cli, long count)
{
    int rc = subscribe(cli, true);
    for (long seen = 0; rc == 0 && (count == 0 || seen < count);) {
        json_t *event = NULL;
        rc = cli_event(cli, &event, ssc_deadline(count > 0 ? cli->deadline_ms : 3600000));
        if (rc == 0 && cli->json) {
            json_line(event);
        } else if (rc == 0) {
            show_event(cli, event);
        } else if (rc == SSC_E_DAEMON_ABSENT) {
            line(cli, "", S_BAD, msg(cli, MSG_SERVICE_GONE), "");
            rc = subscribe(cli, false);
        } else if (rc == SSC_E_DEADLINE_EXCEEDED && count == 0) {
            rc = 0;
        }
        seen += event != NULL;
        json_decref(event);
    }
    return rc == 0 ? EXIT_DONE : cli_fail(cli);
}

static int run(struct cli *cli, int argc, char **argv)
{
    const char *text = cli->value[OPT_COUNT];
    const long count = text ? strtol(text, NULL, 10) : 0;
    int status = argc > 0 ? usage_error(cli, argv[0]) : text && count <= 0 ? usage_error(cli, "--count") : 0;
    if (status == 0) {
        if (!cli->json) {
            say(cli, stderr, MSG_WATCHING);
        }
        status = watch(cli, count);
    }
    return status;
}

static const struct opt options[] = {
    {OPT_COUNT, "count", "N", {"end after N events", "收到 N 个事件后结束"}},
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_watch = {
    .name = "watch",
    .args = "[--count N]",
    .summary = {"watch cards come and go", "实时显示插卡与取卡"},
    .about = {"Shows each insertion with the kind of the card, until interrupted. With --json: one event per "
              "line.",
              "实时显示每次插卡及卡片类型, 按 Ctrl-C 结束。使用 --json 时每行一个事件。"},
    .options = options,
    .examples = "sscard watch\nsscard watch --direct\nsscard watch --json --count 1",
    .flags = CMD_DIRECT,
    .run = run,
};
