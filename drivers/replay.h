/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings. A recording is a text file, one item per line, UTF-8:
 *     # comment
 *     reader NAME                      name shown, default "replay"
 *     medium contact|contactless|sam
 *     atr HEX                          contact answer to reset; or
 *     ats HEX                          contactless: shown as PC/SC ATR 3B 8n 80 01 ...
 *     redacted                         a byte 2A in a command's data is one that was overwritten; see below
 *     > HEX                            command
 *     < HEX                            answer with status word; belongs to the command above
 *     otherwise HEX                    status word for commands that were not recorded, default 6D00;
 *     otherwise B2 HEX                 the same for one INS, or
 *     otherwise 00B2 HEX               for one CLA and INS
 *
 * Blanks inside HEX are allowed (not after "otherwise"). The same command may stand more than once: answers
 * are given in that order, the last one for ever (GET CHALLENGE). Otherwise the order does not matter. Every
 * channel begins with the first answers. A command with data and Le that is not there is looked for without
 * its Le. GET RESPONSE goes on with what stands behind the exchange that was played last.
 *
 * Where it says `redacted`, a command of which a byte was overwritten (PIN, challenge, MAC) stands for every
 * command with its header and length: what was accepted on site is accepted with any data. Answers are played
 * as they stand, a challenge as 2A2A..., so nothing that is computed over one can be proved: whoever checks
 * the card's answer with keys, even the right ones, finds it wrong. A recording shows what a card did, never
 * that it is genuine.
 */
#ifndef SSC_DRIVERS_REPLAY_H
#define SSC_DRIVERS_REPLAY_H

#include "drivers/reader.h"
#include <stdio.h>

/* One reader, card inserted. SSC_E_FILE_MISSING, SSC_E_IO, SSC_E_IMAGE_INVALID. why[200] (may be NULL): the
 * path with the line at fault, or with what is wrong with the file as a whole. Owner: caller. */
int ssc_replay_driver_new(const char *path, struct ssc_driver **out, char why[200]);
/* The same from text in memory, which need not end in NUL. *bad_line (may be NULL): of SSC_E_IMAGE_INVALID, 0
 * when the text as a whole is at fault. */
int ssc_replay_driver_parse(const char *text, size_t len, struct ssc_driver **out, unsigned *bad_line);

#endif
