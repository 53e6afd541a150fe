/* SPDX-License-Identifier: Apache-2.0 */
#include "bed.h"

#include "apdu/text.h"

#include <sys/stat.h>
#include <unistd.h>

enum { SOON_MS = 10000 };

/* ---- readers ---- */

static const char *reader_name(const struct bed *b, int slot)
{
    static const char *const simulated[] = {R0, R1, SAM};
    return b->pcscd ? b->pcscd->reader[slot] : simulated[slot];
}

static void start_pcscd(struct bed *b)
{
    static const char *const names[] = {"Desk", "Pad Contactless", "Box SAM"};
    char text[700];
    b->pcscd = test_pcscd_new(names, SLOTS);
    test_pcscd_insert(b->pcscd, SAM_SLOT, "psam");
    test_pcscd_pinpad(b->pcscd, CONTACT, "123456");
    test_pcscd_start(b->pcscd);
    snprintf(text, sizeof text, "[daemon]\njournal = %s/journal.db\n[readers]\ndriver = pcsc\npsam = %s\n",
             b->s->folder, reader_name(b, SAM_SLOT));
    const char *const args[] = {"--config", service_file(b->s, "conf", text), NULL};
    service_start(b->s, args);
}

static void wait_for_psam(struct bed *b, bool wanted)
{
    const int64_t limit = now_ms() + SOON_MS;
    bool there = !wanted;
    while (there != wanted) {
        assert_true(now_ms() < limit);
        json_t *ping = client_ok(b->c, "system.ping", NULL);
        const json_t *psam = json_array_get(json_object_get(ping, "psam"), 0);
        const bool opening = strcmp(text_of(psam, "state"), "opening") == 0;
        there = opening ? !wanted : json_is_true(json_object_get(psam, "ok"));
        json_decref(ping);
        if (there != wanted) {
            sleep_ms(20);
        }
    }
}

static bool through_pcscd;

bool bed_arguments(int argc, char **argv)
{
    through_pcscd = argc > 1 && strcmp(argv[1], "pcscd") == 0;
    return !through_pcscd || test_pcscd_installed();
}

struct bed *bed_new(void)
{
    struct bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->s = service_new();
    if (through_pcscd) {
        start_pcscd(b);
    } else {
        service_sim(b->s, ",contactless:", false);
    }
    b->c = client_new(b->s);
    b->full[SAM_SLOT] = true;
    wait_for_psam(b, true);
    return b;
}

void bed_free(struct bed **b)
{
    if (*b) {
        client_free(&(*b)->c);
        service_free(&(*b)->s);
        test_pcscd_free(&(*b)->pcscd);
        free(*b);
        *b = NULL;
    }
}

int bed_up(void **state)
{
    struct bed *b = bed_new();
    char conf[300];
    bed_helper(b, BED_HOLDER);
    snprintf(conf, sizeof conf, "[pin]\nentry = helper\nhelper = %s/helper\ntimeout-ms = 1000\n",
             b->s->folder);
    b->caller = caller_new(b, conf);
    *state = b;
    return 0;
}

int bed_down(void **state)
{
    struct bed *b = *state;
    caller_free(&b->caller);
    no_lease(b);
    bed_free(&b);
    return 0;
}

static void wait_for(struct bed *b, int slot, const char *state)
{
    if (slot == SAM_SLOT) {
        wait_for_psam(b, strcmp(state, "present") == 0);
    } else {
        json_decref(client_ok(b->c, "card.wait", "{s:s, s:s, s:i}", "reader", reader_name(b, slot), "state",
                              state, "deadline_ms", SOON_MS));
    }
}

static void take_out(struct bed *b, int slot)
{
    if (b->pcscd) {
        test_pcscd_remove(b->pcscd, (unsigned)slot);
    } else {
        json_decref(client_ok(b->c, "sim.remove", "{s:s}", "reader", reader_name(b, slot)));
    }
    wait_for(b, slot, "absent");
    b->full[slot] = false;
}

void bed_put(struct bed *b, int slot, const char *image)
{
    char name[24];
    if (b->full[slot]) {
        take_out(b, slot);
    }
    if (image && b->pcscd) {
        test_pcscd_insert(b->pcscd, (unsigned)slot, image);
    } else if (image) {
        snprintf(name, sizeof name, "image%u.json", b->images++);
        const char *path = image[0] == '{' ? service_file(b->s, name, image) : image;
        json_decref(
            client_ok(b->c, "sim.insert", "{s:s, s:s}", "reader", reader_name(b, slot), "image", path));
    }
    if (image) {
        wait_for(b, slot, "present");
        b->full[slot] = true;
    }
}

void bed_torn(struct bed *b, int slot)
{
    wait_for(b, slot, "absent");
}

