/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/bind.h"

#include "apdu/error.h"
#include "drivers/ccid/bind.h"
#include "tools/commands.h"
#include "tools/doctor/usb.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX 1400u

#define PLIST_MAX 2048u
#define HANDLER SSC_DROP_DIR "/" SSC_CCID_BUNDLE "/Contents/Linux/libifdsscard-ccid.so"

/* "072f:90cc", four hexadecimal digits each. */
static bool parse(const char *text, uint16_t *vid, uint16_t *pid)
{
    const bool right = strlen(text) == 9 && text[4] == ':' && strspn(text, "0123456789abcdefABCDEF") == 4 &&
                       strspn(text + 5, "0123456789abcdefABCDEF") == 4;
    if (right) {
        *vid = (uint16_t)strtoul(text, NULL, 16);
        *pid = (uint16_t)strtoul(text + 5, NULL, 16);
    }
    return right;
}

/* The name that the plugged-in reader has, if it is plain: XML, a shell and pcscd have to bear it. */
static void name_of(const struct seam *s, uint16_t vid, uint16_t pid, char out[128])
{
    struct usb_list list;
    snprintf(out, 128, "CCID reader %04x:%04x", vid, pid);
    usb_scan(s, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct usb_device *u = &list.devices[i];
        bool plain = u->vid == vid && u->pid == pid && strlen(u->label) < 64;
        for (const char *p = u->label; *p; p++) {
            plain = plain && *p >= ' ' && *p <= '~' && !strchr("&<>'\"\\/|$`", *p);
        }
        if (plain) {
            snprintf(out, 128, "%s", u->label);
        }
    }
    usb_list_free(&list);
}

static json_t *entry(const char *key, const char *value)
{
    char line[160];
    snprintf(line, sizeof line, "<string>%s</string>", value);
    return json_pack("{s:s, s:s}", "array", key, "line", line);
}

/* With our handler installed: a bundle of one file, nothing of another package is touched. */
static json_t *own_bundle(uint16_t vid, uint16_t pid, const char *name)
{
    char path[SEAM_PATH_MAX], folder[SEAM_PATH_MAX], plist[PLIST_MAX],
        command[PLIST_MAX + 2 * SEAM_PATH_MAX + 128];
    json_t *made = NULL;
    if (ssc_ccid_bind_path(SSC_DROP_DIR, vid, pid, path, sizeof path) == 0 &&
        ssc_ccid_bind_folder(SSC_DROP_DIR, vid, pid, folder, sizeof folder) == 0 &&
        ssc_ccid_bind_text(vid, pid, name, plist, sizeof plist) == 0) {
        snprintf(command, sizeof command, "mkdir -p %s\ncat > %s <<'PLIST'\n%sPLIST\nsystemctl restart pcscd",
                 folder, path, plist);
        made = json_pack("{s:s, s:s, s:s}", "file", path, "content", plist, "command", command);
    }
    return made;
}

static json_t *list_entries(const char *path, uint16_t vid, uint16_t pid, const char *name)
{
    char vendor[8], product[8], command[COMMAND_MAX];
    snprintf(vendor, sizeof vendor, "0x%04X", vid);
    snprintf(product, sizeof product, "0x%04X", pid);
    snprintf(command, sizeof command,
             "sed -i -e '/<key>ifdVendorID</,/<array>/s|<array>|&\\n\\t\\t<string>%s</string>|' "
             "-e '/<key>ifdProductID</,/<array>/s|<array>|&\\n\\t\\t<string>%s</string>|' "
             "-e '/<key>ifdFriendlyName</,/<array>/s|<array>|&\\n\\t\\t<string>%s</string>|' "
             "%s && systemctl restart pcscd",
             vendor, product, name, path);
    return json_pack("{s:s, s:[o, o, o], s:s}", "file", path, "entries", entry("ifdVendorID", vendor),
                     entry("ifdProductID", product), entry("ifdFriendlyName", name), "command", command);
}

static void show(struct cli *cli, const json_t *result)
{
    const json_t *row;
    size_t i;
    struct grid grid;
    const bool own = js(result, "content")[0];
    say(cli, stdout, own ? MSG_BIND_OWN : MSG_BIND_HOW, js(result, "file"));
    grid_begin(&grid, cli, 2, NULL);
    json_array_foreach(json_object_get(result, "entries"), i, row)
    {
        char name[64];
        snprintf(name, sizeof name, "    %s", js(row, "array"));
        grid_row(&grid, name, js(row, "line"));
    }
    grid_end(&grid, stdout);
    if (own) { /* several lines, to be pasted as they are */
        printf("%s\n", js(result, "command"));
    } else {
        say(cli, stdout, MSG_BIND_COMMAND);
        printf("    %s\n", js(result, "command"));
    }
}

int bind_reader(struct cli *cli, const char *vid_pid, const char *root)
{
    const struct seam seam = {.root = root ? root : ""};
    char path[SEAM_PATH_MAX], name[128];
    char *plist = NULL;
    uint16_t vid = 0, pid = 0;
    int status = EXIT_DONE;
    ccid_list_path(&seam, path);
    plist = ccid_list_read(path);
    if (!parse(vid_pid, &vid, &pid)) {
        status = usage_error(cli, msg(cli, MSG_BIND_WHAT));
    } else if (!plist && !seam_exists(&seam, HANDLER)) {
        status = cli_fail_with(cli, SSC_E_NO_SERVICE, msg(cli, MSG_BIND_NO_LIST));
    } else if (plist && ccid_list_has(plist, vid, pid, name, sizeof name) && !cli->json) {
        say(cli, stdout, MSG_BIND_LISTED, vid_pid, seam_show(&seam, path), name);
    } else if (plist && ccid_list_has(plist, vid, pid, name, sizeof name)) {
        json_t *listed = json_pack("{s:s, s:s}", "file", seam_show(&seam, path), "listed", name);
        cli_show(cli, listed, show);
        json_decref(listed);
    } else {
        name_of(&seam, vid, pid, name);
        json_t *result = seam_exists(&seam, HANDLER) ? own_bundle(vid, pid, name)
                                                     : list_entries(seam_show(&seam, path), vid, pid, name);
        cli_show(cli, result, show);
        json_decref(result);
    }
    free(plist);
    return status;
}
