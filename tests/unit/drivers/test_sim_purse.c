/* SPDX-License-Identifier: Apache-2.0 */
/* The medical account on the simulated card, with the simulated PSAM: state machine, proof, yearly sums, log,
 * and what remains when the card is torn at each command or the process dies between two. */
#include "simcard.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#define TERMINAL "410100813475"
#define INIT                                                                                                 \
    "B028010113"                                                                                             \
    "01"                                                                                                     \
    "000004E2"                                                                                               \
    "00000064"                                                                                               \
    "000000C8" TERMINAL /* 12.50 account, 1.00 own, 2.00 pooled */
#define AMOUNTS                                                                                              \
    "000004E2"                                                                                               \
    "00000064"                                                                                               \
    "000000C8"
#define TIME "20260315093015"
#define FACTORS                                                                                              \
    "8697159900BF7C7A"                                                                                       \
    "3633393930307378"                                                                                       \
    "3633303030307368"

struct bench {
    struct ssc_sim_card *card, *psam;
    char debit[64]; /* the armed debit command */
};

static void enter_purse(struct ssc_sim_card *card)
{
    enter(card, SELECT_SSSE);
    enter(card, SELECT_DF(4));
    ASK(card, "0020000003123456", "9000");
}

static void choose_environment(struct ssc_sim_card *psam, bool sm4)
{
    enter(psam,
          sm4 ? "00A404000F7378332E73682EC9E7BBE1B1A3D5CF" : "00A404000F7378312E73682EC9E7BBE1B1A3D5CF");
    enter(psam, "00A4000002DF01");
}

static struct bench bench_of(struct ssc_sim_card *card, bool sm4)
{
    struct bench b = {.card = card, .psam = card_named("psam")};
    choose_environment(b.psam, sm4);
    enter_purse(card);
    return b;
}

static void bench_free(struct bench *b)
{
    ssc_sim_card_free(&b->card);
    ssc_sim_card_free(&b->psam);
}

/* INITIALIZE on the card and MAC1 from the PSAM: b->debit is ready. False: the card gave no answer. */
static bool try_arm(struct bench *b)
{
    char command[200], init[64];
    const char *seq;
    bool armed;
    copy_answer(init, sizeof init, say(b->card, INIT));
    b->debit[0] = 0;
    armed = strlen(init) == 2 * 22 + 4;
    if (!armed) {
        goto done;
    }
    /* random 4 | seq 2 | amounts | type | time | version | algorithm | factors */
    snprintf(command, sizeof command, "8070010034%.8s%.4s" AMOUNTS "32" TIME "%.4s" FACTORS, init + 36,
             init + 28, init + 32);
    seq = say(b->psam, command);
    assert_int_equal(strlen(seq), 20);
    snprintf(b->debit, sizeof b->debit, "B02C01000F%.8s" TIME "%.8s", seq, seq + 8);
done:
    return armed;
}

static void arm(struct bench *b)
{
    assert_true(try_arm(b));
}

/* TAC | MAC2 as answered; checks MAC2 with the PSAM. */
static void finish(struct bench *b, const char *answer)
{
    char command[32];
    assert_int_equal(strlen(answer), 20);
    snprintf(command, sizeof command, "8072000004%.8s", answer + 8);
    RAW(b->psam, command, "9000");
}

static json_int_t number(const struct ssc_sim_card *card, const char *name)
{
    char *dump = ssc_sim_card_dump(card);
    json_t *root = json_loads(dump, 0, NULL);
    const json_int_t n = json_integer_value(json_object_get(json_object_get(root, "purse"), name));
    json_decref(root);
    free(dump);
    return n;
}

