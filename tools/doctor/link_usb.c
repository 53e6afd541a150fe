/* SPDX-License-Identifier: Apache-2.0 */
/* Is a reader on USB, is it one that pcscd can serve, and who is in the way? */
#include "tools/doctor/doctor.h"

#include "drivers/ccid/quirks.h"

#include <string.h>
#include <sys/stat.h>

static void voltages(uint8_t bits, char out[24])
{
    static const char *const names[] = {"5 V", "3 V", "1.8 V"};
    out[0] = '\0';
    for (unsigned i = 0; i < 3; i++) {
        const size_t used = strlen(out);
        if (bits & (1u << i)) {
            snprintf(out + used, 24 - used, "%s%s", used ? "/" : "", names[i]);
        }
    }
}

static void protocols(uint32_t bits, char out[16])
{
    snprintf(out, 16, "%s%s%s", bits & 1 ? "T=0" : "", (bits & 3) == 3 ? "/" : "", bits & 2 ? "T=1" : "");
}

static void tell_ccid(struct doctor *d, const struct usb_device *u)
{
    const struct ssc_ccid_descriptor *c = &u->interface.ccid;
    char volts[24], words[48], kinds[16], rate[16], slots[8], display[16];
    voltages(c->voltages, volts);
    protocols(c->protocols, kinds);
    snprintf(words, sizeof words, "%s", ssc_ccid_level_name(c->level));
    snprintf(rate, sizeof rate, "%u", c->max_rate / 1000);
    snprintf(slots, sizeof slots, "%u", c->slots);
    snprintf(display, sizeof display, c->lcd_lines ? "%ux%u" : "-", c->lcd_lines, c->lcd_columns);
    doctor_fact(d, u->by_class ? FACT_USB_CLASS : FACT_USB_VENDOR_CLASS);
    doctor_fact(d, FACT_USB_LEVEL, words, kinds, volts, rate, slots);
    if (c->pin_support) {
        doctor_fact(d, FACT_USB_PIN_PAD,
                    c->pin_support == (SSC_CCID_PIN_VERIFY | SSC_CCID_PIN_MODIFY) ? "VERIFY, MODIFY"
                    : c->pin_support & SSC_CCID_PIN_VERIFY                        ? "VERIFY"
                                                                                  : "MODIFY",
                    display);
    }
}

static void tell_device(struct doctor *d, const struct usb_device *u)
{
    char path[SEAM_PATH_MAX];
    doctor_fact(d, FACT_USB_DEVICE, u->name, u->label, u->id, u->firmware);
    if (u->serial[0]) {
        doctor_fact(d, FACT_USB_SERIAL, u->serial);
    }
    if (u->ccid) {
        tell_ccid(d, u);
    }
    if (u->listed_in[0]) {
        doctor_fact(d, FACT_USB_LISTED, u->listed_in, u->listed_as);
    } else if (d->usb.libccid && u->ccid) {
        doctor_fact(d, FACT_USB_NOT_LISTED);
    } else if (!d->usb.libccid) {
        ccid_list_path(d->seam, path);
        doctor_fact(d, FACT_USB_NO_LIST, path[0] ? seam_show(d->seam, path) : "/etc/libccid_Info.plist");
    }
    for (size_t i = 0; ssc_ccid_quirk_of(u->vid, u->pid, u->bcd, i); i++) {
        const struct ssc_ccid_quirk *quirk = ssc_ccid_quirk_of(u->vid, u->pid, u->bcd, i);
        if (strcmp(d->driver, "ccid") != 0) { /* our own driver has the cure */
            doctor_remark(d, CAUSE_READER_QUIRK, u->label, u->id, quirk->symptom);
        }
    }
}

/* pcscd runs as a user of its own in newer versions: udev has to give it the device. */
static bool node_closed(const struct doctor *d, const char *node, char mode[8], char uid[24])
{
    char path[SEAM_PATH_MAX];
    struct stat st;
    int64_t pcscd = (int64_t)d->seam->uid;
    bool closed = false;
    if (strcmp(d->driver, "pcsc") == 0) {
        proc_named(d->seam, "pcscd", &pcscd);
    }
    if (pcscd > 0 && seam_path(d->seam, path, "%s", node) && stat(path, &st) == 0) {
        closed = (st.st_mode & 0006) != 0006 &&
                 !((int64_t)st.st_uid == pcscd && (st.st_mode & 0600) == 0600) && (st.st_mode & 0060) != 0060;
        snprintf(mode, 8, "%04o", (unsigned)(st.st_mode & 07777));
        snprintf(uid, 24, "%lld", (long long)pcscd);
    }
    return closed;
}

/* Who has the device open and is not meant to: pcscd is, where it is asked; sscardd, where it needs no pcscd.
 */
