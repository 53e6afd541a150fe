/* SPDX-License-Identifier: Apache-2.0 */
/* A file replaced as a whole, and a card whose folder cannot be synced after the rename. */
#include "simcard.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/replace.h"

static int folder_fails, file_fails;

/* In the place of libc's. */
int fsync(int fd)
{
    struct stat st;
    int rc = fstat(fd, &st);

    if (rc == 0 && (S_ISDIR(st.st_mode) ? folder_fails : file_fails)) {
        errno = EIO;
        rc = -1;
    }
    return rc;
}

static char folder[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sscard-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int tear_down(void **state)
{
    char lock[128];

    (void)state;
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    unlink(path);
    return rmdir(folder); /* a file left over makes it fail */
}

static void expect_content(const char *want)
{
    char text[64] = "";
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, want);
}

static void replaces(void **state)
{
    char too_long[5000];
    bool replaced = true;
    struct stat st;

    (void)state;
    assert_int_equal(ssc_file_replace(path, "one", 3, &replaced), 0);
    assert_true(replaced);
    expect_content("one");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file_fails = 1;
    assert_int_equal(ssc_file_replace(path, "two", 3, &replaced), SSC_E_IO);
    file_fails = 0;
    assert_false(replaced);
    expect_content("one");
    folder_fails = 1;
    assert_int_equal(ssc_file_replace(path, "two", 3, &replaced), SSC_E_IO);
    folder_fails = 0;
    assert_true(replaced);
    expect_content("two");
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    assert_int_equal(ssc_file_replace(too_long, "two", 3, &replaced), SSC_E_IO);
    assert_int_equal(ssc_file_replace("/nowhere/at/all", "two", 3, &replaced), SSC_E_IO);
    assert_false(replaced);
}

/* A wrong PIN counts on the card: what it answers and what its file says are one. */
static void memory_and_file_agree(void **state)
{
    struct ssc_sim_card *card = NULL;
    bool replaced;
    char why[200] = "", *text = ssc_sim_image("pboc") ? strdup(ssc_sim_image("pboc")) : NULL;

    (void)state;
    assert_non_null(text);
    assert_int_equal(ssc_file_replace(path, text, strlen(text), &replaced), 0);
    free(text);
    assert_int_equal(ssc_sim_card_load(path, &card, why), 0);
    power(card);
    enter(card, "00A4040009A00000000386980701");
    folder_fails = 1;
    RAW(card, "0020000003111111", "63C2");
    folder_fails = 0;
    RAW(card, "0020000000", "63C2");
    ssc_sim_card_free(&card);
    assert_int_equal(ssc_sim_card_load(path, &card, why), 0);
    power(card);
    enter(card, "00A4040009A00000000386980701");
    RAW(card, "0020000000", "63C2");
    file_fails = 1; /* nothing of this one stays, in memory or in the file */
    RAW(card, "0020000003111111", "6581");
    file_fails = 0;
    RAW(card, "0020000000", "63C2");
    ssc_sim_card_free(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces),
        cmocka_unit_test(memory_and_file_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
