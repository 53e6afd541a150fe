#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
echo '{"jsonrpc":"2.0","id":1,"method":"card.identity"}' |
  socat -t 30 - "UNIX-CONNECT:${SSCARD_SOCKET:-/run/sscard/sscard.sock}"
