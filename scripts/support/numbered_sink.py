#!/usr/bin/env python3
"""An SMTP sink that notes every message by the number in its reverse-path.

  numbered_sink.py PORT FILE [SHARE]      SHARE of the transactions is put off with a 451, chosen by chance

One line "NUMBER RECIPIENT" for each recipient, written before the 250 that acknowledges it.
"""
import asyncio, random, sys


class Session(asyncio.Protocol):
    def __init__(self, record, share):
        self.record, self.share = record, share
        self.buffer, self.in_data, self.sender, self.recipients = b"", False, "", []

    def connection_made(self, transport):
        self.transport = transport
        self.say("220 sink.example ESMTP")

    def say(self, line):
        self.transport.write(line.encode() + b"\r\n")

    def data_received(self, data):
        self.buffer += data
        while True:
            if self.in_data:
                # The first line of the content may itself be the final dot.
                end = 0 if self.buffer.startswith(b".\r\n") else self.buffer.find(b"\r\n.\r\n") + 2
                if end < 2 and not self.buffer.startswith(b".\r\n"):
                    return
                self.buffer, self.in_data = self.buffer[end + 3:], False
                self.record.write("".join(f"{self.sender} {r}\n" for r in self.recipients))
                self.record.flush()
                self.say("250 2.0.0 noted")
            else:
                line, found, rest = self.buffer.partition(b"\r\n")
                if not found:
                    return
                self.buffer = rest
                self.command(line.decode("utf-8", "replace"))

    def command(self, line):
        verb = line[:4].upper()
        if verb == "EHLO":
            self.say("250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
        elif verb == "MAIL":
            self.sender, self.recipients = line.split("<", 1)[1].split("@")[0], []
            self.say("250 2.1.0 ok")
        elif verb == "RCPT":
            if random.random() < self.share:
                self.say("451 4.7.1 later, please")
            else:
                self.recipients.append(line.split("<", 1)[1].split(">")[0])
                self.say("250 2.1.5 ok")
        elif verb == "DATA":
            self.in_data = bool(self.recipients)
            self.say("354 go" if self.recipients else "503 5.5.1 no recipient")
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
            self.transport.close()
        else:
            self.say("250 2.0.0 ok")


async def main():
    port, path, share = int(sys.argv[1]), sys.argv[2], float((sys.argv[3:] or ["0"])[0])
    record = open(path, "a", encoding="utf-8")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(record, share), "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


asyncio.run(main())
