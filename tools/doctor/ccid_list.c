/* SPDX-License-Identifier: Apache-2.0 */
/* Info.plist of libccid: three arrays of the same length, ifdVendorID, ifdProductID, ifdFriendlyName. */
#include "tools/doctor/usb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX (1024u * 1024u)

void ccid_list_path(const struct seam *s, char out[SEAM_PATH_MAX])
{
    static const char *const places[] = {
        "/etc/libccid_Info.plist",
        "/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist",
        "/usr/lib64/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist",
        "/usr/local/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist",
    };
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof places[0] && !found; i++) {
        found = seam_path(s, out, "%s", places[i]) && access(out, F_OK) == 0;
    }
    if (!found) {
        out[0] = '\0';
    }
}

char *ccid_list_read(const char *path)
{
    char *text = path[0] ? malloc(LIST_MAX) : NULL;
    if (text && seam_read(path, text, LIST_MAX) < 0) {
        free(text);
        text = NULL;
    }
    return text;
}

/* The string at the cursor, and the cursor behind it. False at the end of the array. */
static bool next_string(const char **cursor, const char **text, size_t *len)
{
    const char *open = *cursor ? strstr(*cursor, "<string>") : NULL;
    const char *end = *cursor ? strstr(*cursor, "</array>") : NULL;
    const char *close = open ? strstr(open, "</string>") : NULL;
    const bool found = close && (!end || open < end);
    if (found) {
        *text = open + strlen("<string>");
        *len = (size_t)(close - *text);
        *cursor = close;
    }
    return found;
}

static const char *array_of(const char *plist, const char *key)
{
    const char *at = strstr(plist, key);
    return at ? strstr(at, "<array>") : NULL;
}

bool ccid_list_has(const char *plist, uint16_t vid, uint16_t pid, char *name, size_t cap)
{
    const char *vendors = array_of(plist, "<key>ifdVendorID</key>");
    const char *products = array_of(plist, "<key>ifdProductID</key>");
    const char *names = array_of(plist, "<key>ifdFriendlyName</key>");
    const char *vendor, *product, *friendly;
    size_t vendor_len, product_len, friendly_len;
    bool found = false;
    while (!found && next_string(&vendors, &vendor, &vendor_len) &&
           next_string(&products, &product, &product_len) && next_string(&names, &friendly, &friendly_len)) {
        found = strtoul(vendor, NULL, 16) == vid && strtoul(product, NULL, 16) == pid;
        if (found) {
            snprintf(name, cap, "%.*s", (int)friendly_len, friendly);
        }
    }
    return found;
}
