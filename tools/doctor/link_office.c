/* SPDX-License-Identifier: Apache-2.0 */
/* The link to the back office, where there is one. */
#include "tools/doctor/doctor.h"

void link_office(struct doctor *d)
{
    const json_t *link = json_object_get(d->ping, "link");
    if (!jb(link, "configured")) {
        doctor_fact(d, FACT_NO_LINK);
        doctor_skip(d);
    } else if (json_is_false(json_object_get(link, "ok"))) {
        doctor_break(d, CAUSE_LINK_DOWN, js(link, "error")[0] ? js(link, "error") : "-");
    } else {
        doctor_fact(d, FACT_LINK);
    }
}
