/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of reading the identity that PSAM, key file and back office share. Inside this room only. */
#ifndef SSC_MIDDLEWARE_IDENTITY_PRIVATE_H
#define SSC_MIDDLEWARE_IDENTITY_PRIVATE_H

#include "middleware/card_private.h"
#include "middleware/identity.h"

/* Starts counting exchanges into `out`, which is emptied. */
struct ssc_identity_count {
    unsigned commands;
    uint64_t exchanges, wire_us;
};
struct ssc_identity_count ssc_identity_start(const struct ssc_card *card, struct ssc_identity *out);
void ssc_identity_stop(const struct ssc_card *card, const struct ssc_identity_count *start,
                       struct ssc_identity *out);

/* Issuer's records into out->raw: from memory, or read. */
int ssc_identity_issuer(struct ssc_card *card, unsigned parts, struct ssc_identity *out, int64_t deadline);
/* Holder's records into out->raw. A refusal for want of a key is SSC_E_ACCESS_DENIED. */
int ssc_identity_holder(struct ssc_card *card, unsigned parts, struct ssc_identity *out, int64_t deadline);
/* What a provider cannot do, the back office can: SSC_E_NEED_REMOTE with the cause in `out`, else rc. */
int ssc_identity_remote_instead(int rc, struct ssc_identity *out);
/* The provider's terminal number, where it has one. */
int ssc_identity_terminal(struct ssc_auth *auth, struct ssc_identity *out, int64_t deadline);
/* As the national library reads, exchange for exchange. */
int ssc_identity_national(struct ssc_card *card, struct ssc_auth *auth,
                          const struct ssc_identity_options *options, struct ssc_identity *out,
                          int64_t deadline);
/* All fields and the line out of out->raw. */
void ssc_identity_fill(const struct ssc_card *card, struct ssc_identity *out);
/* The holder's data out of `out`, what was counted stays. */
void ssc_identity_wipe(struct ssc_identity *out);

#endif
