/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of the national reader library (读写终端动态库), on top of the sscard service: link with
 * -lSSCardDriver, or load libSSCardDriver.so as before. The configuration is /etc/sscard/shim.conf, or the
 * file that the environment's SSCARD_SHIM_CONF names.
 *
 * Every function returns 0, or a negative code of the published list; the codes below -999 but -2201 to -2204
 * are the card's status word as a negative decimal (-27010 is 6982). All codes fit 32 bits and are sign
 * extended, so a caller may read the result as 32 or 64 bits.
 *
 * Texts are GB18030 in and out, unless the configuration says utf-8. After a code other than 0 pOutInfo holds
 * a sentence in Chinese, at most 255 bytes. Nothing is written behind the terminating NUL, and never more
 * than the size given with each function. A NULL pOutInfo is answered with -23 before anything is done.
 *
 * The second byte of a GB18030 character may be the one of '|' or '^': split a line by characters, not by
 * bytes.
 *
 * iType: 1 contact, 2 contactless, 3 either, contact first, 4 either, contactless first.
 *
 * iAuthType: how to open a file that the holder's PIN or a key opens: 1 PIN, 2 key; 0 what the service finds
 * best. Meaningless for all other files.
 *
 * pCardInfo: "CARD_ID|CARD_NUMBER|" (卡识别码|卡号|), at most 127 bytes; compared with the card: -22. The
 * number may be empty for a card that has none.
 *
 * pFileAddr: "FILE|TAG|TAG|$FILE|TAG|$", at most 1023 bytes. FILE is SSSE or DF01 .. DF07 and EF05 ..; TAG is
 * two hexadecimal digits, "40:2" the second of two elements with one tag. A file alone is all of it;
 * "DF04EF08:01$" or "DF04EF08|01|$" is one record of a cyclic file, the newest is 01.
 *
 * pWriteData: the same skeleton with values in place of tags, at most 20479 bytes. Fields of a cyclic record
 * end with '^'; a transparent file is hexadecimal.
 *
 * pPayInfo: "AMOUNT|AMOUNT|YYYYMMDDhhmmss|", at most 511 bytes, yuan with at most two decimals: total paid by
 * the holder, then account and fund together, unless the configuration says otherwise. The time is the sale's
 * and names it: the same call with the same time is answered with the stored outcome and moves no money,
 * unless that outcome is that none had moved: then it is tried again.
 *
 * pKey: what the back office's key machine answered to the step before, at most 127 bytes.
 *
 * Two-step functions (_HSM_Step1, 2, 3): the card is held for the calling thread from the first step to the
 * last, at most hsm-hold-ms of the configuration. An error in any step gives it back; then begin with Step1.
 * Any other function that the thread calls in between gives it back, too. All steps belong in one thread;
 * with "steps = process" in the configuration the next step may come from any thread of the process, which
 * then has one two-step at a time: any function but the next step ends it, and of two that are begun at the
 * same time one gets -12.
 *
 * -2201, -2202, -2203, -24 and -27272 say that the PSAM cannot do it: use the _HSM_ functions.
 *
 * Functions may be called from any number of threads, and in forked children. Each connects to the service
 * for itself and keeps nothing.
 *
 * The service gives the calling user a role. Reading and PIN: reader. iDoDebit: biller. iReloadPIN,
 * iUnblockPIN: operator. iWriteCard: perso. Without it: -12.
 */
#ifndef SSCARD_DRIVER_H
#define SSCARD_DRIVER_H

