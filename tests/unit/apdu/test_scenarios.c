/* SPDX-License-Identifier: Apache-2.0 */
/* Each step of the purse scenarios of tests/data/vectors.json: the command is built from the transaction and
 * compared byte for byte, the card's answer is taken apart and checked against our own computation. */
#include "apdu/build.h"
#include "tests/unit/apdu/vectors.h"

#include "apdu/error.h"
#include "apdu/purse.h"
#include "apdu/ssc.h"

struct play {
    const json_t *suite, *card, *scenario, *values;
    const char *name;
    enum ssc_algorithm alg;
    struct hex challenge;
    struct ssc_purse_purchase p, first; /* first: purchase-ep, which a PSAM scenario repeats */
    struct ssc_purse_online o;
    struct ssc_key session;
    uint8_t mac2[4], tac[4];
    unsigned built, foreign;
};

static struct hex value(const struct play *play, const char *name)
{
    return hex_of(play->values, name);
}

static struct ssc_key card_key(const struct play *play, const char *name)
{
    return key_of(play->alg, hex_of(json_object_get(play->card, "keys"), name));
}

/* The transaction as the terminal knows it before the card has answered anything. */
static void transaction_begin(struct play *play)
{
    struct hex offline, online;
    bool limit;

    play->session = (struct ssc_key){.alg = SSC_ALG_NONE};
    if (json_object_get(play->values, "mac1_input") == NULL) {
        return;
    }
    offline = value(play, "mac1_input");
    online = value(play, "mac2_input");
    if (json_object_get(play->values, "tac_input") != NULL && online.len == 4) {
        play->p =
            (struct ssc_purse_purchase){.type = offline.b[4], .key_index = 1, .amount = ssc_get32(offline.b)};
        play->p.wallet = play->p.type == SSC_PURSE_PURCHASE_ED || play->p.type == SSC_PURSE_CASH
                             ? SSC_WALLET_ED
                             : SSC_WALLET_EP;
        memcpy(play->p.terminal, offline.b + 5, 6);
        memcpy(play->p.datetime, offline.b + 11, 7);
    } else {
        limit = online.len == 17;
        play->o = (struct ssc_purse_online){.type = online.b[limit ? 3 : 4],
                                            .key_index = 1,
                                            .amount = ssc_get32(online.b) >> (limit ? 8 : 0)};
        play->o.wallet = play->o.type == SSC_PURSE_LOAD_EP ? SSC_WALLET_EP : SSC_WALLET_ED;
        memcpy(play->o.terminal, online.b + (limit ? 4 : 5), 6);
        memcpy(play->o.host_time, online.b + (limit ? 10 : 11), 7);
    }
}

static bool is_purchase(const struct play *play)
{
    return strstr(play->name, "purchase") != NULL || strstr(play->name, "cash") != NULL;
}

static void step_init_online(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    static const char *const names[] = {[1] = "DLK", [2] = "DLK", [3] = "DULK", [7] = "DUK"};
    struct ssc_key key = card_key(play, names[play->o.type]);
    uint8_t mac1[4];

    ssc_cmd_purse_init_online(b, &play->o);
    assert_int_equal(ssc_rsp_purse_init_online(r, &play->o), 0);
    assert_int_equal(ssc_purse_online_session(&key, &play->o, &play->session), 0);
    assert_bytes(play->session.bytes, play->session.len, value(play, "session_key"));
    assert_int_equal(ssc_purse_online_mac1(&play->session, &play->o, mac1), 0);
    assert_bytes(mac1, 4, value(play, "mac1"));
    assert_memory_equal(mac1, play->o.mac1, 4);
    assert_int_equal(ssc_purse_online_mac2(&play->session, &play->o, play->o.mac2), 0);
    assert_bytes(play->o.mac2, 4, value(play, "mac2"));
}

static void step_complete_online(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    bool unload = play->o.type == SSC_PURSE_UNLOAD;
    struct ssc_key key = unload ? play->session : card_key(play, "DTK");
    uint8_t computed[4], answered[4];

    ssc_cmd_purse_complete_online(b, &play->o);
    assert_int_equal(ssc_purse_online_tac(&key, &play->o, computed), 0);
    assert_bytes(computed, 4, value(play, unload ? "mac3" : "tac"));
    assert_int_equal(ssc_rsp_purse_complete_online(r, answered), 0);
    assert_memory_equal(answered, computed, 4);
}

static void step_init_purchase(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    ssc_cmd_purse_init_purchase(b, &play->p);
    assert_int_equal(ssc_rsp_purse_init_purchase(r, &play->p), 0);
}

