/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the scripted reader: the pipes are in device.c, the commands in commands.c, descriptors in
 * descriptors.c. Everything with the lock held. */
#ifndef SSC_TESTS_USB_DEVICE_INTERNAL_H
#define SSC_TESTS_USB_DEVICE_INTERNAL_H

#include "device.h"

#include <pthread.h>

enum { CCID_HEADER = 10 };
/* USB CCID rev 1.1 clause 6 */
enum {
    PC_SET_PARAMETERS = 0x61,
    PC_POWER_ON = 0x62,
    PC_POWER_OFF = 0x63,
    PC_SLOT_STATUS = 0x65,
    PC_SECURE = 0x69,
    PC_ESCAPE = 0x6B,
    PC_GET_PARAMETERS = 0x6C,
    PC_RESET_PARAMETERS = 0x6D,
    PC_XFR = 0x6F,
    PC_ABORT = 0x72,
    PC_RATE_AND_CLOCK = 0x73,
    RDR_DATA = 0x80,
    RDR_STATUS = 0x81,
    RDR_PARAMETERS = 0x82,
    RDR_ESCAPE = 0x83,
    RDR_RATE_AND_CLOCK = 0x84,
};
enum { STATUS_FAILED = 0x40, STATUS_TIME = 0x80 };
enum {
    ICC_MUTE = 0xFE,
    PIN_CANCELLED = 0xEF,
    PIN_TIMEOUT = 0xF0,
    BAD_SLOT = 5,
    HW_ERROR = 0xFB,
    XFR_PARITY = 0xFD
};

struct packet {
    struct packet *next;
    int64_t ready_us;
    int status; /* 0 or -errno */
    size_t len, at;
    uint8_t bytes[];
};
struct queue {
    struct packet *first, *last;
};

struct slot {
    bool present, powered;
    struct contact contact;
    struct ssc_sim_card *card;       /* stays while the card is out */
    uint8_t protocol, parameters[7]; /* bmFindexDindex first */
    uint8_t out[DEVICE_MESSAGE_MAX]; /* a command that comes in chained blocks */
    size_t out_len;
    uint8_t in[CONTACT_OUT_MAX]; /* an answer that leaves in chained blocks */
    size_t in_len, in_at;
    uint8_t abort_seq;
    bool aborting; /* by the control pipe; the bulk pipe is to follow */
};

struct answer {
    uint8_t type, error, specific, status; /* status: STATUS_ bits only */
    const uint8_t *data;
    size_t len;
};

struct device {
    struct device_config config;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint8_t descriptors[DEVICE_DESCRIPTORS_MAX];
    size_t descriptors_len;
    struct slot slot[DEVICE_SLOTS];
    struct queue in, interrupt;
    uint8_t message[DEVICE_MESSAGE_MAX];
    size_t message_len;
    bool gone, deaf, halted_in, halted_out, extending;
    size_t gone_after; /* bytes that still leave */
    enum device_fault fault;
    uint8_t fault_type;
    unsigned fault_left, fault_arg;
    bool fault_always;
    char typed[64];
    struct device_message log[DEVICE_LOG];
    unsigned logged, aborts, resets, count[256];
};

void device_lock(struct device *d);
void device_unlock(struct device *d); /* and wakes whoever waits */
void device_enqueue(struct device *d, struct queue *q, const uint8_t *bytes, size_t len, int status,
                    unsigned late_ms);

size_t device_make_descriptors(const struct device_config *config, uint8_t *out);
/* String descriptor `index`; false: there is none. */
bool device_string(const struct device_config *config, unsigned index, uint8_t *out, size_t *len);

void device_run(struct device *d, const uint8_t *message, size_t len);
void device_power_down(struct slot *slot);
/* Answers go through here: faults of the answer are applied. */
void device_answer(struct device *d, const uint8_t *message, const struct answer *answer,
                   enum device_fault fault, unsigned arg);
/* The answer does not come as an answer: a halt, noise, a transfer error. */
void device_break(struct device *d, enum device_fault fault);
void device_notify(struct device *d);
/* PC_to_RDR_Secure: fills the PIN in and runs the command. */
void device_secure(struct device *d, struct slot *slot, const uint8_t *data, size_t len,
                   struct answer *answer, uint8_t *room, size_t cap);

#endif