static void purchase_through_psam(void **state)
{
    static const char *const names[] = {"ssc-2.0", "ssc-3.0", "ssc-3.0-3des", "ssc-1.0"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct bench b = bench_of(card_named(names[i]), i == 1);
        char proof[32], answer[32];
        ASK(b.card, "B026000104", "000186A09000");
        arm(&b);
        copy_answer(answer, sizeof answer, say(b.card, b.debit));
        finish(&b, answer);
        ASK(b.card, "B026000104", "000181BE9000");
        ASK(b.card, "B026000206", "0000006420269000");
        ASK(b.card, "B026000306", "000000C820269000");
        ASK(b.card, "B02E0032020005", "9406");
        snprintf(proof, sizeof proof, "%.8s%.8s9000", answer + 8, answer);
        ASK(b.card, "B02E0032020006", proof);
        ASK(b.card, "B02E0031020006", "9406");
        ASK(b.card, "00B2014400", "000632" TERMINAL TIME AMOUNTS "9000");
        ASK(b.psam, "00B0990004", "000000029000");
        assert_int_equal(number(b.card, "purchase_seq"), 6);
        bench_free(&b);
    }
}

/* Published synthetic values: root, sample card, random E3F50E75, sequence 5. */
static void published_macs(void **state)
{
    static const uint8_t random[4] = {0xE3, 0xF5, 0x0E, 0x75};
    static const char *const names[] = {"ssc-3.0-3des", "ssc-3.0"};
    static const char *const debits[] = {"B02C01000F0000000A2015111818500126C3A053",
                                         "B02C01000F0000000A20151118185001936C9BE5"};
    static const char *const answers[] = {"86C76A0DC21EBE7A9000", "7C5C12E8CC1409799000"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ssc_sim_card *c = card_named(names[i]);
        ssc_sim_card_random(c, random, sizeof random);
        enter_purse(c);
        ASK(c,
            "B02801011301"
            "00000000"
            "00002710"
            "00001F40" TERMINAL,
            i == 0 ? "000186A0"
                     "00000000"
                     "00000000"
                     "2026"
                     "0005"
                     "0101"
                     "E3F50E75"
                     "9000"
                   : "000186A0"
                     "00000000"
                     "00000000"
                     "2026"
                     "0005"
                     "0103"
                     "E3F50E75"
                     "9000");
        ASK(c, debits[i], answers[i]);
        ssc_sim_card_free(&c);
    }
}

static void state_machine(void **state)
{
    struct bench b = bench_of(card_named("ssc-3.0"), true);
    char *last, right;
    (void)state;
    RAW(b.card, "B02C01000F000000012026031509301500000000", "6901");
    RAW(b.card, "B02A00000B2026031509301500000000", "6901");
    arm(&b);
    ASK(b.card, "B026000104", "000186A09000"); /* questions are allowed in between */
    ASK(b.card, "B02E0032020006", "9406");
    finish(&b, say(b.card, b.debit));
    RAW(b.card, b.debit, "6901"); /* never twice */
    arm(&b);
    ASK(b.card, "00B2014400",
        "000632" TERMINAL TIME AMOUNTS "9000"); /* any other command drops the purchase */
    RAW(b.card, b.debit, "6901");
    arm(&b);
    last = &b.debit[strlen(b.debit) - 1];
    right = *last;
    *last = right == '0' ? '1' : '0';
    RAW(b.card, b.debit, "9302");
    *last = right;
    RAW(b.card, b.debit, "6901"); /* a wrong MAC1 ends it */
    arm(&b);
    RAW(b.card, "B02A00000B2026031509301500000000", "6901"); /* the wrong second command drops it, too */
    RAW(b.card, b.debit, "6901");
    RAW(b.card,
        "B02801011301"
        "000186A0"
        "00000000"
        "00000000" TERMINAL,
        "9401");
    RAW(b.card,
        "B02801011302"
        "00000001"
        "00000000"
        "00000000" TERMINAL,
        "9403");
    RAW(b.card,
        "B02801011201"
        "00000001"
        "00000000"
        "00000000"
        "4101008134",
        "6700");
    RAW(b.card,
        "B02802011301"
        "00000001"
        "00000000"
        "00000000" TERMINAL,
        "6A86");
    RAW(b.card, "B026000404", "6A86");
    RAW(b.card, "B02E003201 00", "6700");
    power(b.card);
    enter(b.card, SELECT_SSSE);
    RAW(b.card, INIT, "6985");
    enter(b.card, SELECT_DF(4));
    RAW(b.card, INIT, "6982"); /* PIN */
    RAW(b.card, "B026000104", "6982");
    assert_int_equal(strlen(say(b.card, "B02E0032020006")),
                     20); /* the proof wants no PIN and outlives power */
    bench_free(&b);
}

