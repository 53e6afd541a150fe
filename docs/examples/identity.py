#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
import json, os, socket, sys

service = socket.socket(socket.AF_UNIX)
service.connect(os.environ.get("SSCARD_SOCKET", "/run/sscard/sscard.sock"))
service.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "card.identity"}).encode() + b"\n")
answer = json.loads(service.makefile().readline())
if "error" in answer:
    sys.exit(answer["error"]["data"]["text"]["zh"] + ": " + answer["error"]["data"]["remedy"]["zh"])
print(answer["result"]["name"], answer["result"]["citizen_id"], answer["result"]["genuine"])