void bed_put_back(struct bed *b, int slot)
{
    if (b->pcscd) {
        test_pcscd_remove(b->pcscd, (unsigned)slot);
        wait_for(b, slot, "absent");
        test_pcscd_insert(b->pcscd, (unsigned)slot, NULL);
    } else {
        wait_for(b, slot, "absent");
        json_decref(client_ok(b->c, "sim.insert", "{s:s}", "reader", reader_name(b, slot)));
    }
    wait_for(b, slot, "present");
}

const char *bed_image(const char *name, const char *member, const char *value)
{
    static char *text;
    json_t *image = json_loads(ssc_sim_image(name), 0, NULL), *at = image;
    char part[40];
    assert_non_null(image);
    for (const char *dot; (dot = strchr(member, '.')) != NULL; member = dot + 1) {
        snprintf(part, sizeof part, "%.*s", (int)(dot - member), member);
        json_t *next = json_object_get(at, part);
        if (!next) {
            json_object_set_new(at, part, next = json_object());
        }
        at = next;
    }
    json_t *new_value = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(new_value);
    json_object_set_new(at, member, new_value);
    free(text);
    text = json_dumps(image, 0);
    json_decref(image);
    return text;
}

void bed_types(struct bed *b, const char *pin, const char *new_pin)
{
    char typed[64];
    if (b->pcscd) {
        snprintf(typed, sizeof typed, "%s%s%s%s%s", pin[0] ? pin : "cancel", new_pin ? " " : "",
                 new_pin ? new_pin : "", new_pin ? " " : "", new_pin ? new_pin : "");
        test_pcscd_pinpad(b->pcscd, CONTACT, typed);
    } else {
        snprintf(typed, sizeof typed, "%s%s%s", pin, new_pin ? "/" : "", new_pin ? new_pin : "");
        json_decref(client_ok(b->c, "sim.pin", "{s:s, s:s}", "reader", R0, "digits", typed));
    }
}

void bed_helper(struct bed *b, const char *answers)
{
    char text[800];
    snprintf(text, sizeof text,
             "#!/bin/sh\n[ $# -eq 2 ] || exit 1\nfor a in %s; do case $a in\n\"$1=sleep\") sleep 30 ;;\n"
             "\"$1=\"*) echo \"${a#*=}\" ;;\nesac; done\n",
             answers);
    const char *path = service_file(b->s, "helper", text);
    assert_int_equal(chmod(path, 0700), 0);
}

void no_lease(struct bed *b)
{
    const int64_t limit = now_ms() + SOON_MS;
    bool held = true;
    while (held) {
        assert_true(now_ms() < limit);
        json_t *list = client_ok(b->c, "reader.list", NULL);
        const json_t *readers = json_object_get(list, "readers");
        held = false;
        for (size_t i = 0; i < json_array_size(readers); i++) {
            held = held || !json_is_null(json_object_get(json_array_get(readers, i), "lease"));
        }
        json_decref(list);
    }
}

/* ---- the back office ---- */

const char *item(const char *line, size_t n)
{
    static char texts[16][600];
    static size_t turn;
    char *text = texts[turn++ % 16];
    for (; n > 0 && strchr(line, '|'); n--) {
        line = strchr(line, '|') + 1;
    }
    snprintf(text, sizeof texts[0], "%.*s", (int)strcspn(line, "|"), line);
    return text;
}

static json_t *begun(const char *algorithm, const char *factor, const char *original)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "area_code", "639900", "reset_info",
                     "00814E43238697159900BF7C7A", "algorithm", algorithm, "external", "factor", factor,
                     "original", original);
}

static const char *answer(const char *algorithm, const char *factor, const char *original)
{
    static char texts[4][40];
    static size_t turn;
    char *text = texts[turn++ % 4], auth[17];
    json_t *b = begun(algorithm, factor, original);
    office_auth(b, "external", auth);
    json_decref(b);
    snprintf(text, sizeof texts[0], "%s%s", auth, original);
    return text;
}

const char *office_identity(const char *line)
{
    static char text[100];
    const char *algorithm = item(line, 2), *factor = item(line, 6);
    const char *internal = answer(algorithm, item(line, 4), item(line, 5));
    snprintf(text, sizeof text, "%s|%s|", internal,
             factor[0] ? answer(algorithm, factor, item(line, 7)) : "");
    return text;
}

const char *office_key(const char *line)
{
    return answer(item(line, 0), item(line, 2), item(line, 3));
}

const char *office_command(const char *line)
{
    static char text[64];
    json_t *b = begun(item(line, 0), "", "");
    json_t *asked = json_pack("{s:s, s:s}", "challenge", item(line, 2), "header", item(line, 3));
    const char *pin = item(line, 4);
    office_pin_command(b, asked, pin[0] ? pin : NULL, text);
    json_decref(b);
    json_decref(asked);
    return text;
}
