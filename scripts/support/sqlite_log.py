"""Watches the writes to the write-ahead log of a SQLite queue, and knows which commit holds which message.

The format is SQLite's: a header of 32 octets, then frames of 24 octets and one page each. A frame whose header gives the
size of the database ends a transaction. A page whose first octet is 13 is a leaf of a table and lists its rows; the
number of a row of `message` is the message's id, above 2^32 in any year, and no other table has such numbers.
"""

LOG_HEADER, FRAME_HEADER = 32, 24
MAGIC = (0x377F0682, 0x377F0683)
TABLE_LEAF = 13
SMALLEST_ID = 1 << 32
# The columns of `message` in their order: where the name of the content's file stands.
SPOOL_COLUMN = 4


def number(data, offset, size):
    return int.from_bytes(data[offset:offset + size], "big")


def varint(page, at):
    """A number of 1 to 9 octets and where it ends."""
    value = 0
    for count in range(8):
        octet = page[at + count]
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            return value, at + count + 1
    return value << 8 | page[at + 8], at + 9


def width(serial):
    """How many octets a value of this type takes."""
    if serial >= 12:
        return (serial - 12) // 2
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[serial]


def spool_name(page, at):
    """The content's file that a row of `message` names; empty when the content is in the row."""
    end, place = varint(page, at)
    end, start = end + at, end + at
    for column in range(SPOOL_COLUMN + 1):
        if place >= end:
            raise ValueError("a row with too few columns")
        serial, place = varint(page, place)
        if column < SPOOL_COLUMN:
            start += width(serial)
    name = bytes(page[start:start + width(serial)])
    if len(name) != width(serial):
        raise ValueError("the envelope is too long for the page: use fewer recipients")
    return name


def messages(page):
    """The messages in a page of the queue, with the names of their files."""
    if page[0] != TABLE_LEAF:
        return
    for cell in range(number(page, 3, 2)):
        _, at = varint(page, number(page, 8 + 2 * cell, 2))
        row, at = varint(page, at)
        if row >= SMALLEST_ID:
            yield row, spool_name(page, at)


class WriteAheadLog:
    """The log as far as it was written: every write has a number, and a commit the number of the write that ends it."""

    def __init__(self):
        self.writes = self.commits = self.restarts = 0
        self.committed = {}  # id: (number of the write that ends the first commit with it, name of its file)
        self.open = {}  # the ids of the transaction that is being written
        self.page_size = self.frame = None
        self.ends_transaction = False

    def written(self, data, offset):
        self.writes += 1
        if offset == 0:
            self.restart(data)
            return
        if self.page_size is None:
            raise ValueError("frames without a header before them: the trace must begin with the queue")
        size = FRAME_HEADER + self.page_size
        frame, inside = divmod(offset - LOG_HEADER, size)
        if inside == 0 and len(data) == FRAME_HEADER:
            if self.frame is not None and frame <= self.frame:
                self.open = {}  # what was written there was never committed
            self.frame, self.ends_transaction = frame, number(data, 4, 4) != 0
        elif inside == FRAME_HEADER and len(data) == self.page_size:
            self.page(data, is_last=frame == self.frame and self.ends_transaction)
        else:
            raise ValueError(f"a write of {len(data)} octets at {offset} is no frame")

    def restart(self, data):
        if len(data) != LOG_HEADER or number(data, 0, 4) not in MAGIC:
            raise ValueError("not the header of a write-ahead log")
        self.page_size, self.frame, self.open = number(data, 8, 4), None, {}
        self.restarts += 1

    def page(self, data, is_last):
        for row, name in messages(data):
            self.open.setdefault(row, name)
        if is_last:
            self.commits += 1
            for row, name in self.open.items():
                self.committed.setdefault(row, (self.writes, name))
            self.open = {}
