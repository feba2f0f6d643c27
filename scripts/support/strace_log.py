"""Reads what `strace -f -y -xx -tt -o FILE` wrote, as the beginnings and endings of system calls.

strace sees one stop after the other and lets a thread go on only when it has written it down. So the order of the file
is an order in which things can have happened: what a thread did after a call returned stands below its end.
"""
import re

# "1234  01:02:03.000004 fdatasync(7<\x2f\x61>) = 0", in two lines where another thread got between.
LINE = re.compile(r"(\d+) +(\S+) (.*)")
ENTERED = re.compile(r"(\w+)\((?:(\d+)<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?)?")
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>")
RESULT = re.compile(r"\) += (-?\d+)[^=\"]*$")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
NUMBERS = re.compile(r", (\d+)(?=[,)]| <unfinished)")


def octets(hexadecimal):
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


class Call:
    """One system call on a descriptor; `result` is None until it has returned."""

    __slots__ = ("name", "path", "text", "time", "result")

    def __init__(self, name, path, text, time):
        self.name, self.path, self.text, self.time, self.result = name, path, text, time, None

    def data(self):
        """What is written, all parts of a vector in one; and whether strace shows it whole."""
        parts = STRING.findall(self.text)
        return b"".join(octets(part) for part, _ in parts), not any(rest for _, rest in parts)

    def numbers(self):
        """The plain numbers among the arguments: a length, an offset."""
        return [int(n) for n in NUMBERS.findall(STRING.sub('""', self.text))]


def calls(lines):
    """Yields (call, True) where a call begins and (call, False) where it has returned."""
    unfinished = {}
    for line in lines:
        match = LINE.match(line)
        if not match:
            raise ValueError(f"not a line of strace: {line[:200]!r}")
        thread, time, text = match.groups()
        if entered := ENTERED.match(text):
            name, _, path, _ = entered.groups()
            call = Call(name, octets(path) if path else b"", text, time)
            yield call, True
            if text.endswith("<unfinished ...>"):
                unfinished[thread] = call
                continue
        elif RESUMED.match(text):
            call = unfinished.pop(thread, None)
            if call is None:
                raise ValueError(f"a call returns that never began: {line[:200]!r}")
        else:
            continue  # a signal, or the end of a thread
        if result := RESULT.search(text):
            call.result = int(result[1])
            yield call, False
