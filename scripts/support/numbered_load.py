#!/usr/bin/env python3
"""Sends numbered messages over many sessions as fast as it can, until it is ended or the server dies.

  numbered_load.py PORT SESSIONS FIRST FILE

FILE gets one line "NUMBER RECIPIENT" for each recipient of a message whose final dot was answered 250, and nothing
for any other. Sizes vary: mostly 4 KiB, some above 64 KiB, which the store keeps elsewhere.
"""
import asyncio, itertools, random, sys

SIZES = [4096] * 17 + [500, 20_000, 150_000]


class Refused(Exception):
    pass


async def reply(reader, wanted):
    while True:
        line = await reader.readuntil(b"\r\n")
        if line[3:4] != b"-":
            if line[:1] != wanted:
                raise Refused(line.decode("utf-8", "replace").strip())
            return


async def session(port, numbers, record):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reply(reader, b"2")
    writer.write(b"EHLO load.example\r\n")
    await reply(reader, b"2")
    while True:
        number = next(numbers)
        recipients = [f"r{i}@dest{random.randrange(5)}.example" for i in range(random.choice((1, 1, 1, 3)))]
        commands = [f"MAIL FROM:<n{number}@load.example>"] + [f"RCPT TO:<{r}>" for r in recipients] + ["DATA"]
        writer.write("".join(c + "\r\n" for c in commands).encode())
        for _ in commands[:-1]:
            await reply(reader, b"2")
        await reply(reader, b"3")
        lines = b"0123456789abcdef" * 4 + b"\r\n"
        writer.write(b"Subject: numbered\r\nMessage-ID: <n%d@load.example>\r\n\r\n" % number + lines * (random.choice(SIZES) // 66) + b".\r\n")
        try:
            await reply(reader, b"2")
        except Refused as refusal:
            if not str(refusal).startswith("4"):
                raise
            continue  # not taken over, so nothing is promised
        record.write("".join(f"n{number} {r}\n" for r in recipients))
        record.flush()


async def main():
    port, sessions, first, path = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    numbers = itertools.count(first)
    with open(path, "a", encoding="utf-8") as record:
        ended = await asyncio.gather(*(session(port, numbers, record) for _ in range(sessions)), return_exceptions=True)
    # The server is killed on purpose: a broken connection is the expected end, a refusal is not.
    refusals = {str(e) for e in ended if not isinstance(e, (OSError, asyncio.IncompleteReadError))}
    if refusals:
        sys.exit("refused: " + "; ".join(sorted(refusals)[:5]))


asyncio.run(main())
