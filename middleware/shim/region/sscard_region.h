/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libSSCard: the layer above the national reader library as some regions define it (dialect with lengths).
 * Only what needs no back office: the line of the card and its PIN. Every function takes whatever card is
 * there, a contact one first.
 *
 * Return: 0 done; else one of the national codes (docs/national-library.md), and the first output buffer
 * holds the Chinese text of what is wrong and what to do, cut to whole characters where the buffer is small.
 * Texts are GB18030, or UTF-8 when the configuration says so. Lengths are those of the buffers in bytes, with
 * the terminating NUL; nothing is written beyond them, and nothing at all into a NULL or empty one.
 *
 * Threads: every function may be called from any thread at any time.
 */
#ifndef SSCARD_REGION_H
#define SSCARD_REGION_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SSCARD_NATIONAL
#define SSCARD_NATIONAL __attribute__((visibility("default")))
#endif

/* Asks whether the service is there. pUrl, pUser: the address and the region of the centre; there is nothing
 * that they would be needed for here, they may be NULL. There is no buffer for a text.
 * -11: no service. -12: it does not serve this user. */
SSCARD_NATIONAL long Init(const char *pUrl, const char *pUser);

/* The eleven items of the card, each ended by '|'; 1024 bytes are always enough. pOutBuff must not be NULL.
 * pSignBuff: the centre's control would put its signature for a visit with the card here. Nobody but the
 * centre can make it, so it is always "" (and may be NULL, with 0): a centre that insists on it cannot be
 * served without its own control.
 * -2 no card, -21 the card is not genuine, -22 .. as the national iReadCardBas; -42: nOutBuffLen is too small
 * for the line; -23: pOutBuff is NULL or nOutBuffLen is below 1. */
SSCARD_NATIONAL long ReadCardBas(char *pOutBuff, int nOutBuffLen, char *pSignBuff, int nSignBuffLen);

/* Asks the holder for the PIN, on the reader's pad or through the configured program, and has the card check
 * it. pOutBuff is "" when it is right; -51: wrong, the text says how many tries are left; -52: locked; -31,
 * -32, -33: cancelled, not typed in time, wrong length. */
SSCARD_NATIONAL long VerifyPIN(char *pOutBuff, int nOutBuffLen);

/* Asks for the old PIN and twice for the new one, and changes it. As VerifyPIN; -34: the new ones differ. */
SSCARD_NATIONAL long ChangePIN(char *pOutBuff, int nOutBuffLen);

/* Citizen id cards and bar codes are not read by sscard: -13, with a text that says so. nTimeout: seconds. */
SSCARD_NATIONAL long ReadSFZ(char *pOutBuff, int nOutBuffLen, char *pSignBuff, int nSignBuffLen);
SSCARD_NATIONAL long GetQRBase(int nTimeout, char *pOutBuff, int nOutBuffLen, char *pSignBuff,
                               int nSignBuffLen);

#ifdef __cplusplus
}
#endif

#endif