static void step_psam_init_purchase(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    bool two = strcmp(play->name, "psam-8070-two-levels") == 0;
    struct hex factor = hex_of(play->card, "factor"), city = hex("2000310020003100");
    struct ssc_key key = two ? key_of(play->alg, value(play, "dpk")) : card_key(play, "DPK");
    struct ssc_key dtk = card_key(play, "DTK");
    uint8_t factors[2][8], mac1[4];

    if (two) {
        play->p = play->first;
    }
    memcpy(factors[0], factor.b, 8);
    memcpy(factors[1], city.b, 8);
    ssc_cmd_purse_psam_init(b, &play->p, (const uint8_t(*)[8])factors, two ? 2 : 1);
    assert_int_equal(ssc_rsp_psam_init_purchase(r, play->p.terminal_seq, play->p.mac1), 0);
    assert_int_equal(ssc_purse_purchase_session(&key, &play->p, &play->session), 0);
    assert_bytes(play->session.bytes, play->session.len, value(play, "session_key"));
    assert_int_equal(ssc_purse_purchase_mac1(&play->session, &play->p, mac1), 0);
    assert_bytes(mac1, 4, value(play, "mac1"));
    assert_memory_equal(mac1, play->p.mac1, 4);
    if (two) {
        return;
    }
    assert_int_equal(ssc_purse_purchase_mac2(&play->session, &play->p, play->mac2), 0);
    assert_bytes(play->mac2, 4, value(play, "mac2"));
    assert_int_equal(ssc_purse_purchase_tac(&dtk, &play->p, play->tac), 0);
    assert_bytes(play->tac, 4, value(play, "tac"));
    if (strcmp(play->name, "purchase-ep") == 0) {
        play->first = play->p;
    }
}

static void step_debit(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    uint8_t tac[4], mac2[4];

    if (r->sw == 0x9302) {
        play->p.mac1[3] ^= 1;
    }
    ssc_cmd_purse_debit(b, &play->p);
    if (r->sw != 0x9000) {
        assert_int_equal(ssc_rsp_purse_debit(r, tac, mac2), SSC_E_BAD_RESPONSE);
        return;
    }
    assert_int_equal(ssc_rsp_purse_debit(r, tac, mac2), 0);
    assert_memory_equal(tac, play->tac, 4);
    assert_memory_equal(mac2, play->mac2, 4);
}

static void step_proof(struct play *play, const json_t *step, struct ssc_command_buf *b,
                       struct ssc_response *r)
{
    bool trap = json_is_true(json_object_get(step, "trap")), has_mac = false;
    uint8_t mac[4], tac[4];

    ssc_cmd_purse_proof(b, play->p.type, (uint16_t)(play->p.counter + (trap ? 0 : 1)));
    if (r->sw != 0x9000) {
        return;
    }
    assert_int_equal(ssc_rsp_purse_proof(r, mac, tac, &has_mac), 0);
    assert_true(has_mac);
    /* A stale proof is a true answer, and only MAC2 tells it apart. */
    assert_int_equal(ssc_mac_equal(mac, play->mac2, 4), !trap);
    assert_int_equal(ssc_mac_equal(tac, play->tac, 4), !trap);
}

static void step_balance(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    enum ssc_wallet wallet = is_purchase(play) ? play->p.wallet : play->o.wallet;
    const json_t *after =
        json_object_get(json_object_get(play->scenario, "after"), wallet == SSC_WALLET_ED ? "ed" : "ep");
    uint32_t amount = 0;

    ssc_cmd_purse_balance(b, wallet);
    assert_int_equal(ssc_rsp_purse_balance(r, &amount), 0);
    assert_int_equal(amount, json_integer_value(json_object_get(after, "balance")));
}

static void step_update_binary(struct play *play, struct ssc_command_buf *b)
{
    struct ssc_key key = card_key(play, "DAMK");
    struct hex plain, input = value(play, "mac_input");
    uint8_t cipher[64];
    size_t len = sizeof cipher;

    if (json_object_get(play->values, "plain") != NULL) {
        plain = value(play, "plain");
        assert_int_equal(ssc_encipher(&key, plain.b + 1, plain.b[0], cipher, &len), 0);
        assert_bytes(cipher, len, value(play, "cipher"));
        ssc_cmd_update_binary(b, 0x15, 0, cipher, len);
    } else {
        ssc_cmd_update_binary(b, 0x15, 0, input.b + 5, input.len - 5);
    }
    b->cmd.cla |= 0x04;
    assert_int_equal(ssc_purse_secure(b, &key, play->challenge.b, play->challenge.len), 0);
}

