import MailFormat

/// Reads dates; one that was understood is written and read again without change.
func fuzzDates(_ bytes: [UInt8]) {
    if let read = MailDate.read(bytes.span, ByteRange(0, bytes.count)) {
        let written = Array(MailDate.text(read).utf8)
        mustHold(
            MailDate.read(written.span, ByteRange(0, written.count)) == read,
            "a date that was read can be written"
        )
    }
    if let read = ISO8601.read(String(decoding: bytes, as: UTF8.self)) {
        mustHold(ISO8601.read(ISO8601.text(read, milliseconds: true)) != nil, "an instant that was read can be written")
    }
}
