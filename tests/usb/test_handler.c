/* SPDX-License-Identifier: Apache-2.0 */
/* The IFD handler of CCID readers as pcscd calls it, but in this process: what it answers when pcscd asks too
 * early, too late, for too much or with too little room. */
#include "ccid_bed.h"

#include <dlfcn.h>
#include <ifdhandler.h>
#include <pthread.h>
#include <reader.h>

#define DEVICE "usb:1d99/0016:libudev:0:/dev/bus/usb/001/002"
enum { FIRST = 0x00030000, SECOND = FIRST + 1, NOBODY = 0x00040000 };

static const uint8_t CHALLENGE[] = {0x00, 0x84, 0x00, 0x00, 0x08};

/* clang-format off */
#define FUNCTIONS(F) F(CreateChannelByName) F(CreateChannel) F(CloseChannel) F(GetCapabilities) F(SetCapabilities) \
    F(SetProtocolParameters) F(PowerICC) F(TransmitToICC) F(Control) F(ICCPresence)
/* clang-format on */
static struct {
    void *library;
#define MEMBER(name) __typeof__(IFDH##name) *name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} ifd;

static void load(void)
{
    ifd.library = dlopen(SSC_TEST_CCID_HANDLER, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(ifd.library);
#define FIND(name)                                                                                           \
    *(void **)&ifd.name = dlsym(ifd.library, "IFDH" #name);                                                  \
    assert_non_null(ifd.name);
    FUNCTIONS(FIND)
#undef FIND
}

static void plug(bool keypad)
{
    struct device_config config = device_default(LEVEL_SHORT);
    config.vendor = 0x1D99;
    config.product = 0x0016;
    config.slots = 2;
    config.pin_support = keypad ? 3 : 0;
    bed = bed_new();
    reader = device_new(&config);
    assert_int_equal(device_insert(reader, 0, "ssc-2.0"), 0);
    bed_plug(bed, 1, reader);
}

static void up(bool keypad)
{
    char device[] = DEVICE;
    plug(keypad);
    assert_int_equal(ifd.CreateChannelByName(FIRST, device), IFD_SUCCESS);
    assert_int_equal(ifd.CreateChannelByName(SECOND, device), IFD_SUCCESS);
}

static int down(void **state)
{
    ifd.CloseChannel(FIRST);
    ifd.CloseChannel(SECOND);
    return bed_down(state);
}

static RESPONSECODE power(DWORD lun, DWORD action, DWORD *atr_len)
{
    UCHAR atr[MAX_ATR_SIZE];
    *atr_len = sizeof atr;
    return ifd.PowerICC(lun, action, atr, atr_len);
}

static RESPONSECODE transmit(DWORD lun, DWORD room, DWORD *len)
{
    const SCARD_IO_HEADER pci = {.Protocol = SCARD_PROTOCOL_T0, .Length = sizeof pci};
    SCARD_IO_HEADER back = pci;
    UCHAR tx[sizeof CHALLENGE], rx[SSC_RESPONSE_SHORT];
    memcpy(tx, CHALLENGE, sizeof tx);
    *len = room;
    return ifd.TransmitToICC(lun, pci, tx, sizeof tx, rx, len, &back);
}

static RESPONSECODE control(DWORD lun, DWORD code, DWORD room, DWORD *len)
{
    UCHAR tx[1] = {0}, rx[SSC_RESPONSE_SHORT];
    return ifd.Control(lun, code, tx, 0, rx, room, len);
}

static void await_presence(DWORD lun, RESPONSECODE wanted)
{
    const int64_t deadline = ssc_deadline(SOON);
    while (ifd.ICCPresence(lun) != wanted && ssc_now_ms() < deadline) {
        nap(5);
    }
    assert_int_equal(ifd.ICCPresence(lun), wanted);
}

/* ---- tests ---- */

static void readers_that_nobody_opened(void **state)
{
    static const DWORD LUNS[] = {NOBODY, NOBODY + 1, 0x7FFF0000, FIRST + SSC_CCID_SLOTS_MAX, 0xFFFFFFFF};
    (void)state;
    for (size_t i = 0; i < sizeof LUNS / sizeof LUNS[0]; i++) {
        DWORD len = 0;
        UCHAR byte = 0;
        assert_int_equal(ifd.ICCPresence(LUNS[i]), IFD_NO_SUCH_DEVICE);
        assert_int_equal(power(LUNS[i], IFD_POWER_UP, &len), IFD_NO_SUCH_DEVICE);
        assert_int_equal(len, 0);
        assert_int_equal(transmit(LUNS[i], SSC_RESPONSE_SHORT, &len), IFD_NO_SUCH_DEVICE);
        assert_int_equal(len, 0);
        assert_int_equal(control(LUNS[i], CM_IOCTL_GET_FEATURE_REQUEST, 16, &len), IFD_NO_SUCH_DEVICE);
        assert_int_equal(len, 0);
        len = 1;
        assert_int_not_equal(ifd.GetCapabilities(LUNS[i], TAG_IFD_SLOTS_NUMBER, &len, &byte), IFD_SUCCESS);
        assert_int_not_equal(ifd.SetProtocolParameters(LUNS[i], SCARD_PROTOCOL_T0, 0, 0, 0, 0), IFD_SUCCESS);
        assert_int_not_equal(ifd.CloseChannel(LUNS[i]), IFD_SUCCESS);
    }
}

static void names_that_are_none(void **state)
{
    static const char *const NAMES[] = {"",
                                        "/dev/ttyS0",
                                        "usb:",
                                        "usb:1d99/0016",
                                        "usb:1d99/0016:libudev:0:/dev/bus/usb/001/077",
                                        "usb:1d99/0016:libudev:0:/dev/bus/usb/000/000",
                                        "usb:1d99/0016:libusb-1.0:1:99:0"};
    (void)state;
    plug(false);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", NAMES[i]);
        if (ifd.CreateChannelByName(FIRST, name) == IFD_SUCCESS) {
            fail_msg("'%s' was opened", name);
        }
        assert_int_equal(ifd.ICCPresence(FIRST), IFD_NO_SUCH_DEVICE);
    }
    assert_int_equal(ifd.CreateChannel(FIRST, 1), IFD_COMMUNICATION_ERROR);
}

static void a_slot_too_many(void **state)
{
    char device[] = DEVICE;
    (void)state;
    up(false);
    assert_int_not_equal(ifd.CreateChannelByName(FIRST + 2, device), IFD_SUCCESS);
    assert_int_equal(ifd.ICCPresence(FIRST + 2), IFD_NO_SUCH_DEVICE);
    assert_int_equal(ifd.ICCPresence(FIRST), IFD_ICC_PRESENT);
}

static void capabilities(void **state)
{
    DWORD len = 0, atr_len = 0;
    UCHAR value[MAX_ATR_SIZE];
    (void)state;
    up(false);
    len = sizeof value;
    assert_int_equal(ifd.GetCapabilities(FIRST, TAG_IFD_ATR, &len, value), IFD_SUCCESS);
    assert_int_equal(len, 0); /* not powered */
    assert_int_equal(power(FIRST, IFD_POWER_UP, &atr_len), IFD_SUCCESS);
    len = sizeof value;
    assert_int_equal(ifd.GetCapabilities(FIRST, SCARD_ATTR_ATR_STRING, &len, value), IFD_SUCCESS);
    assert_true(len == atr_len && value[0] == 0x3B);
    len = 1;
    assert_int_equal(ifd.GetCapabilities(FIRST, TAG_IFD_ATR, &len, value), IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(len, atr_len);
    len = sizeof value;
    assert_int_equal(ifd.GetCapabilities(FIRST, TAG_IFD_SLOTS_NUMBER, &len, value), IFD_SUCCESS);
    assert_true(len == 1 && value[0] == 2);
    len = sizeof value;
    assert_int_equal(ifd.GetCapabilities(FIRST, SCARD_ATTR_VENDOR_IFD_SERIAL_NO, &len, value), IFD_SUCCESS);
    assert_string_equal((char *)value, "000001");
    len = sizeof value;
    assert_int_equal(ifd.GetCapabilities(FIRST, 0, &len, value), IFD_ERROR_TAG);
    assert_int_equal(ifd.SetCapabilities(FIRST, TAG_IFD_ATR, 0, value), IFD_NOT_SUPPORTED);
}

static void a_card_in_one_slot(void **state)
{
    DWORD len;
    (void)state;
    up(false);
    assert_int_equal(ifd.ICCPresence(FIRST), IFD_ICC_PRESENT);
    assert_int_equal(ifd.ICCPresence(SECOND), IFD_ICC_NOT_PRESENT);
    assert_int_not_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_SUCCESS); /* not powered */
    assert_int_equal(power(SECOND, IFD_POWER_UP, &len), IFD_ERROR_POWER_ACTION);
    assert_int_equal(len, 0);
    assert_int_equal(power(FIRST, IFD_POWER_UP, &len), IFD_SUCCESS);
    assert_int_equal(ifd.SetProtocolParameters(FIRST, SCARD_PROTOCOL_T0, 0, 0, 0, 0), IFD_SUCCESS);
    assert_int_equal(ifd.SetProtocolParameters(FIRST, SCARD_PROTOCOL_RAW, 0, 0, 0, 0),
                     IFD_PROTOCOL_NOT_SUPPORTED);
    assert_int_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_SUCCESS);
    assert_int_equal(len, 10);
    assert_int_equal(transmit(FIRST, 9, &len), IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(len, 0);
    assert_int_equal(power(FIRST, IFD_RESET, &len), IFD_SUCCESS);
    assert_int_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_SUCCESS);
    device_remove(reader, 0);
    await_presence(FIRST, IFD_ICC_NOT_PRESENT);
    assert_int_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_ICC_NOT_PRESENT);
    assert_int_equal(power(FIRST, IFD_RESET, &len), IFD_ERROR_POWER_ACTION);
    assert_int_equal(power(FIRST, IFD_POWER_DOWN, &len), IFD_SUCCESS);
    assert_int_equal(device_insert(reader, 0, NULL), 0);
    await_presence(FIRST, IFD_ICC_PRESENT);
    assert_int_equal(power(FIRST, IFD_POWER_UP, &len), IFD_SUCCESS);
    assert_int_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_SUCCESS);
}

