#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Asks for a PIN in a window, for readers without a keypad: its path goes to helper in [pin] of shim.conf.
# $1 is enter, old, new or again, $2 the prompt. Digits and a newline, or nothing when the holder cancels.
exec zenity --password --title="$2" 2>/dev/null