static void load_with_host(void **state)
{
    const struct ssc_key key = card_key(SSC_ALG_SM4, 16);
    struct ssc_sim_card *c = card_named("ssc-3.0");
    struct ssc_medical_load l = {.key_index = 1, .amount = 5000, .type = SSC_TXN_LOAD};
    struct ssc_key session;
    struct ssc_response rsp;
    uint8_t answer[18], mac1[4], mac2[4], tac[4];
    char command[64], hex[9], expected[13];
    (void)state;
    enter_purse(c);
    hex_to(TERMINAL, l.terminal, 6);
    hex_to(TIME, l.host_time, 7);
    hex_to(say(c, "B02800010B01"
                  "00001388" TERMINAL),
           answer, 18);
    rsp = (struct ssc_response){.data = answer, .cap = 16, .len = 16, .sw = 0x9000};
    assert_int_equal(ssc_rsp_init_load(&rsp, &l), 0);
    assert_int_equal(l.balance, 100000);
    assert_int_equal(l.seq, 1);
    assert_int_equal(ssc_medical_load_session(&key, &l, &session), 0);
    assert_int_equal(ssc_medical_load_mac1(&session, &l, mac1), 0);
    assert_memory_equal(mac1, l.mac1, 4);
    assert_int_equal(ssc_medical_load_mac2(&session, &l, mac2), 0);
    assert_int_equal(ssc_medical_load_tac(&key, &l, tac), 0);
    ssc_hex_encode(mac2, 4, hex, sizeof hex);
    snprintf(command, sizeof command, "B02A00000B" TIME "%s", hex);
    ssc_hex_encode(tac, 4, hex, sizeof hex);
    snprintf(expected, sizeof expected, "%s9000", hex);
    ASK(c, command, expected);
    ASK(c, command, "6901");
    ASK(c, "B026000104", "00019A289000");
    assert_int_equal(strlen(say(c, "B02E0031020002")), 20);
    ASK(c, "00B2014400",
        "000231" TERMINAL TIME "00001388"
        "00000000"
        "00000000"
        "9000");
    assert_int_equal(strlen(say(c, "B02800010B01"
                                   "00001388" TERMINAL)),
                     36);
    ASK(c, "B02A00000B" TIME "00000000", "9302");
    RAW(c,
        "B02800010B01"
        "FFFFFFFF" TERMINAL,
        "6A80");
    ssc_sim_card_free(&c);
}

/* A settlement before the starting day belongs to the year before; the first one after it starts the sums
 * again. */
static void yearly_sums(void **state)
{
    char *json = edited(ssc_sim_image("ssc-3.0"), "\"starting_day\": \"0101\"", "\"starting_day\": \"0401\"");
    char *json2 = edited(json, "\"year\": \"2026\"", "\"year\": \"2025\"");
    struct bench b = bench_of(card_of_json(json2), true);
    (void)state;
    arm(&b); /* 2026-03-15 */
    finish(&b, say(b.card, b.debit));
    arm(&b);
    finish(&b, say(b.card, b.debit));
    ASK(b.card, "B026000206", "000000C820259000");
    ASK(b.card, "B056010002", "04019000");
    RAW(b.card, "B0560000020301", "6982");
    assert_string_equal(authenticate(b.card, SSC_ALG_SM4, 0x87), "9000"); /* DSK, as the image says */
    RAW(b.card, "B0560000021301", "6A80");
    RAW(b.card, "B0560000020301", "9000");
    arm(&b); /* now the new year has begun on 2026-03-01 */
    finish(&b, say(b.card, b.debit));
    ASK(b.card, "B026000206", "0000006420269000");
    free(json);
    free(json2);
    bench_free(&b);
}

