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
        let written = ISO8601.text(read, milliseconds: true)
        mustHold(ISO8601.read(written) == read, "an instant that was read can be written")
    }
    fuzzInstant(bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
}

/// Writes an instant of the years 1 to 9999 in both forms, and reads it.
private func fuzzInstant(_ number: UInt64) {
    // From 0001-01-01T00:00:00 to 9999-12-31T23:59:59.
    let first: Int64 = -62_135_596_800
    let last: Int64 = 253_402_300_799
    let instant = Timestamp(seconds: first + Int64(number % UInt64(last - first + 1)))
    let mail = Array(MailDate.text(instant).utf8)
    mustHold(MailDate.read(mail.span, ByteRange(0, mail.count)) == instant, "every instant has a mail date")
    mustHold(ISO8601.read(ISO8601.text(instant)) == instant, "every instant has an ISO date")
}
