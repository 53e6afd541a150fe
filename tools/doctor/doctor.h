/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the plug to the card, link by link, to the first one that is broken. Each link is a file
 * link_<name>.c; it writes what is in order as facts (facts.def), and what is not as a cause (causes.def)
 * into the report, and leaves what it has learnt for the links behind it. The report is JSON with both
 * languages; screens, the acceptance sheet and the support bundle are made from it.
 */
#ifndef SSC_TOOLS_DOCTOR_DOCTOR_H
#define SSC_TOOLS_DOCTOR_DOCTOR_H

#include "tools/cli.h"
#include "tools/doctor/seam.h"
#include "tools/doctor/usb.h"

enum cause {
#define CAUSE(NAME, ...) CAUSE_##NAME,
#include "tools/doctor/causes.def"
#undef CAUSE
    CAUSE_COUNT
};
struct cause_row {
    const char *symbol;
    int exit;
    struct text evidence, cause, remedy;
};
extern const struct cause_row cause_rows[CAUSE_COUNT];

enum fact {
#define FACT(NAME, en, zh) FACT_##NAME,
#include "tools/doctor/facts.def"
#undef FACT
    FACT_COUNT
};

struct doctor {
    const struct seam *seam;
    /* what to look at */
    bool direct;            /* straight to the reader */
    const char *driver;     /* "pcsc", "ccid", "sim", "replay"; learnt from the service where it is asked */
    const char *sockets[5]; /* where the service may be, NULL ended */
    const char *reader;     /* NULL: the only one, or the one with a card */
    const char *key_file;
    int64_t patience_ms; /* of one question, for texts */
    /* what the links have learnt */
    char driver_name[32];
    json_t *ping;       /* of the service; NULL: straight */
    int64_t pcscd;      /* its pid when it answered; -1: not to be seen */
    json_t *readers;    /* array */
    const json_t *slot; /* the reader that is examined; borrowed from readers */
    json_t *info;       /* card.info */
    struct usb_list usb;
    const struct usb_device *device; /* the examined reader's, when it is known */
    /* the report */
    json_t *links, *link;
    int exit;
    const char *broken; /* symbol of the cause, NULL: whole */
};

/* The whole chain. Exit code; d->links is the report. Zero `d`, fill its first part; then doctor_free. */
int doctor_run(struct doctor *d);
void doctor_free(struct doctor *d);
/* {"ok", "cause", "links": [{"link", "name", "state": "ok|remark|broken|skipped", "facts": [{"en", "zh"}],
 * "causes": [{"symbol", "evidence", "cause", "remedy": {"en", "zh"}}]}]}. The caller's. */
json_t *doctor_report(const struct doctor *d);

/* ---- for the links ---- */
#define doctor_fact(d, id, ...)                                                                              \
    doctor_fact_args(d, id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
/* The chain ends here; or: worth mending, but the chain holds. */
#define doctor_cause(d, breaks, id, ...)                                                                     \
    doctor_cause_args(d, breaks, id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
#define doctor_break(d, ...) doctor_cause(d, true, __VA_ARGS__)
#define doctor_remark(d, ...) doctor_cause(d, false, __VA_ARGS__)
void doctor_fact_args(struct doctor *d, enum fact id, const char *const *args);
void doctor_cause_args(struct doctor *d, bool broken, enum cause id, const char *const *args);
void doctor_skip(struct doctor *d); /* this link was not tested */
/* Calls the service or the reader. Answer, or NULL: symbol[64] says why, detail[160] where. */
json_t *doctor_ask(struct doctor *d, const char *method, json_t *params, char symbol[64], char detail[160]);
/* The cause when a call for the examined card was refused: the card's, the reader's or the caller's. */
void doctor_card_failed(struct doctor *d, const char *method, const char *symbol, const char *detail);
/* The cause when the reader hangs: pcscd as a whole, or this reader alone. */
void doctor_wedged(struct doctor *d);
bool doctor_has_hardware(const struct doctor *d);
/* {1}.. of the text filled in. The caller frees. */
char *text_fill(const char *text, const char *const *args);
/* A cause as JSON: the same shape as in the report. */
json_t *cause_json(enum cause id, const char *const *args);

#define LINK(function, symbol, en, zh) void link_##function(struct doctor *d);
#include "tools/doctor/links.def"
#undef LINK

/* Screens. */
void doctor_show(struct cli *cli, const json_t *report);
/* width: of lines, 0 for as long as they are. */
void cause_show(struct cli *cli, const json_t *cause, const char *indent, size_t width, FILE *out);
void acceptance_show(struct cli *cli, const json_t *sheet, FILE *out);

#endif
