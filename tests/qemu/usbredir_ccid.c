/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripted reader at the other end of QEMU's usb-redir device: the guest's kernel sees a USB reader with
 * a simulated card in slot 0 and a simulated PSAM in slot 1.
 *
 *     usbredir_ccid SOCKET VENDOR:PRODUCT short|extended|tpdu|characters [T1]
 *
 * Ends when QEMU closes the socket. The command 80 DD 00 00 is one that the reader never answers; 80 DF 00 nn
 * lets one bit flip, unnoticed by all checks, in the nnth long answer behind it.
 */
#include "device.h"
#include "images.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <usbredirparser.h>

enum {
    WAITING_MAX = 16,
    PACKET = 64,
    INTERRUPT_PACKET = 8,
    IN_MAX = 1 << 17,
    CONNECT_TRIES = 600,
    LONG = 40, /* a record of the card, and no header, ATR or status */
    POLL_MS = 2
};

struct request {
    uint64_t id;
    size_t len;
};

struct port {
    int socket;
    struct usbredirparser *parser;
    struct device *device;
    struct request waiting[WAITING_MAX]; /* bulk-in */
    size_t count;
    bool listening; /* interrupt pipe */
    uint64_t interrupts;
    unsigned flip_in; /* long answers until one is changed; 0: none is */
    bool over;
};

static void log_line(void *ctx, int level, const char *text)
{
    (void)ctx;
    if (level <= usbredirparser_warning) {
        fprintf(stderr, "usbredir: %s\n", text);
    }
}

static int read_socket(void *ctx, uint8_t *data, int count)
{
    struct port *p = ctx;
    const ssize_t n = recv(p->socket, data, (size_t)count, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        p->over = true;
        return -1;
    }
    return n < 0 ? 0 : (int)n;
}

static int write_socket(void *ctx, uint8_t *data, int count)
{
    struct port *p = ctx;
    const ssize_t n = send(p->socket, data, (size_t)count, MSG_NOSIGNAL);
    return n < 0 ? -1 : (int)n;
}

/* ---- what the device is ---- */

static unsigned slot_of(uint8_t endpoint)
{
    return (unsigned)((endpoint & 0x80) >> 3 | (endpoint & 0x0F));
}

static void connect_device(void *ctx, struct usb_redir_hello_header *hello)
{
    struct port *p = ctx;
    const struct device_config *c = device_configuration(p->device);
    struct usb_redir_device_connect_header device = {.speed = usb_redir_speed_full,
                                                     .vendor_id = c->vendor,
                                                     .product_id = c->product,
                                                     .device_version_bcd = 0x0100};
    struct usb_redir_interface_info_header interfaces = {.interface_count = 1};
    struct usb_redir_ep_info_header endpoints;
    const struct {
        uint8_t address, type, interval;
        uint16_t packet;
    } list[] = {{DEVICE_OUT, usb_redir_type_bulk, 0, PACKET},
                {DEVICE_IN, usb_redir_type_bulk, 0, PACKET},
                {DEVICE_INTERRUPT, usb_redir_type_interrupt, 16, INTERRUPT_PACKET}};
    (void)hello;
    memset(&endpoints, 0, sizeof endpoints);
    memset(endpoints.type, usb_redir_type_invalid, sizeof endpoints.type);
    endpoints.type[0] = endpoints.type[16] = usb_redir_type_control;
    endpoints.max_packet_size[0] = endpoints.max_packet_size[16] = PACKET;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        const unsigned at = slot_of(list[i].address);
        endpoints.type[at] = list[i].type;
        endpoints.interval[at] = list[i].interval;
        endpoints.max_packet_size[at] = list[i].packet;
    }
    interfaces.interface_class[0] = c->usb_class;
    usbredirparser_send_interface_info(p->parser, &interfaces);
    usbredirparser_send_ep_info(p->parser, &endpoints);
    usbredirparser_send_device_connect(p->parser, &device);
}

/* ---- transfers ---- */

static uint8_t status_of(int rc)
{
    return rc == 0 ? usb_redir_success : rc == -EPIPE ? usb_redir_stall : usb_redir_ioerror;
}