static void holders_of(const struct doctor *d, const char *node, char out[256])
{
    const char *const meant[] = {strcmp(d->driver, "pcsc") == 0 ? "pcscd" : "sscardd", NULL};
    proc_holders(d->seam, node, d->direct && strcmp(d->driver, "ccid") == 0 ? NULL : meant, out, 256);
}

static bool usable(const json_t *reader)
{
    return strcmp(js(reader, "state"), "gone") != 0;
}

static bool any_usable(const json_t *readers)
{
    const json_t *reader;
    size_t i;
    bool found = false;
    json_array_foreach(readers, i, reader)
    {
        found = found || usable(reader);
    }
    return found;
}

/* Why a reader that is plugged in is not offered: beside others that are, a remark. */
static void why_unserved(struct doctor *d, const struct usb_device *u)
{
    const bool breaks = !any_usable(d->readers);
    char node[64], holders[256], mode[8], uid[24], number[8], list[SEAM_PATH_MAX];
    usb_node(u, node);
    holders_of(d, node, holders);
    snprintf(number, sizeof number, "%u", u->interface.number);
    ccid_list_path(d->seam, list);
    if (u->refused) {
        doctor_cause(d, breaks, CAUSE_READER_LIES, u->label, u->id, u->refused);
    } else if (!u->ccid) {
        doctor_cause(d, breaks, CAUSE_READER_NOT_CCID, u->label, u->id, u->classes);
    } else if (u->kernel_driver[0] && strcmp(u->kernel_driver, "usbfs") != 0) {
        doctor_cause(d, breaks, CAUSE_READER_KERNEL_DRIVER, u->label, u->id, number, u->kernel_driver,
                     u->kernel_module[0] ? u->kernel_module : u->kernel_driver);
    } else if (holders[0]) {
        doctor_cause(d, breaks, CAUSE_READER_PROCESS, u->label, u->id, node, holders);
    } else if (strcmp(d->driver, "pcsc") == 0 && !u->listed_in[0] && d->usb.libccid) {
        doctor_cause(d, breaks, CAUSE_READER_UNLISTED, u->label, u->id, seam_show(d->seam, list));
    } else if (node_closed(d, node, mode, uid)) {
        doctor_cause(d, breaks, CAUSE_READER_NODE_DENIED, u->label, u->id, node, mode, uid);
    } else if (strcmp(u->power_status, "suspended") == 0) {
        doctor_cause(d, breaks, CAUSE_READER_SUSPENDED, u->label, u->id, u->power_control, u->power_status,
                     u->name);
    } else {
        doctor_cause(d, breaks, CAUSE_READER_NOT_SERVED, u->label, u->id);
    }
}

static void tell_holders(struct doctor *d, const struct usb_device *u)
{
    char node[64], holders[256];
    usb_node(u, node);
    proc_holders(d->seam, node, NULL, holders, sizeof holders);
    if (holders[0]) {
        doctor_fact(d, FACT_USB_HOLDER, holders);
    }
}

static void mark_served(struct doctor *d)
{
    const char *before = "";
    const json_t *reader;
    size_t i;
    json_array_foreach(d->readers, i, reader)
    {
        const char *name = js(reader, "name");
        const bool same =
            reader_stem(name) == reader_stem(before) && memcmp(name, before, reader_stem(name)) == 0;
        if (usable(reader) && !same) {
            usb_mark_served(&d->usb, name);
        }
        before = name;
    }
}

static void no_device(struct doctor *d)
{
    char count[16], names[256] = "";
    const json_t *reader;
    size_t i;
    json_array_foreach(d->readers, i, reader)
    {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", js(reader, "name"));
    }
    snprintf(count, sizeof count, "%u", d->usb.seen);
    if (names[0]) {
        doctor_fact(d, FACT_NO_USB_READER, names);
    } else if (!d->usb.sysfs) {
        doctor_break(d, CAUSE_USB_NONE, "/sys/bus/usb");
    } else {
        doctor_break(d, CAUSE_READER_NOT_PLUGGED, count);
    }
}

void link_usb(struct doctor *d)
{
    if (!doctor_has_hardware(d)) {
        doctor_fact(d, FACT_NOT_HARDWARE, d->driver);
        doctor_skip(d);
    } else if (usb_scan(d->seam, &d->usb)) {
        mark_served(d);
        for (size_t i = 0; i < d->usb.count && !d->broken; i++) {
            const struct usb_device *u = &d->usb.devices[i];
            tell_device(d, u);
            if (strcmp(u->power_control, "auto") == 0) {
                doctor_fact(d, FACT_USB_AUTOSUSPEND, u->power_status);
            }
            if (u->served) {
                tell_holders(d, u);
            } else {
                why_unserved(d, u);
            }
        }
        if (d->usb.count == 0) {
            no_device(d);
        }
    }
}