static void step_application(struct play *play, uint8_t ins, struct ssc_command_buf *b)
{
    struct ssc_key key = card_key(play, "DAMK");

    b->cmd = (struct ssc_command){.cla = 0x84, .ins = ins, .data = b->data};
    assert_int_equal(ssc_purse_secure(b, &key, play->challenge.b, play->challenge.len), 0);
}

static void step_external_auth(struct play *play, struct ssc_command_buf *b)
{
    struct ssc_key key = card_key(play, "DEAK");
    uint8_t auth[8];

    assert_int_equal(ssc_purse_auth_data(&key, play->challenge.b, play->challenge.len, auth), 0);
    assert_bytes(auth, 8, value(play, "cryptogram"));
    ssc_build_data(b, 0x00, 0x82, 0x00, 0x00, auth, sizeof auth, 0);
}

static void step_psam_cipher(struct play *play, struct ssc_command_buf *b, struct ssc_response *r)
{
    static const uint8_t zero[8], iv[8] = {0x1A, 0x2B, 0x3C, 0x4D};
    bool mac = strcmp(play->name, "psam-mac-80fa") == 0, tac = strcmp(play->name, "psam-tac-80fa") == 0;
    struct hex data, answer = {.len = 0};
    struct ssc_key key = card_key(play, mac ? "DAMK" : tac ? "DTK" : "DEAK"), tac_key;
    uint8_t wire[128];

    data = mac || tac ? value(play, "padded") : hex("01020304050607081112131415161718");
    memcpy(wire, mac ? iv : zero, 8);
    memcpy(wire + (mac || tac ? 8 : 0), data.b, data.len);
    ssc_cmd_psam_cipher(b, mac || tac ? 0x05 : 0x00, wire, data.len + (mac || tac ? 8 : 0), 0);
    answer.len = r->len;
    if (mac) {
        assert_int_equal(ssc_retail_mac(&key, iv, data.b, data.len, true, answer.b), 0);
    } else if (tac) {
        assert_int_equal(ssc_tac_key(&key, &tac_key), 0);
        assert_int_equal(ssc_cbc_mac(&tac_key, NULL, data.b, data.len, true, answer.b), 0);
    } else {
        assert_int_equal(ssc_ecb(&key, true, data.b, data.len, answer.b), 0);
    }
    assert_bytes(r->data, r->len, answer);
}

static void step_pin(struct play *play, const char *op, struct hex send, struct ssc_command_buf *b)
{
    struct hex pin = hex_of(play->card, "pin"), other = hex("654321");
    struct ssc_key key;
    bool back = send.b[5] == other.b[0];

    if (strcmp(op, "verify_pin") == 0) {
        ssc_cmd_verify(b, pin.b, pin.len);
    } else if (strcmp(op, "reload_pin") == 0) {
        key = card_key(play, "DRPK");
        assert_int_equal(ssc_cmd_purse_reload_pin(b, 0, &key, pin.b, pin.len), 0);
    } else if (strcmp(op, "unblock_pin") == 0) {
        key = card_key(play, "DPUK");
        assert_int_equal(ssc_cmd_purse_unblock_pin(b, 0x0000, &key, play->challenge.b, play->challenge.len,
                                                   pin.b, pin.len),
                         0);
    } else {
        assert_string_equal(op, "change_pin");
        assert_int_equal(ssc_cmd_change_pin(b, 0, back ? other.b : pin.b, 3, back ? pin.b : other.b, 3), 0);
    }
}

/* Commands of the small kind; false when no builder of ours makes it. */
static bool step_other(struct play *play, const char *op, struct hex send, struct ssc_command_buf *b,
                       struct ssc_response *r)
{
    struct hex aid = hex_of(play->card, "aid"), factor = hex_of(play->card, "factor");
    uint8_t type = strstr(play->name, "mac") ? 6 : strstr(play->name, "tac") ? 4 : 7;
    bool ours = true;

    if (strstr(op, "_pin") != NULL) {
        step_pin(play, op, send, b);
    } else if (strcmp(op, "select") == 0) {
        assert_memory_equal(aid.b, ssc_purse_aid, sizeof ssc_purse_aid);
        ssc_cmd_select_name(b, aid.b, aid.len);
        b->cmd.le = 0; /* the scenario asks for no FCI */
    } else if (strcmp(op, "read_terminal") == 0) {
        ssc_cmd_read_binary(b, 0x16, 0, 6);
        assert_bytes(r->data, r->len, hex_of(json_object_get(play->suite, "psam"), "terminal"));
    } else if (strcmp(op, "challenge") == 0) {
        ssc_cmd_get_challenge(b, r->len);
        memcpy(play->challenge.b, r->data, r->len);
        play->challenge.len = r->len;
    } else if (strcmp(op, "psam_init_descrypt") == 0) {
        ssc_cmd_psam_init_descrypt(b, type, 1, 1, factor.b, 8);
    } else if (strcmp(op, "psam_credit") == 0) {
        ssc_cmd_psam_credit(b, play->mac2);
    } else if (strcmp(op, "update_binary") == 0) {
        step_update_binary(play, b);
    } else if (strstr(op, "_application") != NULL) {
        step_application(play, strcmp(op, "block_application") == 0 ? 0x1E : 0x18, b);
    } else {
        ours = false;
    }
    return ours;
}

