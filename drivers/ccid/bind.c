/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/bind.h"

#include <stdio.h>
#include <string.h>

#include "apdu/error.h"

static int join(const char *drop_dir, uint16_t vid, uint16_t pid, const char *tail, char *out, size_t cap)
{
    const int n = snprintf(out, cap, "%s/ifd-sscard-%04x-%04x.bundle/Contents/%s", drop_dir, vid, pid, tail);
    return n > 0 && (size_t)n < cap ? 0 : SSC_E_BUFFER_TOO_SMALL;
}

int ssc_ccid_bind_path(const char *drop_dir, uint16_t vid, uint16_t pid, char *out, size_t cap)
{
    return join(drop_dir, vid, pid, "Info.plist", out, cap);
}

int ssc_ccid_bind_folder(const char *drop_dir, uint16_t vid, uint16_t pid, char *out, size_t cap)
{
    return join(drop_dir, vid, pid, "Linux", out, cap);
}

int ssc_ccid_bind_text(uint16_t vid, uint16_t pid, const char *name, char *out, size_t cap)
{
    char shown[64];
    if (name && name[0]) {
        snprintf(shown, sizeof shown, "%.63s", name);
    } else {
        snprintf(shown, sizeof shown, "CCID reader %04x:%04x", vid, pid);
    }
    for (char *c = shown; *c; c++) {
        *c = strchr("<>&\"'", *c) || (unsigned char)*c < 0x20 ? ' ' : *c;
    }
    /* CCIDCLASSDRIVER: a driver made for this very reader goes first where there is one. pcscd joins bundle,
     * "Contents", system and executable to a path, so the executable may stand in another bundle. */
    const int n = snprintf(out, cap,
                           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                           "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                           "<plist version=\"1.0\">\n<dict>\n"
                           "\t<key>CFBundleName</key>\n\t<string>CCIDCLASSDRIVER</string>\n"
                           "\t<key>CFBundleExecutable</key>\n\t<string>../../../" SSC_CCID_BUNDLE
                           "/Contents/Linux/libifdsscard-ccid.so</string>\n"
                           "\t<key>ifdCapabilities</key>\n\t<string>0x00000000</string>\n"
                           "\t<key>ifdProtocolSupport</key>\n\t<string>0x00000001</string>\n"
                           "\t<key>ifdVersionNumber</key>\n\t<string>0x00000001</string>\n"
                           "\t<key>ifdVendorID</key>\n\t<array>\n\t\t<string>0x%04X</string>\n\t</array>\n"
                           "\t<key>ifdProductID</key>\n\t<array>\n\t\t<string>0x%04X</string>\n\t</array>\n"
                           "\t<key>ifdFriendlyName</key>\n\t<array>\n\t\t<string>%s</string>\n\t</array>\n"
                           "</dict>\n</plist>\n",
                           vid, pid, shown);
    return n > 0 && (size_t)n < cap ? 0 : SSC_E_BUFFER_TOO_SMALL;
}