#ifdef __cplusplus
extern "C" {
#endif

#define SSCARD_DRIVER_API __attribute__((visibility("default")))

/* Who holds the card. 1024 bytes: 发卡地区行政区划代码|社会保障号码|卡号|卡识别码|姓名|卡复位信息|规范版本|
 * 发卡日期|卡有效期|终端机编号|终端设备号|  The card is authenticated by the PSAM (-21: it may be forged). */
SSCARD_DRIVER_API long iReadCardBas(int iType, char *pOutInfo);
/* 1024 bytes: area|reset information|algorithm (01 3DES, 02 SSF33, 03 SM4)|card id|internal factor|internal
 * original|external factor|external original|  The last two are empty where the card does not ask. */
SSCARD_DRIVER_API long iReadCardBas_HSM_Step1(int iType, char *pOutInfo);
/* pKey: "auth16+original16|auth16+original16|", the second empty where the card does not ask. 1024 bytes: as
 * iReadCardBas, the terminal number is 000000000000. */
SSCARD_DRIVER_API long iReadCardBas_HSM_Step2(char *pKey, char *pOutInfo);

/* Files and elements. 20480 bytes: pFileAddr's skeleton with values. Asks for the PIN where a file wants it.
 */
SSCARD_DRIVER_API long iReadCard(int iType, int iAuthType, char *pCardInfo, char *pFileAddr, char *pOutInfo);
/* First file only. 1024 bytes: algorithm|key address|factor|original|  -2204: the file wants no key. A file
 * that wants PIN and key asks for the PIN now. */
SSCARD_DRIVER_API long iReadCard_HSM_Step1(int iType, char *pCardInfo, char *pFileAddr, char *pOutInfo);
/* pKey: auth16+original16. 20480 bytes: as iReadCard. */
SSCARD_DRIVER_API long iReadCard_HSM_Step2(char *pKey, char *pOutInfo);

/* Writes the elements of the first file, in order; appends one record to a cyclic file; replaces a
 * transparent file from its beginning. 1024 bytes, empty when done. After an error, elements before the one
 * that failed are written. */
SSCARD_DRIVER_API long iWriteCard(int iType, char *pCardInfo, char *pFileAddr, char *pWriteData,
                                  char *pOutInfo);
/* As iReadCard_HSM_Step1, for the key that updates the file. */
SSCARD_DRIVER_API long iWriteCard_HSM_Step1(int iType, char *pCardInfo, char *pFileAddr, char *pOutInfo);
/* pKey: auth16+original16. 1024 bytes, empty when done. */
SSCARD_DRIVER_API long iWriteCard_HSM_Step2(char *pKey, char *pWriteData, char *pOutInfo);

/* Asks for the PIN, on the reader's pad or through the helper program. 512 bytes, empty when right. -51:
 * wrong, the text says how many tries are left; -52 locked; -31 cancelled, -32 not typed in time, -33 not 4
 * to 16 digits. */
SSCARD_DRIVER_API long iVerifyPIN(int iType, char *pOutInfo);
/* Old PIN, new PIN twice (-34: they differ). 512 bytes, empty when done. */
SSCARD_DRIVER_API long iChangePIN(int iType, char *pOutInfo);

/* A new PIN without the old one, through the PSAM. The new PIN is asked for twice by the helper program: no
 * pad gives it away (-13 without a helper). 512 bytes, empty when done. */
SSCARD_DRIVER_API long iReloadPIN(int iType, char *pCardInfo, char *pOutInfo);
/* 512 bytes: algorithm|0090|factor|original| */
SSCARD_DRIVER_API long iReloadPIN_HSM_Step1(int iType, char *pCardInfo, char *pOutInfo);
/* pKey: auth16+original16. Asks twice for the new PIN. 1024 bytes: algorithm|0173|challenge|842400010C or
 * 8424000114|PIN| */
SSCARD_DRIVER_API long iReloadPIN_HSM_Step2(char *pKey, char *pOutInfo);
/* pKey: the whole command, 34 (3DES) or 50 digits (SM4). 1024 bytes, empty when done. */
SSCARD_DRIVER_API long iReloadPIN_HSM_Step3(char *pKey, char *pOutInfo);

/* Gives a locked PIN its tries back, through the PSAM. 512 bytes, empty when done. */
SSCARD_DRIVER_API long iUnblockPIN(int iType, char *pCardInfo, char *pOutInfo);
/* 512 bytes: algorithm|0090|factor|original| */
SSCARD_DRIVER_API long iUnblockPIN_HSM_Step1(int iType, char *pCardInfo, char *pOutInfo);
/* pKey: auth16+original16. 1024 bytes: algorithm|0173|challenge|8424000004|| */
SSCARD_DRIVER_API long iUnblockPIN_HSM_Step2(char *pKey, char *pOutInfo);
/* pKey: the whole command, 18 digits. 1024 bytes, empty when done. */
SSCARD_DRIVER_API long iUnblockPIN_HSM_Step3(char *pKey, char *pOutInfo);

/* Takes money, after the PIN. It is journalled before the card acts. 512 bytes; the line is the
 * configuration's "debit". -4 with 扣款结果未知: the same card has to be inserted again; call again with the
 * same arguments. */
SSCARD_DRIVER_API long iDoDebit(int iType, char *pCardInfo, char *pPayInfo, char *pOutInfo);
/* After the PIN: what the key machine needs for MAC1. 512 bytes; the configuration's "debit-hsm". */
SSCARD_DRIVER_API long iDoDebit_HSM_Step1(int iType, char *pCardInfo, char *pPayInfo, char *pOutInfo);
/* pKey: the configuration's "debit-hsm-answer". 1024 bytes: MAC2|TAC|, or the configuration's
 * "debit-hsm-result". */
SSCARD_DRIVER_API long iDoDebit_HSM_Step2(char *pKey, char *pOutInfo);

/* The card's own log of medical payments after the PIN, newest first, at most 30. 2048 bytes; the line of a
 * record is the configuration's "record". */
SSCARD_DRIVER_API long iReadDebitRecord(int iType, char *pOutInfo);

#ifdef __cplusplus
}
#endif

#endif
