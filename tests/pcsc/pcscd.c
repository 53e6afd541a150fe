/* SPDX-License-Identifier: Apache-2.0 */
#include "pcscd.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LISTEN_FD 3 /* sd_listen_fds(3) */

bool test_pcscd_installed(void)
{
    return access(SSC_TEST_PCSCD, X_OK) == 0;
}

static void write_file(const char *path, const char *text)
{
    /* Written aside and renamed: the reader never sees half a file. */
    char aside[256];
    assert_true((size_t)snprintf(aside, sizeof aside, "%s~", path) < sizeof aside);
    FILE *file = fopen(aside, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(aside, path), 0);
}

static void reader_path(const struct test_pcscd *p, unsigned reader, const char *file, char *out, size_t cap)
{
    assert_true(reader < p->readers);
    assert_true((size_t)snprintf(out, cap, "%s/r%u/%s", p->folder, reader, file) < cap);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct test_pcscd *test_pcscd_new(const char *const *names, unsigned count)
{
    struct test_pcscd *p = calloc(1, sizeof *p);
    char path[128], *conf = NULL;
    size_t conf_len = 0;
    assert_non_null(p);
    assert_true(count <= TEST_READERS_MAX);
    /* libpcsclite asks for PCSCLITE_CSOCK_NAME once in the life of a process: one folder per process. */
    snprintf(p->folder, sizeof p->folder, "/tmp/sscard-pcscd-%d", (int)getpid());
    if (mkdir(p->folder, 0755) != 0) { /* left by a process of the same number that was killed */
        remove_folder(p->folder);
        assert_int_equal(mkdir(p->folder, 0755), 0);
    }
    p->readers = count;
    FILE *out = open_memstream(&conf, &conf_len);
    assert_non_null(out);
    for (unsigned i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/r%u", p->folder, i);
        assert_int_equal(mkdir(path, 0755), 0);
        fprintf(out, "FRIENDLYNAME \"%s\"\nDEVICENAME %s\nLIBPATH %s\nCHANNELID %u\n\n", names[i], path,
                SSC_TEST_IFD_HANDLER, i + 1);
        /* pcscd appends the number of the reader and of the slot. */
        snprintf(p->reader[i], sizeof p->reader[i], "%s %02X 00", names[i], i);
    }
    fclose(out);
    snprintf(path, sizeof path, "%s/conf", p->folder);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/conf/readers", p->folder);
    write_file(path, conf);
    free(conf);
    snprintf(p->socket, sizeof p->socket, "%s/pcscd.comm", p->folder);
    assert_int_equal(setenv("PCSCLITE_CSOCK_NAME", p->socket, 1), 0);
    return p;
}

void test_pcscd_entry(struct test_pcscd *p, const char *name, const char *device, const char *handler)
{
    char path[128], text[1024];
    snprintf(path, sizeof path, "%s/conf/entry", p->folder);
    snprintf(text, sizeof text, "FRIENDLYNAME \"%s\"\nDEVICENAME %s\nLIBPATH %s\nCHANNELID 99\n", name,
             device, handler);
    write_file(path, text);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* In the child: nothing but async-signal-safe calls, the parent may have threads. */
static void become_pcscd(int listener, int log, char *const *argv, char *const *env)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (listener == LISTEN_FD) {
        fcntl(listener, F_SETFD, 0);
    } else {
        dup2(listener, LISTEN_FD);
    }
    execve(SSC_TEST_PCSCD, argv, env);
    _exit(127);
}

/* LISTEN_PID must be the child's own pid, which only the child knows: it is written in decimal by hand. */
static void put_pid(char *at, pid_t pid)
{
    char digits[16];
    int n = 0;
    for (pid_t rest = pid; rest > 0 || n == 0; rest /= 10) {
        digits[n++] = (char)('0' + rest % 10);
    }
    while (n > 0) {
        *at++ = digits[--n];
    }
    *at = '\0';
}

void test_pcscd_start(struct test_pcscd *p)
{
    char conf[80], log_path[80], listen_pid[32] = "LISTEN_PID=";
    char *const argv[] = {"pcscd", "--foreground", "--config", conf, NULL};
    char *env[5] = {"LISTEN_FDS=1", listen_pid};
    char passed[2][256];
    size_t count = 2;
    for (size_t i = 0; i < 2; i++) { /* an emulated USB is pcscd's, too */
        static const char *const NAMES[] = {"LD_PRELOAD", "UMOCKDEV_DIR"};
        const char *value = getenv(NAMES[i]);
        if (value) {
            assert_true((size_t)snprintf(passed[i], sizeof passed[i], "%s=%s", NAMES[i], value) <
                        sizeof passed[i]);
            env[count++] = passed[i];
        }
    }
    assert_int_equal(p->pid, 0);
    snprintf(conf, sizeof conf, "%s/conf", p->folder);
    snprintf(log_path, sizeof log_path, "%s/log", p->folder);
    const int listener = listen_at(p->socket);
    const int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    assert_true(log >= 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        put_pid(listen_pid + strlen("LISTEN_PID="), getpid());
        become_pcscd(listener, log, argv, env);
    }
    close(listener);
    close(log);
}

static void end_pcscd(struct test_pcscd *p, int signal_number)
{
    if (p->pid > 0) {
        kill(p->pid, signal_number);
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        p->pid = 0;
    }
}

void test_pcscd_stop(struct test_pcscd *p)
{
    end_pcscd(p, SIGTERM);
}

void test_pcscd_kill(struct test_pcscd *p)
{
    end_pcscd(p, SIGKILL);
}

void test_pcscd_freeze(struct test_pcscd *p)
{
    int status = 0;
    assert_int_equal(kill(p->pid, SIGSTOP), 0);
    assert_int_equal(waitpid(p->pid, &status, WUNTRACED), p->pid);
    assert_true(WIFSTOPPED(status));
}

void test_pcscd_free(struct test_pcscd **p)
{
    if (*p) {
        test_pcscd_kill(*p);
        remove_folder((*p)->folder);
        free(*p);
        *p = NULL;
    }
}

static void new_image(struct test_pcscd *p, unsigned reader, const char *image)
{
    const char *json = image[0] == '{' ? image : ssc_sim_image(image);
    char path[sizeof p->image[0]];
    assert_non_null(json);
    assert_true((size_t)snprintf(path, sizeof path, "%s/image%u.json", p->folder, p->images++) < sizeof path);
    write_file(path, json);
    memcpy(p->image[reader], path, sizeof path);
}

void test_pcscd_insert(struct test_pcscd *p, unsigned reader, const char *image)
{
    char link_path[128], aside[128];
    reader_path(p, reader, "card0.json", link_path, sizeof link_path);
    reader_path(p, reader, "next", aside, sizeof aside);
    if (image) {
        new_image(p, reader, image);
    }
    assert_int_equal(symlink(p->image[reader], aside), 0);
    assert_int_equal(rename(aside, link_path), 0);
}

void test_pcscd_remove(struct test_pcscd *p, unsigned reader)
{
    char path[128];
    reader_path(p, reader, "card0.json", path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

static void set_file(struct test_pcscd *p, unsigned reader, const char *file, const char *text)
{
    char path[128];
    reader_path(p, reader, file, path, sizeof path);
    if (text) {
        write_file(path, text);
    } else {
        unlink(path);
    }
}

void test_pcscd_fault(struct test_pcscd *p, unsigned reader, const char *fault)
{
    set_file(p, reader, "card0.fault", fault);
}

void test_pcscd_pinpad(struct test_pcscd *p, unsigned reader, const char *typed)
{
    set_file(p, reader, "card0.pinpad", typed);
}

char *test_pcscd_program(const char *command, int *status)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    FILE *from = popen(command, "re");
    assert_non_null(out);
    assert_non_null(from);
    for (int c = fgetc(from); c != EOF; c = fgetc(from)) {
        fputc(c, out);
    }
    *status = pclose(from);
    fclose(out);
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 127) {
        free(text);
        text = NULL;
    }
    return text;
}