static void run_step(struct play *play, const json_t *step)
{
    const char *op = text_of(step, "op");
    struct ssc_command_buf b;
    struct hex send, expect = hex("6F00");
    struct ssc_response r;
    bool ours = true;

    if (strcmp(op, "reset") == 0) {
        return;
    }
    send = hex_of(step, "send");
    if (json_object_get(step, "expect") != NULL) {
        expect = hex_of(step, "expect");
    }
    r = response_of(&expect);
    if (strcmp(op, "init_load") == 0 || strcmp(op, "init_unload") == 0 || strcmp(op, "init_limit") == 0) {
        step_init_online(play, &b, &r);
    } else if (strcmp(op, "credit") == 0 || strcmp(op, "debit_unload") == 0 ||
               strcmp(op, "update_limit") == 0) {
        step_complete_online(play, &b, &r);
    } else if (strncmp(op, "init_", 5) == 0) {
        step_init_purchase(play, &b, &r);
    } else if (strcmp(op, "psam_init_purchase") == 0) {
        step_psam_init_purchase(play, &b, &r);
    } else if (strcmp(op, "debit") == 0) {
        step_debit(play, &b, &r);
    } else if (strcmp(op, "proof") == 0) {
        step_proof(play, step, &b, &r);
    } else if (strcmp(op, "balance") == 0) {
        step_balance(play, &b, &r);
    } else if (strcmp(op, "external_auth") == 0) {
        step_external_auth(play, &b);
    } else if (strcmp(op, "psam_cipher") == 0) {
        step_psam_cipher(play, &b, &r);
    } else {
        ours = step_other(play, op, send, &b, &r);
    }
    if (ours) {
        assert_command(&b, send);
    }
    play->built += ours;
    play->foreign += !ours;
}

/* The log record that the card may keep of a purchase, whichever counter it writes. */
static void check_log(const struct play *play)
{
    static const char *const names[] = {"log_counter_before", "log_counter_after"};
    struct ssc_purse_record record;
    struct hex bytes;

    for (unsigned i = 0; i < 2 && json_object_get(play->values, names[i]) != NULL; i++) {
        bytes = value(play, names[i]);
        assert_int_equal(ssc_purse_record_parse(bytes.b, bytes.len, &record), 0);
        assert_int_equal(record.counter, play->p.counter + i);
        assert_int_equal(record.amount, play->p.amount);
        assert_int_equal(record.overdraft, play->p.overdraft);
        assert_int_equal(record.type, play->p.type);
        assert_memory_equal(record.terminal, play->p.terminal, 6);
        assert_memory_equal(record.datetime, play->p.datetime, 7);
    }
}

static void run_suite(const char *name, size_t scenarios, unsigned built, unsigned foreign)
{
    json_t *root = vectors_load("vectors.json");
    const json_t *suite = json_object_get(json_object_get(root, "suites"), name);
    struct play play = {.suite = suite, .card = json_object_get(suite, "card"), .alg = algorithm_of(suite)};
    const json_t *list = json_object_get(suite, "scenarios"), *step;
    size_t i, k;

    assert_int_equal(json_array_size(list), scenarios);
    json_array_foreach(list, i, play.scenario)
    {
        play.name = text_of(play.scenario, "name");
        play.values = json_object_get(play.scenario, "values");
        print_message("  %s %s\n", name, play.name);
        transaction_begin(&play);
        json_array_foreach(json_object_get(play.scenario, "steps"), k, step)
        {
            run_step(&play, step);
        }
        check_log(&play);
    }
    /* The numbers catch a step that silently stopped being checked. */
    assert_int_equal(play.built, built);
    assert_int_equal(play.foreign, foreign);
    json_decref(root);
}

/* Foreign to our builders: the cache of a composite purchase, and FMCOS's own form of INTERNAL AUTHENTICATE.
 */
static void test_scenarios_3des(void **state)
{
    (void)state;
    run_suite("3DES", 27, 94, 2);
}

static void test_scenarios_sm4(void **state)
{
    (void)state;
    run_suite("SM4", 21, 85, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenarios_3des),
        cmocka_unit_test(test_scenarios_sm4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
