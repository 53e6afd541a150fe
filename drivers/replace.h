/* SPDX-License-Identifier: Apache-2.0 */
/* A small file replaced as a whole: whoever reads it, after a crash too, finds the old content or the new
 * one. */
#ifndef SSC_DRIVERS_REPLACE_H
#define SSC_DRIVERS_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes PATH.new (mode 0600, no symbolic link), syncs it, renames it over PATH and syncs the folder. 0, or
 * SSC_E_IO. *replaced: the name stands for the new content. With SSC_E_IO that means that only a power cut
 * could still bring the old content back; the caller decides what that is to it. */
int ssc_file_replace(const char *path, const void *data, size_t len, bool *replaced);

#endif
