/* SPDX-License-Identifier: Apache-2.0 */
/* The library's configuration: /etc/sscard/shim.conf, or $SSCARD_SHIM_CONF; docs/shim.conf shows every
 * option. */
#ifndef SSC_SHIM_CONFIG_H
#define SSC_SHIM_CONFIG_H

#include "middleware/shim/out.h"

#include <stdint.h>

enum { SSC_SHIM_FORMAT = 256 };

enum ssc_shim_pin_entry { SSC_SHIM_PIN_AUTO, SSC_SHIM_PIN_PAD, SSC_SHIM_PIN_HELPER };
enum ssc_shim_unit { SSC_SHIM_YUAN, SSC_SHIM_FEN };
enum ssc_shim_steps { SSC_SHIM_STEPS_THREAD, SSC_SHIM_STEPS_PROCESS };

struct ssc_shim_config {
    int encoding;     /* enum ssc_shim_encoding */
    char socket[108]; /* "": the usual places */
    char reader[128]; /* "": the only one of the medium that has a card */
    int64_t deadline_ms, hsm_hold_ms;
    int steps;              /* enum ssc_shim_steps: whose the steps of a two-step are */
    char device_number[64]; /* "": the service's */
    int amounts;            /* enum ssc_shim_unit */
    char btlv_separator[8];
    int pin_entry; /* enum ssc_shim_pin_entry */
    char pin_helper[200];
    int64_t pin_timeout_ms;
    struct { /* lines of {fields}; lines.h */
        char identity[SSC_SHIM_FORMAT], identity_hsm[SSC_SHIM_FORMAT], key_hsm[SSC_SHIM_FORMAT],
            command_hsm[SSC_SHIM_FORMAT], debit[SSC_SHIM_FORMAT], debit_hsm[SSC_SHIM_FORMAT],
            debit_hsm_answer[SSC_SHIM_FORMAT], debit_hsm_result[SSC_SHIM_FORMAT], record[SSC_SHIM_FORMAT],
            pay_info[SSC_SHIM_FORMAT];
    } format;
};
void ssc_shim_config_default(struct ssc_shim_config *c);
/* The file named by the environment, else the one in /etc when it is there. SSC_E_CONFIG, SSC_E_IO with a
 * sentence in why[]. */
int ssc_shim_config_load(struct ssc_shim_config *c, char why[200]);

#endif
