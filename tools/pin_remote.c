/* SPDX-License-Identifier: Apache-2.0 */
/* PIN RELOAD and UNBLOCK with the back office's keys: the key PUK first (a purse needs none), then the card's
 * challenge, then the back office's command; one lease from the first to the last. */
#include "tools/commands.h"

#include "apdu/error.h"

#include <string.h>

/* The members of an answer that the key machine works on. */
static json_t *for_host(const json_t *answer)
{
    static const char *const keys[] = {"area_code", "reset_info", "algorithm", "card_id", "key",
                                       "address",   "external",   "challenge", "header"};
    json_t *data = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_object_set(data, keys[i], json_object_get(answer, keys[i]));
    }
    return data;
}

static void show_for_host(struct cli *cli, const json_t *answer)
{
    json_t *data = for_host(answer);
    host_show(cli, data);
    json_decref(data);
}

static int open_puk(struct cli *cli, const char *lease)
{
    char external[64];
    json_t *begun = NULL;
    int rc = cli_call(cli, "card.authenticate.begin",
                      json_pack("{s:s, s:s, s:s}", "lease", lease, "purpose", "key", "key", "PUK"), &begun);
    if (rc == 0) {
        show_for_host(cli, begun);
        rc = host_read(cli, MSG_HOST_EXTERNAL, external, sizeof external);
    }
    if (rc == 0) {
        rc = cli_call(cli, "card.authenticate.complete",
                      json_pack("{s:s, s:s}", "lease", lease, "external", external), NULL);
    }
    json_decref(begun);
    return rc;
}

/* One half under the lease: with `remote` the challenge, with `command` the end. */
static int half(struct cli *cli, const char *method, const char *lease, const json_t *params,
                const char *command, json_t **result)
{
    json_t *own = json_copy((json_t *)(uintptr_t)params);
    json_object_set_new(own, "lease", json_string(lease));
    if (command) {
        json_object_set_new(own, "command", json_string(command));
    } else {
        json_object_set_new(own, "remote", json_true());
    }
    return cli_call(cli, method, own, result);
}

static int under_lease(struct cli *cli, const char *method, const char *lease, const json_t *params,
                       json_t **result)
{
    const char *purse = js(params, "purse");
    char command[600];
    json_t *asked = NULL;
    int rc = purse[0] && strcmp(purse, "medical") != 0 ? 0 : open_puk(cli, lease);
    if (rc == 0) {
        rc = half(cli, method, lease, params, NULL, &asked);
    }
    if (rc == 0 && !json_object_get(asked, "challenge")) { /* a repeated op: done before */
        *result = json_incref(asked);
    } else if (rc == 0) {
        show_for_host(cli, asked);
        rc = host_read(cli, MSG_HOST_COMMAND, command, sizeof command);
        rc = rc == 0 ? half(cli, method, lease, params, command, result) : rc;
    }
    json_decref(asked);
    return rc;
}

int pin_remote(struct cli *cli, const char *method, const json_t *params, json_t **result)
{
    json_t *lease = NULL;
    int rc = cli_card_call(cli, "card.acquire", NULL, &lease);
    if (rc == 0) {
        rc = under_lease(cli, method, js(lease, "lease"), params, result);
    }
    json_decref(lease); /* it ends with the connection */
    return rc;
}
