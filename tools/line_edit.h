/* SPDX-License-Identifier: Apache-2.0 */
/* A line typed on a terminal. History lives as long as the process: commands may hold PINs. */
#ifndef SSC_TOOLS_LINE_EDIT_H
#define SSC_TOOLS_LINE_EDIT_H

/* NULL: end of input. line_edit_free() it. */
char *line_edit(const char *prompt);
void line_edit_free(char *line);

#endif
