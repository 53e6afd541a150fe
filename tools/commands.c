/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <string.h>

const struct command *const commands[] = {
    &cmd_readers,    &cmd_watch, &cmd_info, &cmd_identity, &cmd_read,   &cmd_write,
    &cmd_balance,    &cmd_debit, &cmd_load, &cmd_log,      &cmd_txn,    &cmd_pin,
    &cmd_apdu,       &cmd_trace, &cmd_sim,  &cmd_ping,     &cmd_doctor, &cmd_support_bundle,
    &cmd_completion, &cmd_help,  NULL,
};

const struct command *command_find(const char *name)
{
    const struct command *found = NULL;
    for (size_t i = 0; commands[i] && !found; i++) {
        found = strcmp(commands[i]->name, name) == 0 ? commands[i] : NULL;
    }
    return found;
}
