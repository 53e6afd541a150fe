/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity through the service, against the same exchanges in a bare loop over libpcsclite: a real pcscd,
 * a 3.0 card and a PSAM behind it, every exchange as long as on the wire at 9600 baud. The service lets card
 * and PSAM work side by side, the loop and the national library do one thing after the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#include "drivers/pcsc.h"
#include "middleware/client/sscard.h"
#include "middleware/identity.h"
#include "middleware/shim/SSCardDriver.h"
#include "tests/pcsc/pcscd.h"

enum { ROUNDS = 5, EXCHANGES_MAX = 64, DESK = 0, SAM = 1 };

struct exchange {
    int reader;
    uint8_t tx[SSC_COMMAND_SHORT];
    size_t tx_len;
};
struct script {
    pthread_mutex_t lock; /* card and PSAM work side by side */
    struct exchange step[EXCHANGES_MAX];
    size_t count;
};
struct tap {
    struct script *script;
    int reader;
};

static double ms_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000.0 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

static void note(void *ctx, const struct ssc_exchange *exchange)
{
    const struct tap *tap = ctx;
    struct script *script = tap->script;
    pthread_mutex_lock(&script->lock);
    assert_true(script->count < EXCHANGES_MAX && exchange->tx_len <= SSC_COMMAND_SHORT);
    struct exchange *step = &script->step[script->count++];
    step->reader = tap->reader;
    step->tx_len = exchange->tx_len;
    memcpy(step->tx, exchange->tx, exchange->tx_len);
    pthread_mutex_unlock(&script->lock);
}

/* What the national library sends to the PSAM for every card besides the session keys: environment and
 * application before the first one, the terminal number at the end (card specification part 9). */
static void psam_step(struct script *script, const struct ssc_command_buf *b)
{
    struct exchange *step = &script->step[script->count++];
    struct ssc_command cmd = b->cmd;
    assert_true(script->count < EXCHANGES_MAX);
    cmd.le = cmd.lc > 0 ? 0 : cmd.le; /* T=0 */
    step->reader = SAM;
    step->tx_len = sizeof step->tx;
    assert_int_equal(ssc_command_encode(&cmd, step->tx, &step->tx_len), 0);
}

static void psam_select(struct script *script)
{
    struct ssc_command_buf b;
    size_t len = 0;
    const uint8_t *name = ssc_psam_environment(SSC_ALG_SM4, &len);
    ssc_cmd_select_name(&b, name, len);
    psam_step(script, &b);
}

static void psam_before(struct script *script)
{
    struct ssc_command_buf b;
    psam_select(script);
    ssc_cmd_select_df(&b, 0xDF01);
    psam_step(script, &b);
}

static void psam_after(struct script *script)
{
    struct ssc_command_buf b;
    psam_select(script);
    ssc_cmd_select_ef(&b, 0x0016);
    psam_step(script, &b);
    ssc_cmd_read_binary(&b, 0, 0, 6);
    psam_step(script, &b);
}

/* What the service does for an identity, or what the national library does, learnt from the same code in this
 * process. */
