/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include "apdu/error.h"

#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_FILE "/etc/sscard/sscardd.conf"

enum { SIM = 256, CONFIG, SOCKET, JOURNAL, STATE, LEVEL, CHECK, DESCRIBE, VERSION, HELP };

static const struct option longs[] = {
    {"sim", optional_argument, NULL, SIM},
    {"config", required_argument, NULL, CONFIG},
    {"socket", required_argument, NULL, SOCKET},
    {"journal", required_argument, NULL, JOURNAL},
    {"state", required_argument, NULL, STATE},
    {"log-level", required_argument, NULL, LEVEL},
    {"check-config", no_argument, NULL, CHECK},
    {"describe", optional_argument, NULL, DESCRIBE},
    {"version", no_argument, NULL, VERSION},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

void ssc_options_help(void)
{
    puts("sscardd - service for social security cards\n"
         "\n"
         "  --sim[=IMAGE,..]   simulated readers with these cards (ssc-3.0,pboc without it) and a PSAM\n"
         "                     contactless:IMAGE for a contactless reader\n"
         "  --state DIR        the simulated cards keep their state there; in memory without it\n"
         "  --config FILE      configuration; " CONFIG_FILE " when it exists\n"
         "  --socket PATH      where to listen\n"
         "  --journal PATH     where transactions are journalled\n"
         "  --log-level LEVEL  error, warning, info, debug\n"
         "  --check-config     say whether the configuration is right, and end\n"
         "  --describe[=PAGE]  print the methods as OpenRPC, or a page of the documentation: api, api-zh, "
         "errors,\n"
         "                     errors-zh\n"
         "  --version  --help");
}

struct given {
    const char *sim, *level;
    char socket[512], journal[512], state[512];
    bool simulate;
};

/* What is typed is meant from where it is typed; the configuration knows whole paths only. */
static int whole_path(char out[512], const char *path, char why[200])
{
    char here[512] = "";
    int length = -1;
    if (path[0] == '/') {
        length = snprintf(out, 512, "%s", path);
    } else if (path[0] && getcwd(here, sizeof here)) {
        length = snprintf(out, 512, "%s/%s", here, path);
    }
    const bool fits = length >= 0 && length < 512;
    if (!fits) {
        snprintf(why, 200, "%.100s: not a path that can be used", path);
    }
    return fits ? 0 : SSC_E_CONFIG;
}

static int read_line(int argc, char **argv, struct ssc_options *o, struct given *g, char why[200])
{
    int rc = 0, c;
    optind = 1;
    opterr = 0;
    while (rc == 0 && (c = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
        switch (c) {
        case SIM:
            g->simulate = true;
            g->sim = optarg;
            break;
        case CONFIG:
            snprintf(o->config_file, sizeof o->config_file, "%s", optarg);
            break;
        case SOCKET:
            rc = whole_path(g->socket, optarg, why);
            break;
        case JOURNAL:
            rc = whole_path(g->journal, optarg, why);
            break;
        case STATE:
            rc = whole_path(g->state, optarg, why);
            break;
        case LEVEL:
            g->level = optarg;
            break;
        case CHECK:
            o->run = SSC_RUN_CHECK;
            break;
        case DESCRIBE:
            o->run = SSC_RUN_DESCRIBE;
            o->page = optarg;
            break;
        case VERSION:
            o->run = SSC_RUN_VERSION;
            break;
        case HELP:
            o->run = SSC_RUN_HELP;
            break;
        default:
            snprintf(why, 200, "%.100s: not an option, or its value is missing; see --help",
                     argv[optind - 1]);
            rc = SSC_E_CONFIG;
        }
    }
    if (rc == 0 && optind < argc) {
        snprintf(why, 200, "%.100s: not an option; see --help", argv[optind]);
        rc = SSC_E_CONFIG;
    }
    return rc;
}

/* Where a user without any rights can run it. */
static int sim_places(struct ssc_options *o, char why[200])
{
    char path[256], copy[256];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int rc;
    if (runtime && runtime[0] == '/') {
        snprintf(path, sizeof path, "%.200s/sscard/sscard.sock", runtime);
    } else {
        snprintf(path, sizeof path, "/tmp/sscard-%u/sscard.sock", (unsigned)getuid());
    }
    rc = ssc_config_set(&o->config, "daemon", "socket", path, why);
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(o->config.journal, sizeof o->config.journal, "%s/sim-journal.db", dirname(copy));
    o->fresh_journal = true;
    return rc;
}

static int apply(struct ssc_options *o, const struct given *g, char why[200])
{
    struct ssc_config *c = &o->config;
    int rc = 0;
    if (g->simulate) {
        rc = ssc_config_set(c, "readers", "driver", "sim", why);
    }
    if (rc == 0 && g->sim) {
        rc = ssc_config_set(c, "sim", "images", g->sim, why);
    }
    if (rc == 0 && g->state[0]) {
        rc = ssc_config_set(c, "sim", "state", g->state, why);
        snprintf(c->journal, sizeof c->journal, "%.490s/journal.db", g->state);
        o->fresh_journal = false;
    }
    if (rc == 0 && g->socket[0]) {
        rc = ssc_config_set(c, "daemon", "socket", g->socket, why);
        if (rc == 0 && g->simulate && !g->state[0]) { /* two simulations side by side need two journals */
            snprintf(c->journal, sizeof c->journal, "%s.journal.db", c->socket);
        }
    }
    if (rc == 0 && g->journal[0]) {
        rc = ssc_config_set(c, "daemon", "journal", g->journal, why);
        o->fresh_journal = false;
    }
    if (rc == 0 && g->level) {
        rc = ssc_config_set(c, "daemon", "log-level", g->level, why);
    }
    return rc;
}

int ssc_options_parse(int argc, char **argv, struct ssc_options *o, char why[200])
{
    struct given g = {.simulate = false};
    int rc;
    *o = (struct ssc_options){.run = SSC_RUN_SERVE};
    ssc_config_default(&o->config);
    rc = read_line(argc, argv, o, &g, why);
    if (rc == 0 && g.simulate) {
        rc = sim_places(o, why);
    }
    if (rc == 0 && !o->config_file[0] && !g.simulate && access(CONFIG_FILE, F_OK) == 0) {
        snprintf(o->config_file, sizeof o->config_file, "%s", CONFIG_FILE);
    }
    if (rc == 0 && o->config_file[0]) {
        rc = ssc_config_load(o->config_file, &o->config, why);
    }
    if (rc == 0) {
        rc = apply(o, &g, why);
    }
    if (rc == 0) {
        rc = ssc_config_check(&o->config, why);
    }
    return rc;
}
