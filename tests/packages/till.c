/* SPDX-License-Identifier: Apache-2.0 */
/* A till that links the packaged library: till ROUNDS. Identity, a debit of one fen, balance, round after
 * round, and one line that says how it went. */
#include <sscard.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SOON_MS = 20000 };

static int ask(struct sscard *service, const char *method, const char *params)
{
    char *result = NULL;
    const int rc = sscard_call(service, method, params, &result, sscard_deadline(SOON_MS));
    if (rc != 0) {
        printf("@@ till %s: %s %s\n", method, sscard_error_symbol(service),
               sscard_error_detail(service, "en"));
    }
    sscard_free(result);
    return rc;
}

int main(int argc, char **argv)
{
    const long rounds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    const int64_t start = sscard_deadline(0);
    struct sscard *service = NULL;
    long done = 0;
    int rc = rounds > 0 ? sscard_open(NULL, sscard_deadline(SOON_MS), &service) : SSCARD_INVALID_ARGUMENT;
    for (; rc == 0 && done < rounds; done += rc == 0) {
        char debit[160];
        snprintf(debit, sizeof debit,
                 "{\"op\":\"till-%08lld-%06ld\",\"amount\":1,\"pin\":{\"secret\":\"123456\"}}",
                 (long long)start % 100000000, done);
        rc = ask(service, "card.identity", "{}");
        rc = rc == 0 ? ask(service, "purse.debit", debit) : rc;
        rc = rc == 0 ? ask(service, "reader.list", "{}") : rc;
        rc = rc == 0 ? ask(service, "txn.list", "{\"limit\":5}") : rc;
        rc = rc == 0 ? ask(service, "system.ping", "{}") : rc;
    }
    printf("@@ till %s: %ld rounds of 5 calls in %lld ms\n", rc == 0 ? "served" : "failed", done,
           (long long)(sscard_deadline(0) - start));
    sscard_close(&service);
    return rc == 0 ? 0 : 1;
}