static void learn(const struct test_pcscd *pcscd, struct script *script, bool national)
{
    static struct ssc_identity identity;
    const struct ssc_identity_options options = {
        .parts = SSC_ID_BASIC, .verify = true, .national_sequence = national};
    struct ssc_habits *habits = NULL;
    const int64_t deadline = ssc_deadline(20000);
    struct tap desk = {script, DESK}, sam = {script, SAM};
    struct ssc_profile profile;
    struct ssc_driver *driver = NULL;
    struct ssc_channel *channel = NULL, *psam_channel = NULL, *psam_borrowed;
    struct ssc_auth *psam = NULL;
    struct ssc_card *card = NULL;
    ssc_profile_default(&profile);
    assert_int_equal(ssc_habits_new(&habits), 0);
    assert_int_equal(ssc_pcsc_driver_new(&driver), 0);
    while (ssc_channel_open(driver, pcscd->reader[SAM], false, &psam_channel, deadline) != 0) {
        usleep(10000);
    }
    psam_borrowed = psam_channel;
    assert_int_equal(ssc_auth_psam_take(&psam_channel, &profile, &psam, deadline), 0);
    for (int round = 0; round < 2; round++) { /* the first one teaches what this PSAM and this card are */
        script->count = 0;
        if (national) {
            psam_before(script);
        }
        assert_int_equal(ssc_channel_open(driver, pcscd->reader[DESK], false, &channel, deadline), 0);
        ssc_channel_tap(channel, note, &desk);
        ssc_channel_tap(psam_borrowed, note, &sam);
        assert_int_equal(ssc_card_new(channel, &profile, &card), 0);
        ssc_card_share_habits(card, habits);
        assert_int_equal(ssc_identity_read(card, psam, &options, &identity, deadline), 0);
        ssc_card_free(&card);
        ssc_channel_close(&channel, true);
    }
    if (national) {
        psam_after(script);
    }
    ssc_auth_free(&psam);
    ssc_driver_free(&driver);
    ssc_habits_free(&habits);
}

/* Puts what the card and the PSAM answered just now where the recorded command had another play's numbers. */
static void renew(struct exchange *step, const uint8_t challenge[8], const uint8_t cipher[16])
{
    if (step->reader == SAM && step->tx[1] == 0xDE &&
        step->tx[3] == 0x0A) { /* RKSSSE, factor = challenge, zeros */
        memcpy(step->tx + step->tx_len - 16, challenge, 8);
    } else if (step->reader == DESK && step->tx[1] == 0x82) {
        for (int i = 0; i < 8; i++) {
            step->tx[5 + i] = cipher[i] ^ cipher[8 + i];
        }
    }
}

static double bare(const struct test_pcscd *pcscd, const struct script *script)
{
    SCARDCONTEXT context;
    SCARDHANDLE handle[2];
    DWORD protocol[2];
    uint8_t rx[SSC_RESPONSE_SHORT], challenge[8] = {0}, cipher[16] = {0};
    assert_int_equal(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context), SCARD_S_SUCCESS);
    assert_int_equal(SCardConnect(context, pcscd->reader[SAM], SCARD_SHARE_SHARED,
                                  SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &handle[SAM], &protocol[SAM]),
                     SCARD_S_SUCCESS);
    const double start = ms_now();
    assert_int_equal(SCardConnect(context, pcscd->reader[DESK], SCARD_SHARE_SHARED,
                                  SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &handle[DESK], &protocol[DESK]),
                     SCARD_S_SUCCESS);
    for (size_t i = 0; i < script->count; i++) {
        struct exchange step = script->step[i];
        DWORD len = sizeof rx;
        renew(&step, challenge, cipher);
        assert_int_equal(
            SCardTransmit(handle[step.reader],
                          protocol[step.reader] == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1, step.tx,
                          step.tx_len, NULL, rx, &len),
            SCARD_S_SUCCESS);
        assert_true(len >= 2 && (rx[len - 2] == 0x90 || rx[len - 2] == 0x61));
        if (step.reader == DESK && step.tx[1] == 0x84 && len == 10) {
            memcpy(challenge, rx, 8);
        } else if (step.reader == SAM && len == 18) {
            memcpy(cipher, rx, 16);
        }
    }
    const double took = ms_now() - start;
    SCardDisconnect(handle[DESK], SCARD_UNPOWER_CARD);
    SCardDisconnect(handle[SAM], SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    return took;
}

