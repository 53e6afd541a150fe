/* SPDX-License-Identifier: Apache-2.0 */
/* Every scenario of tests/data/vectors.json, played against the simulated purse card and PSAM: personalised
 * from the file, random numbers from the file, answers byte by byte, and the state at the end. */
#include "simcard.h"

#include <jansson.h>

static const char *text(const json_t *o, const char *name)
{
    const char *v = json_string_value(json_object_get(o, name));
    assert_non_null(v);
    return v;
}

static json_t *wallet(const json_t *purse, const char *name)
{
    const json_t *w = json_object_get(purse, name);
    const json_int_t limit = json_integer_value(json_object_get(w, "limit"));
    return json_pack("{s:O, s:O, s:O, s:I}", "balance", json_object_get(w, "balance"), "online",
                     json_object_get(w, "online"), "offline", json_object_get(w, "offline"), "overdraft",
                     limit);
}

static char *card_image(const json_t *suite, const char *alg)
{
    const json_t *c = json_object_get(suite, "card");
    const json_t *purse = json_object_get(suite, "purse");
    char file15[64], ignored[92];
    json_t *image;
    char *out;
    snprintf(file15, sizeof file15, "00000000000000000301%s20150101203512310100", text(c, "serial"));
    memset(ignored, '0', 90);
    ignored[90] = 0;
    image =
        json_pack("{s:i, s:s, s:s, s:s, s:{s:s, s:{s:s}}, s:{s:s, s:i}, s:O, s:{s:o, s:o}, s:{s:s, s:s}}",
                  "format", 1, "kind", "pboc", "algorithm", alg, "protocol", "tcl", "files", "EF15", file15,
                  "EF19", "AA", ignored, "pin", "value", text(c, "pin"), "tries", 3, "keys",
                  json_object_get(c, "keys"), "purse", "ed", wallet(purse, "ed"), "ep", wallet(purse, "ep"),
                  "profile", "key_version", text(c, "key_version"), "alg_id", text(c, "algorithm_id"));
    assert_non_null(image);
    out = json_dumps(image, 0);
    json_decref(image);
    return out;
}

static char *psam_image(const json_t *suite, const char *alg)
{
    static const struct {
        const char *name;
        int type;
    } KEYS[] = {{"MPK", 2}, {"MTK", 4}, {"MAMK", 6}, {"MEAK", 7}};
    const json_t *p = json_object_get(suite, "psam");
    const json_t *masters = json_object_get(p, "keys");
    json_t *keys = json_array(), *image;
    char *out;
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        json_array_append_new(keys,
                              json_pack("{s:i, s:i, s:s, s:O}", "type", KEYS[i].type, "version", 1,
                                        "algorithm", alg, "key", json_object_get(masters, KEYS[i].name)));
    }
    image = json_pack("{s:i, s:s, s:s, s:[s], s:s, s:O, s:o}", "format", 1, "kind", "psam", "protocol", "t1",
                      "algorithms", alg, "terminal", text(p, "terminal"), "next", json_object_get(p, "next"),
                      "purse_keys", keys);
    assert_non_null(image);
    out = json_dumps(image, 0);
    json_decref(image);
    return out;
}

static uint8_t pool[64];
static void feed(struct ssc_sim_card *card, const json_t *list)
{
    const json_t *v;
    size_t i, at = 0;
    json_array_foreach((json_t *)list, i, v)
    {
        size_t n = sizeof pool - at;
        assert_int_equal(ssc_hex_decode(json_string_value(v), pool + at, &n), 0);
        at += n;
    }
    ssc_sim_card_random(card, pool, at);
}

static void play_step(struct ssc_sim_card *card, const char *scenario, const json_t *step)
{
    const char *fault = json_string_value(json_object_get(step, "fault"));
    const char *compare = json_string_value(json_object_get(step, "compare"));
    const char *answer, *want;
    if (strcmp(text(step, "op"), "reset") == 0) {
        power(card);
    } else if (!fault || strcmp(fault, "not_delivered") != 0) {
        want = text(step, "expect");
        answer = raw(card, text(step, "send"));
        if (compare) {
            answer += strlen(answer) - 4;
        }
        if (strcmp(answer, want) != 0) {
            fail_msg("%s: %s\n  got  %s\n  want %s", scenario, text(step, "send"), answer, want);
        }
    }
}

static void check_after(const struct ssc_sim_card *card, const struct ssc_sim_card *psam, const json_t *after)
{
    char *a = ssc_sim_card_dump(card), *b = ssc_sim_card_dump(psam);
    json_t *c = json_loads(a, 0, NULL), *p = json_loads(b, 0, NULL);
    json_t *purse = json_object_get(c, "purse");
    json_t *ed = wallet(after, "ed"), *ep = wallet(after, "ep");
    assert_true(json_equal(json_object_get(purse, "ed"), ed));
    assert_true(json_equal(json_object_get(purse, "ep"), ep));
    assert_true(json_equal(json_object_get(p, "next"), json_object_get(after, "terminal_next")));
    json_decref(ed);
    json_decref(ep);
    json_decref(c);
    json_decref(p);
    free(a);
    free(b);
}

/* Whether a file takes ciphered updates is personalisation: the same card, personalised so. */
static struct ssc_sim_card *with_cipher(const struct ssc_sim_card *card)
{
    char *dump = ssc_sim_card_dump(card);
    char *json = edited(dump, "\"profile\": {", "\"profile\": {\"sm_cipher\": true, ");
    struct ssc_sim_card *other = card_of_json(json);
    free(dump);
    free(json);
    enter(other, "00A4040009A00000000386980701");
    return other;
}

static void play(struct ssc_sim_card *card, struct ssc_sim_card *psam, const json_t *scenario)
{
    const bool cipher = strstr(text(scenario, "name"), "binary-enc") != NULL;
    struct ssc_sim_card *use = cipher ? with_cipher(card) : card;
    const json_t *step;
    size_t i;
    feed(use, json_object_get(scenario, "random"));
    json_array_foreach(json_object_get(scenario, "steps"), i, step)
    {
        play_step(strcmp(text(step, "to"), "psam") == 0 ? psam : use, text(scenario, "name"), step);
    }
    check_after(use, psam, json_object_get(scenario, "after"));
    if (cipher) {
        assert_string_equal(raw(use, "00B0950008"), "01020304050607089000");
        ssc_sim_card_free(&use);
    }
}

static void play_suite(const char *name, const char *alg)
{
    json_t *root = json_load_file(SSC_TEST_DATA "/vectors.json", 0, NULL);
    const json_t *suite = json_object_get(json_object_get(root, "suites"), name);
    const json_t *scenario;
    char *card_json = card_image(suite, alg), *psam_json = psam_image(suite, alg);
    struct ssc_sim_card *card = card_of_json(card_json), *psam = card_of_json(psam_json);
    size_t i, played = 0;
    enter(card, "00A4040009A00000000386980701");
    json_array_foreach(json_object_get(suite, "scenarios"), i, scenario)
    {
        play(card, psam, scenario);
        played++;
    }
    print_message("%s: %zu scenarios\n", name, played);
    assert_true(played > 20);
    ssc_sim_card_free(&card);
    ssc_sim_card_free(&psam);
    free(card_json);
    free(psam_json);
    json_decref(root);
}

static void scenarios_3des(void **state)
{
    (void)state;
    play_suite("3DES", "3des");
}

static void scenarios_sm4(void **state)
{
    (void)state;
    play_suite("SM4", "sm4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_3des),
        cmocka_unit_test(scenarios_sm4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
