/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <string.h>
#include <time.h>

int run_card_call(struct cli *cli, const char *method, json_t *params,
                  void (*show)(struct cli *cli, const json_t *result))
{
    json_t *result = NULL;
    const int rc = cli_card_call(cli, method, params, &result);
    const int status = rc == 0 ? cli_show(cli, result, show) : cli_fail(cli);
    json_decref(result);
    return status;
}

void clock_now(char out[40])
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    snprintf(out, 40, "%02d:%02d:%02d.%03d", tm.tm_hour % 24, tm.tm_min % 60, tm.tm_sec % 61,
             (int)(now.tv_nsec / 1000000) % 1000);
}

const char *kind_text(struct cli *cli, const char *kind)
{
    return strcmp(kind, "ssc") == 0    ? msg(cli, MSG_KIND_SSC)
           : strcmp(kind, "pboc") == 0 ? msg(cli, MSG_KIND_PBOC)
                                       : msg(cli, MSG_KIND_UNKNOWN);
}

const char *algorithm_text(const char *name)
{
    return strcmp(name, "sm4") == 0 ? "SM4" : strcmp(name, "3des") == 0 ? "3DES" : name;
}

void describe_card(struct cli *cli, const json_t *info, char out[160])
{
    const json_t *historical = json_object_get(info, "historical");
    const char *generation = js(info, "generation");
    const char *algorithm = algorithm_text(js(info, "algorithm"));
    const char *region = js(historical, "region");
    snprintf(out, 160, "%s%s%s%s%s%s%s%s", kind_text(cli, js(info, "kind")), generation[0] ? " " : "",
             generation, algorithm[0] ? ", " : "", algorithm, region[0] ? ", " : "",
             region[0] ? msg(cli, MSG_REGION) : "", region);
}
