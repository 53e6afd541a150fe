/* SPDX-License-Identifier: Apache-2.0 */
/* Any PC/SC program sees the simulated card, as it would see a real one. */
#include "bed.h"

#define SSSE_NAME "7378312E73682EC9E7BBE1B1A3D5CF"

/* False, and said so, when the program is not on this machine. */
static bool output_of(const char *command, const char *const *wanted)
{
    int status = 0;
    char *text = test_pcscd_program(command, &status);
    if (!text) {
        print_message("not installed: %s\n", command);
    }
    for (size_t i = 0; text && wanted[i]; i++) {
        if (!strstr(text, wanted[i])) {
            fail_msg("%s says no \"%s\" but:\n%s", command, wanted[i], text);
        }
    }
    free(text);
    return text != NULL;
}

/* The answer to reset as programs print it, bytes apart. */
static void spell_atr(const struct ssc_atr *atr, char separator, char out[128])
{
    for (size_t i = 0; i < atr->raw_len; i++) {
        snprintf(out + 3 * i, 4, "%.2X%c", atr->raw[i], separator);
    }
    out[3 * atr->raw_len - 1] = '\0';
}

static void pcsc_scan(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    char atr[128];
    spell_atr(&ch->atr, ' ', atr);
    ssc_channel_close(&ch, false);
    const char *const wanted[] = {bed->pcscd->reader[0], bed->pcscd->reader[1], "Card inserted", atr, NULL};
    output_of("timeout 5 pcsc_scan -n 2>&1", wanted);
}

static void opensc_tool(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    char atr[128];
    spell_atr(&ch->atr, ':', atr);
    for (char *c = atr; *c; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    ssc_channel_close(&ch, false);
    const char *const wanted_atr[] = {atr, NULL};
    const char *const wanted_select[] = {"SW1=0x90, SW2=0x00", "73 78 31 2E 73 68 2E", NULL};
    output_of("opensc-tool -r 0 -a 2>&1", wanted_atr);
    output_of("opensc-tool -r 0 -s 00A404000F" SSSE_NAME " 2>&1", wanted_select);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pcsc_scan),
        CASE(opensc_tool),
    };
    return test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
