/* SPDX-License-Identifier: Apache-2.0 */
/* pcscd finds a driver by vendor and product number only, class or not: each reader must be named in the
 * Info.plist of some bundle. A binding is a bundle of one file that points at our handler. Pure. */
#ifndef SSC_DRIVERS_CCID_BIND_H
#define SSC_DRIVERS_CCID_BIND_H

#include <stddef.h>
#include <stdint.h>

#define SSC_CCID_BUNDLE "ifd-sscard-ccid.bundle"

/* "<drop_dir>/ifd-sscard-1d99-0013.bundle/Contents/Info.plist". drop_dir: pcscd's folder of drivers, as
 * `pkg-config --variable=usbdropdir libpcsclite` says. SSC_E_BUFFER_TOO_SMALL. */
int ssc_ccid_bind_path(const char *drop_dir, uint16_t vid, uint16_t pid, char *out, size_t cap);
/* "<drop_dir>/ifd-sscard-1d99-0013.bundle/Contents/Linux": must exist too, empty, because pcscd's way to the
 * handler leads through it. SSC_E_BUFFER_TOO_SMALL. */
int ssc_ccid_bind_folder(const char *drop_dir, uint16_t vid, uint16_t pid, char *out, size_t cap);
/* The whole file. name: what PC/SC programs are to see, UTF-8; NULL: "CCID reader vid:pid". Characters that
 * mean something in XML are replaced. SSC_E_BUFFER_TOO_SMALL. */
int ssc_ccid_bind_text(uint16_t vid, uint16_t pid, const char *name, char *out, size_t cap);

#endif
