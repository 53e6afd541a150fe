/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ifd/fault.h"

#include "apdu/bytes.h"

#include <ifdhandler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum ssc_ifd_fault_kind kind;
    long answer;
} kinds[] = {
    {"communication-error", SSC_IFD_ANSWER, IFD_COMMUNICATION_ERROR},
    {"timeout", SSC_IFD_ANSWER, IFD_RESPONSE_TIMEOUT},
    {"protocol", SSC_IFD_ANSWER, IFD_PROTOCOL_NOT_SUPPORTED},
    {"power", SSC_IFD_ANSWER, IFD_ERROR_POWER_ACTION},
    {"not-present", SSC_IFD_ANSWER, IFD_ICC_NOT_PRESENT},
    {"no-device", SSC_IFD_ANSWER, IFD_NO_SUCH_DEVICE},
    {"buffer", SSC_IFD_ANSWER, IFD_ERROR_INSUFFICIENT_BUFFER},
    {"empty", SSC_IFD_EMPTY, 0},
    {"hang", SSC_IFD_HANG, 0},
    {"delay", SSC_IFD_DELAY, 0},
    {"wire", SSC_IFD_WIRE, 0},
    {"mute", SSC_IFD_MUTE, 0},
    {"atr", SSC_IFD_ATR, 0},
};

static bool about_reset(enum ssc_ifd_fault_kind kind)
{
    return kind == SSC_IFD_MUTE || kind == SSC_IFD_ATR;
}

static struct ssc_ifd_fault fault_of(char *words, const uint8_t *tx, size_t tx_len)
{
    struct ssc_ifd_fault fault = {0};
    uint8_t command[2];
    size_t len = sizeof command;
    char *rest = NULL;
    char *word = strtok_r(words, " \t\r", &rest);
    bool meant = true;
    if (word && ssc_hex_decode(word, command, &len) == 0 && len == 2) {
        meant = tx && tx_len >= 2 && memcmp(tx, command, 2) == 0;
        word = strtok_r(NULL, " \t\r", &rest);
    }
    const char *argument = word ? strtok_r(NULL, " \t\r", &rest) : NULL;
    for (size_t i = 0; word && meant && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(word, kinds[i].name) == 0 && about_reset(kinds[i].kind) == (tx == NULL)) {
            fault.kind = kinds[i].kind;
            fault.answer = kinds[i].answer;
        }
    }
    if (fault.kind == SSC_IFD_DELAY) {
        fault.delay_ms = argument ? (unsigned)strtoul(argument, NULL, 10) : 0;
    } else if (fault.kind == SSC_IFD_ATR) {
        fault.atr_len = sizeof fault.atr;
        if (!argument || ssc_hex_decode(argument, fault.atr, &fault.atr_len) != 0) {
            fault.atr_len = 0;
        }
    }
    return fault;
}

struct ssc_ifd_fault ssc_ifd_fault_find(const struct ssc_ifd_slot *slot, const uint8_t *tx, size_t tx_len)
{
    struct ssc_ifd_fault fault = {0};
    char path[PATH_MAX], text[1024];
    char *rest = NULL;
    /* Nearly always there is no such file; asking costs a microsecond. */
    if (ssc_ifd_slot_path(slot, "fault", path, sizeof path) == 0 && access(path, F_OK) == 0 &&
        ssc_ifd_slot_text(slot, "fault", text, sizeof text)) {
        for (char *line = strtok_r(text, "\n", &rest); line && fault.kind == SSC_IFD_NO_FAULT;
             line = strtok_r(NULL, "\n", &rest)) {
            fault = fault_of(line, tx, tx_len);
        }
    }
    return fault;
}

void ssc_ifd_fault_hang(const struct ssc_ifd_slot *slot)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    char path[PATH_MAX];
    while (ssc_ifd_slot_path(slot, "fault", path, sizeof path) == 0 && access(path, F_OK) == 0) {
        nanosleep(&pause, NULL);
    }
}
