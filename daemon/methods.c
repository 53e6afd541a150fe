/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include <string.h>

#define SSC_METHOD(name, role, flags, now, work, help, result, ...)                                          \
    {name, SSC_ROLE_##role, flags, now, work, (const struct ssc_param[]){__VA_ARGS__{0}}, help, result},

#define TEXT(name, required, min, max, help) {name, SSC_P_TEXT, required, min, max, NULL, help},
#define DIGITS(name, required, min, max, help) {name, SSC_P_DIGITS, required, min, max, NULL, help},
#define HEX(name, required, min, max, help) {name, SSC_P_HEX, required, min, max, NULL, help},
#define INT(name, required, min, max, help) {name, SSC_P_INT, required, min, max, NULL, help},
#define AMOUNT(name, required, help) {name, SSC_P_AMOUNT, required, 0, UINT32_MAX, NULL, help},
#define BOOL(name, help) {name, SSC_P_BOOL, 0, 0, 0, NULL, help},
#define CHOICE(name, required, choices, help) {name, SSC_P_CHOICE, required, 0, 0, choices, help},
#define TEXTS(name, max, help) {name, SSC_P_TEXTS, 0, 0, max, NULL, help},
#define EXPECT(name, help) {name, SSC_P_EXPECT, 0, 0, 0, NULL, help},
#define ID(name, required, help) {name, SSC_P_ID, required, 0, 0, NULL, help},

static const struct ssc_method methods[] = {
#include "daemon/methods.def"
};

const struct ssc_method *ssc_methods(size_t *count)
{
    *count = sizeof methods / sizeof methods[0];
    return methods;
}

const struct ssc_method *ssc_method_by_name(const char *name)
{
    const struct ssc_method *found = NULL;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && !found; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            found = &methods[i];
        }
    }
    return found;
}

/* The flag that brings the parameter, and the parameter. */
static const struct {
    unsigned any_of, none_of;
    struct ssc_param param;
} common[] = {
    {SSC_M_OP,
     0,
     {"op", SSC_P_OP, true, 16, 64, NULL,
      "Idempotency key of the caller: new for every piece of business, the same when it is repeated."}},
    {SSC_M_CARD | SSC_M_READER,
     0,
     {"reader", SSC_P_TEXT, false, 1, SSC_READER_NAME_MAX - 1, NULL,
      "Name of the reader. Without reader, card and lease: the only reader with a card."}},
    {SSC_M_CARD,
     0,
     {"card", SSC_P_TEXT, false, 1, SSC_HANDLE_MAX, NULL,
      "Card handle; a handle of a card that was removed is answered with stale_card."}},
    {SSC_M_CARD,
     SSC_M_LEASE,
     {"lease", SSC_P_TEXT, false, 1, SSC_LEASE_MAX, NULL,
      "Use the card under this lease instead of taking one for this call."}},
    {SSC_M_CARD,
     SSC_M_LEASE,
     {"medium", SSC_P_CHOICE, false, 0, 0, SSC_MEDIUM_CHOICES,
      "Without reader, card and lease: the only card of this kind, or of the preferred kind when there is "
      "one; the "
      "only card of any kind without it."}},
    {SSC_M_LEASE, 0, {"lease", SSC_P_TEXT, true, 1, SSC_LEASE_MAX, NULL, "The lease that holds the card."}},
    {SSC_M_PIN,
     0,
     {"pin", SSC_P_PIN, false, 0, 0, NULL,
      "Verify the PIN first: {\"entry\":\"pinpad\"} on the reader's keypad, or {\"secret\":\"123456\"}."}},
    {SSC_M_CARD | SSC_M_STORE | SSC_M_READER,
     0,
     {"deadline_ms", SSC_P_INT, false, 1, 3600000, NULL,
      "The answer comes within this time from receipt; the configuration sets default and maximum."}},
};

const struct ssc_param *ssc_method_common(unsigned flags, size_t n)
{
    const struct ssc_param *found = NULL;
    for (size_t i = 0; i < sizeof common / sizeof common[0] && !found; i++) {
        if ((flags & common[i].any_of) && !(flags & common[i].none_of) && n-- == 0) {
            found = &common[i].param;
        }
    }
    return found;
}