/* ---- tearing ---- */

static void fault(struct ssc_sim_card *c, enum ssc_sim_fault_kind kind, int ins, unsigned arg)
{
    const struct ssc_sim_fault f = {.kind = kind, .nth = 1, .cla = -1, .ins = ins, .arg = arg, .sw = 0x6581};
    assert_int_equal(ssc_sim_card_fault(c, &f), 0);
}

/* After whatever happened: balance, sequence, log and proof tell one story. 1: debited, 0: not. */
static int story(struct ssc_sim_card *c)
{
    int debited;
    if (ssc_sim_card_torn(c)) {
        RAW(c, "B026000104", "E-27");
        ssc_sim_card_reinsert(c);
        RAW(c, "B026000104", "E-29");
    }
    power(c);
    enter_purse(c);
    debited = strcmp(say(c, "B026000104"), "000181BE9000") == 0;
    if (!debited) {
        ASK(c, "B026000104", "000186A09000");
        ASK(c, "00B2014400", "6A83");
        ASK(c, "B02E0032020006", "9406");
    } else {
        ASK(c, "00B2014400", "000632" TERMINAL TIME AMOUNTS "9000");
        ASK(c, "00B2024400", "6A83");
        assert_int_equal(strlen(say(c, "B02E0032020006")), 20);
    }
    assert_int_equal(number(c, "purchase_seq"), 5 + debited);
    return debited;
}

