/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: to the service, or straight to the reader. */
#include "tools/out.h"

#include "apdu/error.h"
#include "drivers/reader.h"
#include "middleware/client/sscard.h"
#include "tools/direct.h"

#include <stdlib.h>
#include <string.h>

static void take_client_error(struct cli *cli)
{
    json_decref(cli->error);
    cli->error = json_loads(sscard_error_json(cli->client), 0, NULL);
}

static int open_direct(struct cli *cli)
{
    char why[200] = "";
    const char *driver = cli->value[OPT_DRIVER];
    const char *key_file = cli->value[(int)'k'];
    int rc = direct_open(driver ? driver : "pcsc", key_file, &cli->direct, why);
    if (rc != 0) {
        cli_set_error(cli, rc, why);
    }
    return rc;
}

/* The service, unless the reader was asked for; the reader also when there is no service to ask. */
static int open_way(struct cli *cli)
{
    int rc = 0;
    const bool able = cli->command->flags & CMD_DIRECT;
    const bool wanted = given(cli, OPT_DIRECT) || given(cli, OPT_DRIVER);
    if (cli->direct || cli->client) {
        rc = 0;
    } else if (wanted) {
        rc = open_direct(cli);
    } else {
        rc = sscard_open(cli->value[OPT_SOCKET], ssc_deadline(cli->deadline_ms), &cli->client);
        if (rc == SSC_E_DAEMON_ABSENT && able && !given(cli, OPT_SOCKET)) {
            sscard_close(&cli->client);
            say(cli, stderr, MSG_FALL_BACK);
            rc = open_direct(cli);
        } else if (rc != 0 && cli->client) {
            take_client_error(cli);
        }
    }
    return rc;
}

static int call_service(struct cli *cli, const char *method, const json_t *params, json_t **result)
{
    char *answer = NULL;
    char *text = json_dumps(params, JSON_COMPACT);
    int rc = sscard_call(cli->client, method, text, &answer, ssc_deadline(cli->deadline_ms));
    sscard_free(text);
    if (rc != 0) {
        take_client_error(cli);
    } else {
        *result = json_loads(answer, JSON_DECODE_ANY, NULL);
    }
    sscard_free(answer);
    return rc;
}

int cli_call(struct cli *cli, const char *method, json_t *params, json_t **result)
{
    json_t *answer = NULL, *error = NULL;
    json_t *own = params ? params : json_object();
    const char *reader = cli->value[OPT_READER];
    if (reader && !json_object_get(own, "reader") && !json_object_get(own, "lease")) {
        json_object_set_new(own, "reader", json_string(reader));
    }
    int rc = open_way(cli);
    if (rc == 0 && cli->direct) {
        rc = direct_call(cli->direct, method, own, &answer, &error, ssc_deadline(cli->deadline_ms));
        if (rc != 0) {
            json_decref(cli->error);
            cli->error = error;
        }
    } else if (rc == 0) {
        rc = call_service(cli, method, own, &answer);
    }
    json_decref(own);
    if (rc == 0 && result) {
        *result = answer;
    } else {
        json_decref(answer);
    }
    return rc;
}

int cli_wait_card(struct cli *cli, const char *state)
{
    return cli_call(cli, "card.wait", json_pack("{s:s}", "state", state), NULL);
}

static bool add_pin(struct cli *cli, json_t *params)
{
    json_t *pin = secret_param(cli);
    if (pin) {
        json_object_set_new(params, "pin", pin);
    }
    return pin != NULL;
}

static bool takes_pin(const char *method)
{
    static const char *const methods[] = {"purse.", "card.read", "card.write", "txn.resolve"};
    bool takes = false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        takes = takes || strncmp(method, methods[i], strlen(methods[i])) == 0;
    }
    return takes;
}

int cli_card_call(struct cli *cli, const char *method, json_t *params, json_t **result)
{
    json_t *own = params ? params : json_object();
    bool waited = false, asked = false, again = true;
    int rc = 0;
    /* Known beforehand: no call in vain. An op of the caller's may be a repeat, which wants no PIN. */
    const bool repeat = given(cli, 'o') && json_object_get(own, "op");
    if (takes_pin(method) && !repeat && (given(cli, 'P') || given(cli, OPT_PIN_FD))) {
        asked = true;
        again = add_pin(cli, own);
        rc = again ? 0 : SSC_E_PIN_REQUIRED;
    }
    while (again) {
        again = false;
        rc = cli_call(cli, method, json_incref(own), result);
        if (rc == SSC_E_NO_CARD && cli->waits && !waited) {
            say(cli, stderr, MSG_INSERT_CARD);
            waited = true;
            rc = cli_wait_card(cli, "present");
            again = rc == 0;
        } else if (rc != 0 && cli_error_is(cli, "pin_required") && takes_pin(method) && !asked) {
            asked = true;
            again = add_pin(cli, own);
        }
    }
    json_decref(own);
    return rc;
}

int cli_event(struct cli *cli, json_t **event, int64_t deadline)
{
    int rc = 0;
    *event = NULL;
    if (cli->direct) {
        rc = direct_event(cli->direct, event, deadline);
        if (rc != 0) {
            cli_set_error(cli, rc, NULL);
        }
    } else {
        char *text = NULL;
        rc = sscard_event(cli->client, &text, deadline);
        if (rc == 0) {
            json_t *message = json_loads(text, 0, NULL);
            *event = json_incref(json_object_get(message, "params"));
            json_decref(message);
        } else {
            take_client_error(cli);
        }
        sscard_free(text);
    }
    return rc;
}

void cli_close(struct cli *cli)
{
    sscard_close(&cli->client);
    direct_close(&cli->direct);
    json_decref(cli->error);
    cli->error = NULL;
}

const char *cli_error_symbol(const struct cli *cli)
{
    return js(json_object_get(cli->error, "data"), "symbol");
}

bool cli_error_is(const struct cli *cli, const char *symbol)
{
    return strcmp(cli_error_symbol(cli), symbol) == 0;
}

bool cli_error_sent(const struct cli *cli)
{
    return cli->client && sscard_error_sent(cli->client);
}