static void the_plug_is_pulled(void **state)
{
    char device[] = "usb:1d99/0016:libudev:0:/dev/bus/usb/001/003"; /* its next address */
    DWORD len;
    (void)state;
    up(false);
    assert_int_equal(power(FIRST, IFD_POWER_UP, &len), IFD_SUCCESS);
    bed_unplug(bed, 1);
    await_presence(FIRST, IFD_NO_SUCH_DEVICE);
    assert_int_equal(ifd.ICCPresence(SECOND), IFD_NO_SUCH_DEVICE);
    assert_int_not_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_SUCCESS);
    assert_int_equal(ifd.CloseChannel(FIRST), IFD_SUCCESS);
    assert_int_equal(ifd.CloseChannel(SECOND), IFD_SUCCESS);
    device_replug(reader);
    bed_plug(bed, 1, reader);
    assert_int_equal(ifd.CreateChannelByName(FIRST, device), IFD_SUCCESS);
    assert_int_equal(power(FIRST, IFD_POWER_UP, &len), IFD_SUCCESS);
    assert_int_equal(transmit(FIRST, SSC_RESPONSE_SHORT, &len), IFD_SUCCESS);
}

static void control_codes(void **state)
{
    enum { VERIFY = SCARD_CTL_CODE(0x330000 + FEATURE_VERIFY_PIN_DIRECT) };
    DWORD len;
    (void)state;
    up(false);
    assert_int_equal(control(FIRST, CM_IOCTL_GET_FEATURE_REQUEST, 64, &len), IFD_SUCCESS);
    assert_int_equal(len, 6); /* its properties, no PIN */
    assert_int_equal(control(FIRST, CM_IOCTL_GET_FEATURE_REQUEST, 5, &len), IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(len, 0);
    assert_int_equal(control(FIRST, VERIFY, 64, &len), IFD_ERROR_NOT_SUPPORTED);
    assert_int_equal(control(FIRST, 0x42000099, 64, &len), IFD_ERROR_NOT_SUPPORTED);
    down(state);
    up(true);
    assert_int_equal(control(FIRST, CM_IOCTL_GET_FEATURE_REQUEST, 64, &len), IFD_SUCCESS);
    assert_int_equal(len, 18);
    assert_int_equal(control(FIRST, VERIFY, 64, &len), IFD_SUCCESS); /* no structure: the reader's 6B80 */
    assert_int_equal(len, 2);
}

static void *insert_soon(void *unused)
{
    nap(50);
    device_insert(reader, 1, "psam");
    return unused;
}

/* pcscd's event thread sleeps in the handler until something happens or pcscd wants to end. */
static void the_sleeping_thread(void **state)
{
    RESPONSECODE (*sleeper)(DWORD, int), (*waker)(DWORD);
    DWORD len = sizeof sleeper;
    pthread_t thread;
    (void)state;
    up(false);
    assert_int_equal(
        ifd.GetCapabilities(SECOND, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &len, (UCHAR *)&sleeper),
        IFD_SUCCESS);
    len = sizeof waker;
    assert_int_equal(ifd.GetCapabilities(SECOND, TAG_IFD_STOP_POLLING_THREAD, &len, (UCHAR *)&waker),
                     IFD_SUCCESS);
    assert_int_equal(sleeper(SECOND, 0), IFD_SUCCESS);
    assert_int_equal(pthread_create(&thread, NULL, insert_soon, NULL), 0);
    const struct stopwatch watch = stopwatch_start();
    while (ifd.ICCPresence(SECOND) != IFD_ICC_PRESENT) {
        assert_int_equal(sleeper(SECOND, 10 * SOON), IFD_SUCCESS);
    }
    assert_took(&watch, 0, SOON);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(waker(SECOND), IFD_SUCCESS); /* before the sleep: remembered */
    assert_int_equal(sleeper(SECOND, 10 * SOON), IFD_SUCCESS);
    assert_took(&watch, 0, 2 * SOON);
    assert_int_equal(sleeper(NOBODY, 10 * SOON), IFD_NO_SUCH_DEVICE);
    assert_int_equal(waker(NOBODY), IFD_NO_SUCH_DEVICE);
}

#define CASE(function) cmocka_unit_test_teardown(function, down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(readers_that_nobody_opened),
        CASE(names_that_are_none),
        CASE(a_slot_too_many),
        CASE(capabilities),
        CASE(a_card_in_one_slot),
        CASE(the_plug_is_pulled),
        CASE(control_codes),
        CASE(the_sleeping_thread),
    };
    bed_enter(argv);
    load();
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("handler", tests, NULL, NULL);
}
