/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's command line. */
#ifndef SSC_DAEMON_OPTIONS_H
#define SSC_DAEMON_OPTIONS_H

#include "daemon/config.h"

enum ssc_run {
    SSC_RUN_SERVE,
    SSC_RUN_CHECK,
    SSC_RUN_DESCRIBE,
    SSC_RUN_VERSION,
    SSC_RUN_HELP,
};

struct ssc_options {
    enum ssc_run run;
    const char *page;      /* SSC_RUN_DESCRIBE: a page of daemon/pages.h, NULL for OpenRPC */
    char config_file[512]; /* "" : the built-in defaults */
    bool fresh_journal;    /* simulated cards in memory: a journal of an earlier run speaks of other cards */
    struct ssc_config config;
};

/* Command line over configuration file over defaults. SSC_E_CONFIG, SSC_E_IO with a sentence in why. */
int ssc_options_parse(int argc, char **argv, struct ssc_options *o, char why[200]);
void ssc_options_help(void);

#endif
