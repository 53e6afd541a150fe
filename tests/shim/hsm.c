/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back office's key machine for tables of cases: takes the line of a first step, prints the next step's
 * pKey. hsm identity LINE | key LINE | command LINE | debit LINE SEQ TIME | debit-result LINE SEQ TIME
 */
#include "bed.h"

/* Items of the line as purse.debit.begin has them; the order is shim.conf's default for debit-hsm. */
static void debit(const char *line, const char *seq, const char *time, struct office_debit *out)
{
    json_t *host =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "algorithm", item(line, 0), "key_version",
                  item(line, 2), "random", item(line, 3), "type", item(line, 8), "terminal", item(line, 9),
                  "area_code", "639900", "reset_info", "00814E43238697159900BF7C7A", "key_index", "01");
    static const char *const amounts[] = {"amount", "self_pay", "pooled"};
    json_object_set_new(host, "counter", json_integer(strtol(item(line, 4), NULL, 10)));
    for (size_t i = 0; i < 3; i++) {
        json_object_set_new(host, amounts[i], json_integer(strtol(item(line, 5 + i), NULL, 16)));
    }
    json_t *begun = json_pack("{s:{s:s}, s:o}", "txn", "purse", "medical", "host", host);
    office_debit(begun, time, seq, out);
    json_decref(begun);
}

int main(int argc, char **argv)
{
    const char *purpose = argc > 2 ? argv[1] : "";
    int status = 0;
    if (strcmp(purpose, "identity") == 0) {
        puts(office_identity(argv[2]));
    } else if (strcmp(purpose, "key") == 0) {
        puts(office_key(argv[2]));
    } else if (strcmp(purpose, "command") == 0) {
        puts(office_command(argv[2]));
    } else if (strncmp(purpose, "debit", 5) == 0 && argc == 5) {
        struct office_debit d;
        debit(argv[2], argv[3], argv[4], &d);
        if (purpose[5]) {
            printf("%s|%s|\n", d.mac2, d.tac);
        } else {
            printf("%s|%s|%s|\n", argv[3], argv[4], d.mac1);
        }
    } else {
        status = 2;
    }
    return status;
}
