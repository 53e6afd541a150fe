/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libFuzzer in ordinary builds: runs a target over the files of its corpus. Each input is given
 * in a heap block of exactly its size, so that the address sanitizer sees the first byte read too far. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

/* Longer inputs are cut at coarser steps, to bound the time of a test. */
#define CUTS 4096u

static void give(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    REQUIRE(exact != NULL);
    if (size > 0) {
        memcpy(exact, data, size);
    }
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void replay(const char *path)
{
    struct stat st;
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL && fstat(fileno(file), &st) == 0);
    size_t size = (size_t)st.st_size, step = 1 + size / CUTS;
    uint8_t *data = malloc(size + 1);
    REQUIRE(data != NULL && fread(data, 1, size, file) == size);
    fclose(file);
    give(data, size);
    for (size_t cut = 0; cut < size; cut += step) {
        give(data, cut);
    }
    free(data);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    REQUIRE(argc == 2);
    DIR *dir = opendir(argv[1]);
    REQUIRE(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        REQUIRE(len > 0 && (size_t)len < sizeof path);
        if (entry->d_name[0] != '.') {
            replay(path);
            count++;
        }
    }
    closedir(dir);
    REQUIRE(count > 0);
    printf("%u inputs, each cut at every length\n", count);
    return 0;
}
