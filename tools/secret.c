/* SPDX-License-Identifier: Apache-2.0 */
/* Digits from the terminal, without echo. They never pass through argv, a pipe or a file. */
#include "tools/out.h"

#include "apdu/error.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* Signals wait while digits are typed, so that no way out leaves the terminal without echo: ^C is a key like
 * others, and what is sent from outside ends the typing first (the descriptor returned becomes readable). */
static int hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, before);
    return signalfd(-1, &held, SFD_CLOEXEC);
}

static void let_signals(int fd, const sigset_t *before)
{
    if (fd >= 0) {
        close(fd);
    }
    sigprocmask(SIG_SETMASK, before, NULL);
}

static int raw_mode(int fd, struct termios *old)
{
    struct termios raw;
    int rc = tcgetattr(fd, old);
    if (rc == 0) {
        raw = *old;
        raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG | IEXTEN);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        rc = tcsetattr(fd, TCSAFLUSH, &raw);
    }
    return rc;
}

static int type_digits(int fd, int signals, char digits[17], int timeout_ms)
{
    size_t count = 0;
    int rc = 1;
    bool too_long = false;
    while (rc > 0) {
        char key = '\n';
        struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (poll(p, 2, timeout_ms) == 0) {
            rc = SSC_E_PIN_TIMEOUT;
        } else if (p[1].revents != 0) {
            rc = SSC_E_PIN_CANCELLED;
        } else if (read(fd, &key, 1) != 1 || key == 3 || key == 4 || key == 27) { /* ^C ^D Esc */
            rc = SSC_E_PIN_CANCELLED;
        } else if (key == '\n' || key == '\r') {
            rc = 0;
        } else if ((key == 127 || key == 8) && count > 0) {
            digits[--count] = '\0';
        } else if (key >= '0' && key <= '9' && count < 16) {
            digits[count++] = key;
        } else {
            too_long = true;
        }
        explicit_bzero(&key, 1);
    }
    digits[count] = '\0';
    return rc == 0 && (too_long || count < 4) ? SSC_E_PIN_LENGTH : rc;
}

static int from_terminal(struct cli *cli, enum message prompt, char digits[17])
{
    struct termios old;
    sigset_t before;
    int rc = SSC_E_PIN_REQUIRED;
    const int signals = hold_signals(&before);
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && raw_mode(fd, &old) == 0) {
        dprintf(fd, "%s ", msg(cli, prompt));
        rc = type_digits(fd, signals, digits, (int)cli->deadline_ms);
        dprintf(fd, "\n");
        tcsetattr(fd, TCSAFLUSH, &old);
    }
    if (fd >= 0) {
        close(fd);
    }
    let_signals(signals, &before);
    return rc;
}

/* Byte by byte: what stands behind the line belongs to the next question. */
static int from_descriptor(const char *number, char digits[17])
{
    char *end = NULL;
    const long fd = strtol(number, &end, 10);
    size_t count = 0;
    char byte = '\0';
    int rc = *end || end == number || fd < 0 || fd > INT_MAX ? SSC_E_INVALID_ARGUMENT : 1;
    while (rc == 1) {
        const ssize_t n = read((int)fd, &byte, 1);
        if (n <= 0 || byte == '\n') {
            rc = n < 0 ? SSC_E_INVALID_ARGUMENT : 0;
        } else if (byte < '0' || byte > '9' || count == 16) {
            rc = SSC_E_PIN_LENGTH;
        } else {
            digits[count++] = byte;
        }
    }
    explicit_bzero(&byte, 1);
    return rc == 0 && count < 4 ? SSC_E_PIN_LENGTH : rc;
}

int secret_read(struct cli *cli, enum message prompt, char digits[17])
{
    memset(digits, 0, 17);
    const char *fd = cli->value[OPT_PIN_FD];
    const int rc = fd ? from_descriptor(fd, digits) : from_terminal(cli, prompt, digits);
    if (rc != 0) {
        explicit_bzero(digits, 17);
    }
    return rc;
}

json_t *secret_param(struct cli *cli)
{
    char digits[17];
    json_t *pin = NULL;
    if (given(cli, 'P')) {
        say(cli, stderr, MSG_TYPE_ON_PAD);
        pin = json_pack("{s:s}", "entry", "pinpad");
    } else {
        const int rc = secret_read(cli, MSG_TYPE_PIN, digits);
        if (rc == 0) {
            pin = json_pack("{s:s}", "secret", digits);
        } else if (rc != SSC_E_PIN_REQUIRED) { /* without a terminal the card's own answer says it better */
            cli_set_error(cli, rc, NULL);
        }
        explicit_bzero(digits, sizeof digits);
    }
    return pin;
}