static pid_t start_service(const char *folder)
{
    char config[128], text[512];
    snprintf(config, sizeof config, "%s/sscardd.conf", folder);
    snprintf(text, sizeof text, "[daemon]\nsocket = %s/s\njournal = %s/j\n[readers]\ndriver = pcsc\n", folder,
             folder);
    FILE *f = fopen(config, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    const pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr)) {
            _exit(1);
        }
        execl(SSC_TEST_SSCARDD, SSC_TEST_SSCARDD, "--config", config, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* A fresh card, and who holds it: asked for on the socket, or through the national library. */
static double through_service(struct test_pcscd *pcscd, struct sscard *client, bool shim)
{
    char params[256], line[1024], *result = NULL;
    test_pcscd_remove(pcscd, DESK);
    snprintf(params, sizeof params, "{\"reader\":\"%s\",\"state\":\"absent\"}", pcscd->reader[DESK]);
    assert_int_equal(sscard_call(client, "card.wait", params, NULL, sscard_deadline(5000)), 0);
    test_pcscd_insert(pcscd, DESK, NULL);
    snprintf(params, sizeof params, "{\"reader\":\"%s\"}", pcscd->reader[DESK]);
    assert_int_equal(sscard_call(client, "card.wait", params, NULL, sscard_deadline(5000)), 0);
    snprintf(params, sizeof params, "{\"reader\":\"%s\",\"parts\":\"basic\"}", pcscd->reader[DESK]);
    const double start = ms_now();
    const int rc = shim ? (int)iReadCardBas(1, line)
                        : sscard_call(client, "card.identity", params, &result, sscard_deadline(10000));
    const double took = ms_now() - start;
    if (rc != 0 && shim) {
        fprintf(stderr, "iReadCardBas: %d\n", rc);
    } else if (rc != 0) {
        fprintf(stderr, "card.identity: %s\n", sscard_error_symbol(client));
    }
    assert_int_equal(rc, 0);
    sscard_free(result);
    return took;
}

int main(void)
{
    static const char *const names[] = {"Desk", "SAM"};
    static struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER},
                         national = {.lock = PTHREAD_MUTEX_INITIALIZER};
    double loop[ROUNDS], service[ROUNDS], shim[ROUNDS], slow[ROUNDS];
    struct sscard *client = NULL;
    if (!test_pcscd_installed()) {
        fprintf(stderr, "no pcscd on this machine\n");
        return 77;
    }
    struct test_pcscd *pcscd = test_pcscd_new(names, 2);
    char socket[128];
    test_pcscd_start(pcscd);
    test_pcscd_insert(pcscd, DESK, "ssc-3.0");
    test_pcscd_insert(pcscd, SAM, "psam");
    learn(pcscd, &national, true);
    learn(pcscd, &script, false);
    const pid_t daemon = start_service(pcscd->folder);
    snprintf(socket, sizeof socket, "%s/s", pcscd->folder);
    setenv("SSCARD_SOCKET", socket, 1);
    while (sscard_open(socket, sscard_deadline(100), &client) != 0) {
        sscard_close(&client);
        usleep(10000);
    }
    through_service(pcscd, client, false); /* as the loop, it knows its PSAM */
    test_pcscd_fault(pcscd, DESK, "wire\n");
    test_pcscd_fault(pcscd, SAM, "wire\n");
    for (int i = 0; i < ROUNDS; i++) {
        service[i] = through_service(pcscd, client, false);
        shim[i] = through_service(pcscd, client, true);
        loop[i] = bare(pcscd, &script);
    }
    for (int i = 0; i < ROUNDS; i++) { /* last: it leaves the PSAM elsewhere than the service believes */
        slow[i] = bare(pcscd, &national);
    }
    const double with = median(service), without = median(loop), other = median(slow), called = median(shim);
    printf("identity, 3.0 card: through the service against a bare loop\t%.2f\tof it\tat most 1.10\t%.0f ms, "
           "bare %zu exchanges over "
           "libpcsclite %.0f ms\n",
           with / without, with, script.count, without);
    printf("identity, 3.0 card: through the service against the national sequence\t%.2f\tof it\tat most "
           "0.5\t%.0f "
           "ms, the national sequence's %zu exchanges one after the other over libpcsclite %.0f ms\n",
           with / other, with, national.count, other);
    printf(
        "iReadCardBas, 3.0 card: through national library and service against a bare loop\t%.2f\tof it\tat "
        "most 1.10\t%.0f ms, the same exchanges as above\n",
        called / without, called);
    sscard_close(&client);
    kill(daemon, SIGTERM);
    waitpid(daemon, NULL, 0);
    test_pcscd_free(&pcscd);
    return 0;
}
