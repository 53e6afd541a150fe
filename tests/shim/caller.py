# SPDX-License-Identifier: Apache-2.0
"""caller.c in Python, through ctypes: caller.py RESTYPE LIBRARY. RESTYPE is c_int, as many callers declare it, or c_long."""
import ctypes
import sys

CANARY, FILL = 64, b"\xa5"


class Refused(Exception):
    pass


def check(result, function, arguments):
    """errcheck as programs use it: a failure is an exception."""
    if result < 0:
        raise Refused(result)
    return result


class Argument:
    def __init__(self, word):
        self.kind, _, value = word.partition(":")
        self.memory = None
        if self.kind in "sob":
            content = bytes.fromhex(value) + b"\0" if self.kind == "s" else FILL * int(value)
            self.size = len(content)
            self.memory = ctypes.create_string_buffer(FILL * CANARY + content + FILL * CANARY, self.size + 2 * CANARY)
            self.value = ctypes.c_char_p(ctypes.addressof(self.memory) + CANARY)
        else:
            self.value = {"i": ctypes.c_int, "l": ctypes.c_long, "c": ctypes.c_ubyte}[self.kind](int(value)) if value else None

    def intact(self):
        return self.memory is None or self.memory.raw[:CANARY] == self.memory.raw[CANARY + self.size:] == FILL * CANARY

    def tell(self, result):
        content = self.memory.raw[CANARY:CANARY + self.size]
        if self.kind == "o":
            content, end, _ = content.partition(b"\0")
            if self.size and not end:
                return "NO-END"
        else:
            content = content[:max(result, 0)]
        return content.hex().upper() or "-"


def serve(library, restype, line):
    name, *words = line.split()
    arguments = [Argument(word) for word in words]
    function = getattr(library, name)
    function.restype, function.errcheck = restype, check
    try:
        result = function(*[a.value for a in arguments])
    except Refused as refused:
        result = refused.args[0]
    head = str(result) if all(a.intact() for a in arguments) else "BROKEN %d written beyond a buffer:" % result
    return " ".join([head] + [a.tell(result) for a in arguments if a.kind in "ob"])


def main():
    library = ctypes.CDLL(sys.argv[2])
    for line in sys.stdin:
        print(serve(library, getattr(ctypes, sys.argv[1]), line), flush=True)


main()
