/// Dates as header fields carry them (RFC 5322 §3.3).
public enum MailDate {
    private static let weekdays: StaticString = "SunMonTueWedThuFriSat"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Appends `Mon, 23 Nov 2026 01:56:04 +0000`.
    public static func append(_ timestamp: Timestamp, to bytes: inout [UInt8]) {
        let time = CivilTime(timestamp)
        append(word: time.weekday, of: weekdays, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        bytes.append(ASCII.space)
        bytes.append(decimal: time.day)
        bytes.append(ASCII.space)
        append(word: time.month - 1, of: months, to: &bytes)
        bytes.append(ASCII.space)
        bytes.append(decimal: time.year, width: 4)
        bytes.append(ASCII.space)
        bytes.append(decimal: time.hour, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: time.minute, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: time.second, width: 2)
        bytes.append(" +0000")
    }

    /// The same as a text.
    public static func text(_ timestamp: Timestamp) -> String {
        var bytes: [UInt8] = []
        append(timestamp, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(word index: Int, of table: StaticString, to bytes: inout [UInt8]) {
        table.withUTF8Buffer { buffer in
            // Three letters a word; index is within the table by construction of CivilTime.
            unsafe bytes.append(contentsOf: buffer[(index * 3)..<(index * 3 + 3)])
        }
    }

    /// How many bytes of a date are looked at; the longest sensible one, with comments, is shorter.
    static let longestRead = 256

    /// Reads a date, also an obsolete or slightly broken one (RFC 5322 §4.3); nil when day, month, year or time is
    /// missing or impossible.
    ///
    /// Read leniently, since other systems' dates are evidence and not ours to refuse: the day of the week is ignored,
    /// the order of day and month is free, seconds and zone may be missing (then 0, and UTC).
    public static func read(_ bytes: Span<UInt8>, _ range: ByteRange) -> Timestamp? {
        var parts = DateParts()
        var offset = Int(range.start)
        let end = min(Int(range.end), offset + longestRead)
        while offset < end {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "(") {
                offset = StructuredText.endOfComment(bytes, from: offset, to: end)
            } else if ASCII.isBlank(byte) || byte == UInt8(ascii: ",") || ASCII.isControl(byte) {
                offset += 1
            } else {
                let start = offset
                while offset < end, !isSeparator(bytes[offset]) { offset += 1 }
                if offset == start { offset += 1 }
                parts.take(bytes, ByteRange(start, offset))
            }
        }
        return parts.timestamp
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        ASCII.isBlank(byte) || ASCII.isControl(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "(")
    }

    /// The number of a month by the first three letters of its name; nil for another word.
    static func month(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        switch (ASCII.lowered(bytes[offset]), ASCII.lowered(bytes[offset + 1]), ASCII.lowered(bytes[offset + 2])) {
        case (UInt8(ascii: "j"), UInt8(ascii: "a"), UInt8(ascii: "n")): 1
        case (UInt8(ascii: "f"), UInt8(ascii: "e"), UInt8(ascii: "b")): 2
        case (UInt8(ascii: "m"), UInt8(ascii: "a"), UInt8(ascii: "r")): 3
        case (UInt8(ascii: "a"), UInt8(ascii: "p"), UInt8(ascii: "r")): 4
        case (UInt8(ascii: "m"), UInt8(ascii: "a"), UInt8(ascii: "y")): 5
        case (UInt8(ascii: "j"), UInt8(ascii: "u"), UInt8(ascii: "n")): 6
        case (UInt8(ascii: "j"), UInt8(ascii: "u"), UInt8(ascii: "l")): 7
        case (UInt8(ascii: "a"), UInt8(ascii: "u"), UInt8(ascii: "g")): 8
        case (UInt8(ascii: "s"), UInt8(ascii: "e"), UInt8(ascii: "p")): 9
        case (UInt8(ascii: "o"), UInt8(ascii: "c"), UInt8(ascii: "t")): 10
        case (UInt8(ascii: "n"), UInt8(ascii: "o"), UInt8(ascii: "v")): 11
        case (UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "c")): 12
        default: nil
        }
    }
}