static void on_control(void *ctx, uint64_t id, struct usb_redir_control_packet_header *h, uint8_t *data,
                       int len)
{
    struct port *p = ctx;
    const uint8_t setup[8] = {h->requesttype,     h->request,
                              (uint8_t)h->value,  (uint8_t)(h->value >> 8),
                              (uint8_t)h->index,  (uint8_t)(h->index >> 8),
                              (uint8_t)h->length, (uint8_t)(h->length >> 8)};
    const bool in = (h->endpoint & 0x80) != 0;
    uint8_t bytes[DEVICE_DESCRIPTORS_MAX] = {0};
    size_t n = h->length < sizeof bytes ? h->length : sizeof bytes;
    if (!in && data && len > 0) {
        memcpy(bytes, data, (size_t)len < sizeof bytes ? (size_t)len : sizeof bytes);
    }
    h->status = status_of(device_control(p->device, setup, bytes, &n));
    n = h->status == usb_redir_success && in ? n : 0;
    h->length = (uint16_t)n;
    usbredirparser_send_control_packet(p->parser, id, h, n > 0 ? bytes : NULL, (int)n);
    usbredirparser_free_packet_data(p->parser, data);
}

static void answer_bulk(struct port *p, uint64_t id, uint8_t endpoint, uint8_t status, size_t len,
                        uint8_t *data)
{
    struct usb_redir_bulk_packet_header h = {.endpoint = endpoint,
                                             .status = status,
                                             .length = (uint16_t)len,
                                             .length_high = (uint16_t)(len >> 16)};
    usbredirparser_send_bulk_packet(p->parser, id, &h, data, data ? (int)len : 0);
}

/* Commands to the reader's other end. True: the reader takes it, and never answers. */
static bool is_for_us(struct port *p, const uint8_t *data, int len)
{
    const bool command = data && len >= 14 && data[0] == 0x6F && data[10] == 0x80;
    p->flip_in = command && data[11] == 0xDF ? data[13] : p->flip_in;
    return command && data[11] == 0xDD;
}

static void on_bulk(void *ctx, uint64_t id, struct usb_redir_bulk_packet_header *h, uint8_t *data, int len)
{
    struct port *p = ctx;
    const size_t wanted = (size_t)h->length | (size_t)h->length_high << 16;
    if ((h->endpoint & 0x80) == 0) {
        const int rc = is_for_us(p, data, len) ? 0 : device_out(p->device, data, (size_t)len);
        answer_bulk(p, id, h->endpoint, status_of(rc), rc == 0 ? (size_t)len : 0, NULL);
    } else if (p->count < WAITING_MAX) {
        p->waiting[p->count++] = (struct request){id, wanted};
    } else {
        answer_bulk(p, id, h->endpoint, usb_redir_ioerror, 0, NULL);
    }
    usbredirparser_free_packet_data(p->parser, data);
}

static void drop(struct port *p, size_t at)
{
    p->count--;
    memmove(&p->waiting[at], &p->waiting[at + 1], (p->count - at) * sizeof p->waiting[0]);
}

static void on_cancel(void *ctx, uint64_t id)
{
    struct port *p = ctx;
    for (size_t i = 0; i < p->count; i++) {
        if (p->waiting[i].id == id) {
            drop(p, i);
            answer_bulk(p, id, DEVICE_IN, usb_redir_cancelled, 0, NULL);
            break;
        }
    }
}

/* What the device has to say goes out. */
static void pump(struct port *p)
{
    static uint8_t bytes[IN_MAX];
    size_t len;
    int status;
    while (p->count > 0 &&
           device_in(p->device, DEVICE_IN, bytes,
                     p->waiting[0].len < sizeof bytes ? p->waiting[0].len : sizeof bytes, &len, &status)) {
        const uint64_t id = p->waiting[0].id;
        drop(p, 0);
        if (len > LONG && p->flip_in > 0 && --p->flip_in == 0) {
            bytes[LONG] ^= 0x04;
        }
        answer_bulk(p, id, DEVICE_IN, status_of(status), len, len > 0 ? bytes : NULL);
    }
    while (p->listening && device_in(p->device, DEVICE_INTERRUPT, bytes, INTERRUPT_PACKET, &len, &status) &&
           status == 0) {
        struct usb_redir_interrupt_packet_header h = {
            .endpoint = DEVICE_INTERRUPT, .status = usb_redir_success, .length = (uint16_t)len};
        usbredirparser_send_interrupt_packet(p->parser, p->interrupts++, &h, bytes, (int)len);
    }
}

/* ---- the small requests ---- */

static void on_set_configuration(void *ctx, uint64_t id, struct usb_redir_set_configuration_header *h)
{
    struct usb_redir_configuration_status_header answer = {usb_redir_success, h->configuration};
    usbredirparser_send_configuration_status(((struct port *)ctx)->parser, id, &answer);
}

static void on_get_configuration(void *ctx, uint64_t id)
{
    struct usb_redir_configuration_status_header answer = {usb_redir_success, 1};
    usbredirparser_send_configuration_status(((struct port *)ctx)->parser, id, &answer);
}

