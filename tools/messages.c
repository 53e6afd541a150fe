/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/out.h"

#include <stdlib.h>
#include <string.h>

static const struct text texts[MSG_COUNT] = {
#define MESSAGE(ID, en, zh) [MSG_##ID] = {en, zh},
#include "tools/messages.def"
#undef MESSAGE
};

const char *text_of(const struct cli *cli, struct text text)
{
    return cli->lang == LANG_ZH ? text.zh : text.en;
}

const char *msg(const struct cli *cli, enum message id)
{
    return text_of(cli, texts[id]);
}

void say_args(const struct cli *cli, FILE *out, enum message id, const char *const *args)
{
    size_t count = 0;
    while (args[count]) {
        count++;
    }
    for (const char *p = msg(cli, id); *p; p++) {
        const size_t n = p[0] == '{' && p[1] >= '1' && p[1] <= '9' && p[2] == '}' ? (size_t)(p[1] - '0') : 0;
        if (n > 0 && n <= count) {
            print_styled(out, out == stdout ? cli->colour : cli->colour_err, args[n - 1]);
            p += 2;
        } else {
            fputc(*p, out);
        }
    }
    fputc('\n', out);
}

enum lang lang_of_environment(void)
{
    const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *found = NULL;
    for (size_t i = 0; i < 3 && !found; i++) {
        const char *value = getenv(names[i]);
        found = value && value[0] ? value : NULL;
    }
    return found && strncmp(found, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
}

const char *js(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t ji(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

bool jb(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
