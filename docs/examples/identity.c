/* SPDX-License-Identifier: Apache-2.0 */
/* cc identity.c -lsscard */
#include <sscard.h>
#include <stdio.h>

int main(void)
{
    struct sscard *card = NULL;
    char *who = NULL;
    int rc = sscard_open(NULL, sscard_deadline(1000), &card);
    if (rc == 0) {
        rc = sscard_call(card, "card.identity", "{\"parts\":\"basic\"}", &who, sscard_deadline(10000));
    }
    if (rc == 0) {
        puts(who);
    } else if (card) {
        fprintf(stderr, "%s\n%s\n", sscard_error_text(card, "zh"), sscard_error_remedy(card, "zh"));
    }
    sscard_free(who);
    sscard_close(&card);
    return rc == 0 ? 0 : 1;
}
