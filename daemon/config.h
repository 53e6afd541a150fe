/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file (INI). docs/sscardd.conf shows and explains every option with its default. */
#ifndef SSC_DAEMON_CONFIG_H
#define SSC_DAEMON_CONFIG_H

#include "daemon/log.h"
#include "daemon/roles.h"

#include <stdbool.h>
#include <stdint.h>

struct ssc_config {
    /* [daemon] */
    char socket[108]; /* as long as sun_path */
    int64_t socket_mode;
    char socket_group[64];
    char journal[512];
    int64_t max_clients, deadline_ms, max_deadline_ms, lease_ms, max_lease_ms, queue, stop_ms;
    char log_level[16];
    /* [readers] */
    char driver[512]; /* "pcsc", "sim", "replay:FILE" */
    char ignore[512]; /* globs, separated by commas */
    char psam[128];   /* "auto", "none", or a reader's name */
    bool exclusive;
    /* [auth] */
    char key_file[512];
    bool test_keys;
    /* [card] */
    char profile[512]; /* JSON file; "" is the built-in profile */
    char device_number[32];
    /* [sim], for driver = sim */
    char sim_images[512]; /* names or files, separated by commas; one reader each */
    char sim_state[512];  /* folder in which the cards' state is kept; "" keeps it in memory */
    /* [roles] */
    struct ssc_roles roles;
};

void ssc_config_default(struct ssc_config *c);
/* Options of the file override what is there. SSC_E_IO, SSC_E_CONFIG with file, line and reason in why. */
int ssc_config_load(const char *path, struct ssc_config *c, char why[200]);
/* One option by its names, as from the command line. SSC_E_CONFIG with a reason in why. */
int ssc_config_set(struct ssc_config *c, const char *section, const char *name, const char *value,
                   char why[200]);
/* Values that contradict each other. */
int ssc_config_check(const struct ssc_config *c, char why[200]);

#endif