static void on_set_alt(void *ctx, uint64_t id, struct usb_redir_set_alt_setting_header *h)
{
    struct usb_redir_alt_setting_status_header answer = {usb_redir_success, h->interface, h->alt};
    usbredirparser_send_alt_setting_status(((struct port *)ctx)->parser, id, &answer);
}

static void on_get_alt(void *ctx, uint64_t id, struct usb_redir_get_alt_setting_header *h)
{
    struct usb_redir_alt_setting_status_header answer = {usb_redir_success, h->interface, 0};
    usbredirparser_send_alt_setting_status(((struct port *)ctx)->parser, id, &answer);
}

static void listen_to(struct port *p, uint64_t id, uint8_t endpoint, bool on)
{
    struct usb_redir_interrupt_receiving_status_header answer = {usb_redir_success, endpoint};
    p->listening = on;
    usbredirparser_send_interrupt_receiving_status(p->parser, id, &answer);
}

static void on_start_interrupt(void *ctx, uint64_t id, struct usb_redir_start_interrupt_receiving_header *h)
{
    listen_to(ctx, id, h->endpoint, true);
}

static void on_stop_interrupt(void *ctx, uint64_t id, struct usb_redir_stop_interrupt_receiving_header *h)
{
    listen_to(ctx, id, h->endpoint, false);
}

static void on_reset(void *ctx)
{
    struct port *p = ctx;
    p->count = 0;
    device_reset(p->device);
}

static void start_parser(struct port *p)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};
    struct usbredirparser *r = usbredirparser_create();
    r->priv = p;
    r->log_func = log_line;
    r->read_func = read_socket;
    r->write_func = write_socket;
    r->hello_func = connect_device;
    r->reset_func = on_reset;
    r->control_packet_func = on_control;
    r->bulk_packet_func = on_bulk;
    r->cancel_data_packet_func = on_cancel;
    r->set_configuration_func = on_set_configuration;
    r->get_configuration_func = on_get_configuration;
    r->set_alt_setting_func = on_set_alt;
    r->get_alt_setting_func = on_get_alt;
    r->start_interrupt_receiving_func = on_start_interrupt;
    r->stop_interrupt_receiving_func = on_stop_interrupt;
    p->parser = r;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(r, "sscard", caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    for (int i = 0; i < CONNECT_TRIES && fd < 0; i++) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
            close(fd);
            fd = -1;
            usleep(20000);
        }
    }
    return fd;
}

static struct device *make(char **argv, bool t1)
{
    static char image[IMAGE_MAX];
    static const char *const LEVELS[] = {"characters", "tpdu", "short", "extended"};
    unsigned level = LEVEL_SHORT, vendor = 0, product = 0;
    for (unsigned i = 0; i < 4; i++) {
        level = strcmp(argv[3], LEVELS[i]) == 0 ? i : level;
    }
    struct device_config config = device_default((enum device_level)level);
    if (sscanf(argv[2], "%4x:%4x", &vendor, &product) == 2) {
        config.vendor = (uint16_t)vendor;
        config.product = (uint16_t)product;
    }
    config.slots = 2;
    config.serial = argv[2];
    struct device *d = device_new(&config);
    if (!d || device_insert(d, 0, image_card("ssc-3.0", 0, t1 ? 64 : 0, image)) != 0 ||
        device_insert(d, 1, image_card("psam", 0, t1 ? 64 : 0, image)) != 0) {
        device_free(&d);
    }
    return d;
}

int main(int argc, char **argv)
{
    struct port p = {0};
    p.device = argc >= 4 ? make(argv, argc > 4) : NULL;
    if (!p.device) {
        fprintf(stderr, "usage: usbredir_ccid SOCKET VENDOR:PRODUCT short|extended|tpdu|characters [T1]\n");
        return 2;
    }
    p.socket = connect_to(argv[1]);
    if (p.socket < 0) {
        perror(argv[1]);
        device_free(&p.device);
        return 1;
    }
    start_parser(&p);
    while (!p.over) {
        struct pollfd fd = {.fd = p.socket, .events = POLLIN};
        poll(&fd, 1, POLL_MS);
        usbredirparser_do_read(p.parser);
        pump(&p);
        if (usbredirparser_has_data_to_write(p.parser) && usbredirparser_do_write(p.parser) != 0) {
            p.over = true;
        }
    }
    usbredirparser_destroy(p.parser);
    close(p.socket);
    device_free(&p.device);
    return 0;
}