static void torn_debits(void **state)
{
    static const struct {
        enum ssc_sim_fault_kind kind;
        unsigned arg;
        const char *answer;
        int debited;
    } CASES[] = {
        {SSC_FAULT_TEAR_BEFORE, 0, "E-27", 0},  {SSC_FAULT_TEAR_DURING, 1, "E-27", 0},
        {SSC_FAULT_TEAR_DURING, 2, "E-27", 1},  {SSC_FAULT_TEAR_AFTER, 0, "E-27", 1},
        {SSC_FAULT_LOSE_REPLY, 0, "E-25", 1},   {SSC_FAULT_TIMEOUT_AFTER, 0, "E-5", 1},
        {SSC_FAULT_MUTE, 0, "E-5", 0},          {SSC_FAULT_STATUS, 0, "6581", 0},
        {SSC_FAULT_STATUS_AFTER, 0, "6581", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench b = bench_of(card_named("ssc-3.0"), true);
        arm(&b);
        fault(b.card, CASES[i].kind, 0x2C, CASES[i].arg);
        RAW(b.card, b.debit, CASES[i].answer);
        assert_int_equal(story(b.card), CASES[i].debited);
        arm(&b); /* and the card works on */
        finish(&b, say(b.card, b.debit));
        bench_free(&b);
    }
}

static void lying_answers(void **state)
{
    struct bench b = bench_of(card_named("ssc-3.0"), true);
    char right[32], wrong[32];
    (void)state;
    arm(&b);
    fault(b.card, SSC_FAULT_WRONG_MAC, 0x2C, 0);
    copy_answer(wrong, sizeof wrong, say(b.card, b.debit));
    copy_answer(right, sizeof right, say(b.card, "B02E0032020006"));
    assert_memory_equal(wrong, right + 8, 8); /* TAC as it is, MAC2 inverted */
    assert_memory_not_equal(wrong + 8, right, 8);
    fault(b.card, SSC_FAULT_SHORT, 0x26, 3);
    RAW(b.card, "B026000103", "0001819000");
    fault(b.card, SSC_FAULT_GARBAGE, 0x26, 0);
    assert_string_not_equal(raw(b.card, "B026000104"), "000181BE9000");
    RAW(b.card, "B026000104", "000181BE9000");
    ssc_sim_card_clear_faults(b.card);
    bench_free(&b);
}

/* Every exchange of the purchase torn, the coin thrown both ways: never half a debit. */
static void torn_at_every_command(void **state)
{
    static const int ins[] = {0xA4, 0x20, 0x28, 0x2C, 0xC0};
    unsigned debited = 0, cases = 0;
    (void)state;
    for (size_t i = 0; i < sizeof ins / sizeof ins[0]; i++) {
        for (unsigned arg = 0; arg < 3; arg++) {
            for (unsigned n = 1; n <= 6; n++) {
                struct bench b = {.card = card_named("ssc-2.0"), .psam = card_named("psam")};
                const struct ssc_sim_fault f = {
                    .kind = SSC_FAULT_TEAR_DURING, .nth = n, .cla = -1, .ins = ins[i], .arg = arg};
                uint8_t byte[1] = {(uint8_t)n};
                static const char *const steps[] = {SELECT_SSSE, SELECT_DF(4), "0020000003123456"};
                ssc_sim_card_random(b.card, byte, 1);
                choose_environment(b.psam, false);
                assert_int_equal(ssc_sim_card_fault(b.card, &f), 0);
                for (size_t s = 0; s < 3 && !ssc_sim_card_torn(b.card); s++) {
                    say(b.card, steps[s]);
                }
                if (!ssc_sim_card_torn(b.card) && try_arm(&b)) {
                    say(b.card, b.debit);
                }
                ssc_sim_card_clear_faults(b.card);
                debited += (unsigned)story(b.card);
                cases++;
                bench_free(&b);
            }
        }
    }
    assert_int_equal(cases, 90);
    assert_in_range(debited, 20, 89);
}

/* ---- persistence ---- */

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* The process dies between two commands: what another one loads from the file is what the card had answered.
 */
static void survives_the_process(void **state)
{
    char folder[] = "/tmp/sscard-sim-XXXXXX", path[64], lock[80], why[200] = "";
    struct ssc_sim_card *card = NULL, *twin = NULL;
    struct bench b;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/card.json", folder);
    snprintf(lock, sizeof lock, "%s.lock", path);
    write_text(path, ssc_sim_image("ssc-3.0"));
    assert_int_equal(ssc_sim_card_load(path, &card, why), 0);
    assert_int_equal(ssc_sim_card_load(path, &twin, why), SSC_E_IO); /* one card, one reader */
    assert_non_null(strstr(why, "another reader"));
    power(card);
    b = bench_of(card, true);
    arm(&b);
    ssc_sim_card_free(&b.card); /* armed, not debited */
    assert_int_equal(ssc_sim_card_load(path, &b.card, why), 0);
    power(b.card);
    assert_int_equal(story(b.card), 0);
    arm(&b);
    assert_int_equal(strlen(raw(b.card, b.debit)), 4); /* 6108: committed, the data not fetched */
    ssc_sim_card_free(&b.card);
    assert_int_equal(ssc_sim_card_load(path, &b.card, why), 0);
    power(b.card);
    assert_int_equal(story(b.card), 1);
    RAW(b.card, "0020000003000000", "63C5");
    ssc_sim_card_free(&b.card);
    assert_int_equal(ssc_sim_card_load(path, &b.card, why), 0);
    power(b.card);
    enter(b.card, SELECT_SSSE);
    RAW(b.card, "0020000000", "63C5");
    bench_free(&b);
    assert_int_equal(ssc_sim_card_load("/no/such/card.json", &card, why), SSC_E_IMAGE_INVALID);
    unlink(path);
    unlink(lock);
    assert_int_equal(rmdir(folder), 0);
}

/* A card that cannot write its memory answers 6581 and has changed nothing. */
static void unwritable_memory(void **state)
{
    char folder[] = "/tmp/sscard-sim-XXXXXX", path[64], other[80], why[200] = "";
    struct ssc_sim_card *card = NULL;
    struct bench b;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/card.json", folder);
    write_text(path, ssc_sim_image("ssc-3.0"));
    assert_int_equal(ssc_sim_card_load(path, &card, why), 0);
    power(card);
    b = bench_of(card, true);
    arm(&b);
    snprintf(other, sizeof other, "%s.new", path);
    assert_int_equal(mkdir(other, 0700), 0); /* nothing can be written there now */
    RAW(b.card, b.debit, "6581");
    assert_int_equal(story(b.card), 0);
    assert_int_equal(rmdir(other), 0);
    arm(&b);
    finish(&b, say(b.card, b.debit));
    bench_free(&b);
    unlink(path);
    snprintf(other, sizeof other, "%s.lock", path);
    unlink(other);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- PSAM ---- */

static void psam_numbers_and_mac2(void **state)
{
    struct bench b = bench_of(card_named("ssc-3.0"), true);
    char *dump;
    (void)state;
    RAW(b.psam, "807200000400000000", "6901");
    arm(&b);
    for (int i = 0; i < 9; i++) {
        RAW(b.psam, "807200000400000000", "9302");
    }
    finish(&b, say(b.card, b.debit)); /* the right one heals the counter */
    arm(&b);
    fault(b.psam, SSC_FAULT_TEAR_DURING, 0x70,
          1); /* torn before the number is kept: it was never given out */
    RAW(b.psam,
        "80700100341122334400060000000100000000000000003220260315093015"
        "0103" FACTORS,
        "E-27");
    ssc_sim_card_reinsert(b.psam);
    power(b.psam);
    choose_environment(b.psam, true);
    ASK(b.psam, "00B0990004", "000000039000");
    arm(&b);
    for (int i = 0; i < 10; i++) {
        RAW(b.psam, "807200000400000000", "9302");
    }
    RAW(b.psam, "807200000400000000", "6983");
    dump = ssc_sim_card_dump(b.psam);
    ssc_sim_card_free(&b.psam);
    b.psam = card_of_json(dump);
    choose_environment(b.psam, true);
    RAW(b.psam,
        "80700100341122334400060000000100000000000000003220260315093015"
        "0103" FACTORS,
        "6983");
    free(dump);
    bench_free(&b);
}

static void psam_purchase_refusals(void **state)
{
    char *json = edited(ssc_sim_image("psam"), "\"levels\"", "\"DPK\": {\"levels\": [2]}, \"levels\"");
    char *last = edited(json, "\"next\": 1", "\"next\": 4294967295");
    struct ssc_sim_card *p = card_of_json(json);
    (void)state;
    choose_environment(p, false);
    RAW(p,
        "80700100341122334400060000000100000000000000003220260315093015"
        "0101" FACTORS,
        "6A80");
    RAW(p,
        "807001002C1122334400060000000100000000000000003220260315093015"
        "0101"
        "8697159900BF7C7A"
        "3633393930307378",
        "6108");
    RAW(p,
        "80700100341122334400060000000100000000000000003220260315093015"
        "0201" FACTORS,
        "9403");
    RAW(p,
        "80700100341122334400060000000100000000000000003220260315093015"
        "0103" FACTORS,
        "9403");
    RAW(p,
        "807001001C1122334400060000000100000000000000003220260315093015"
        "0101",
        "6700");
    ssc_sim_card_free(&p);
    p = card_of_json(last);
    choose_environment(p, false);
    RAW(p,
        "807001002C1122334400060000000100000000000000003220260315093015"
        "0101"
        "8697159900BF7C7A"
        "3633393930307378",
        "9402");
    ssc_sim_card_free(&p);
    free(json);
    free(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purchase_through_psam), cmocka_unit_test(published_macs),
        cmocka_unit_test(state_machine),         cmocka_unit_test(load_with_host),
        cmocka_unit_test(yearly_sums),           cmocka_unit_test(torn_debits),
        cmocka_unit_test(lying_answers),         cmocka_unit_test(torn_at_every_command),
        cmocka_unit_test(survives_the_process),  cmocka_unit_test(unwritable_memory),
        cmocka_unit_test(psam_numbers_and_mac2), cmocka_unit_test(psam_purchase_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
