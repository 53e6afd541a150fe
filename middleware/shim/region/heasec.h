/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libHeaSecReadInfo: the layer above the national reader library as other regions define it (dialect without
 * lengths). Only what needs no back office: the line of the card and its PIN. Every function takes whatever
 * card is there, a contact one first.
 *
 * Return: 0 done; else one of the national codes (docs/national-library.md), and the first output buffer
 * holds the Chinese text of what is wrong and what to do. Texts are GB18030, or UTF-8 when the configuration
 * says so. The interface passes no lengths: the caller offers HEASEC_CARD bytes for the card's line,
 * HEASEC_BUSI for the business string, HEASEC_TEXT for every other text, each with its NUL. Nothing is
 * written beyond that, and nothing behind the NUL.
 *
 * Threads: every function may be called from any thread at any time.
 */
#ifndef SSCARD_REGION_HEASEC_H
#define SSCARD_REGION_HEASEC_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SSCARD_NATIONAL
#define SSCARD_NATIONAL __attribute__((visibility("default")))
#endif

enum { HEASEC_CARD = 2048, HEASEC_BUSI = 8192, HEASEC_TEXT = 1024 };

/* Asks whether the service is there. pInitInfo: a JSON object, as the centre asks for it. Its members (IP,
 * PORT, TIMEOUT, LOG_PATH, EC_URL, keys ...) speak of the centre and are not needed here; none is stored, and
 * nothing is logged. NULL and "" are as good as {}. At most 64 KiB. pErrMsg: HEASEC_TEXT bytes, "" when all
 * is well; may be NULL. -23: not a JSON object. -11: no service. -12: it does not serve this user. */
SSCARD_NATIONAL long Init(char *pInitInfo, char *pErrMsg);

/* pCardInfo: HEASEC_CARD bytes, takes the eleven items of the card, each ended by '|'.
 * pBusiCardInfo: HEASEC_BUSI bytes, always "": the centre's control would put its signed business string
 * here, which nobody else can make. May be NULL. Codes as the national iReadCardBas; -23: pCardInfo is NULL.
 */
SSCARD_NATIONAL long ReadCardBas(char *pCardInfo, char *pBusiCardInfo);

/* Asks the holder for the PIN, on the reader's pad or through the configured program, and has the card check
 * it. pOutBuff: HEASEC_TEXT bytes, "" when it is right; -51: wrong, the text says how many tries are left;
 * -52: locked; -31, -32, -33: cancelled, not typed in time, wrong length. */
SSCARD_NATIONAL long VerifyPIN(char *pOutBuff);

/* Asks for the old PIN and twice for the new one, and changes it. As VerifyPIN; -34: the new ones differ. */
SSCARD_NATIONAL long ChangePIN(char *pOutBuff);

/* Not offered: citizen id cards, electronic vouchers and what needs the centre. -13, and the text says so in
 * the output buffer of HEASEC_TEXT bytes (may be NULL); pOutBusiBuff is "". */
SSCARD_NATIONAL long ReadSFZ(char *pPath, char *pOutBuff, char *pOutBusiBuff);
SSCARD_NATIONAL long EcQuery(char *pInData, char *pOutData);
SSCARD_NATIONAL long GetPersonInfo(char *pInData, char *pOutData);

/* Not offered either, and their parameters are nowhere published: -13, and nothing is touched. They are here
 * so that programs which look all names up at their start do start. */
SSCARD_NATIONAL long EcCardQuery(void);
SSCARD_NATIONAL long DailySinIn(void); /* so spelt in the published interface */
SSCARD_NATIONAL long Busi(void);
SSCARD_NATIONAL long ReadCardBasRx(void);
SSCARD_NATIONAL long ReadSFZRx(void);

#ifdef __cplusplus
}
#endif

#endif
