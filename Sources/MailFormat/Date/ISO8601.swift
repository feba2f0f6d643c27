/// Instants as logs and JSON carry them (RFC 3339 §5.6).
public enum ISO8601 {
    /// Appends `2026-11-23T01:56:04Z`, or with milliseconds `2026-11-23T01:56:04.007Z`.
    public static func append(_ timestamp: Timestamp, milliseconds: Bool = false, to bytes: inout [UInt8]) {
        let time = CivilTime(timestamp)
        bytes.append(decimal: time.year, width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: time.month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: time.day, width: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: time.hour, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: time.minute, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: time.second, width: 2)
        if milliseconds {
            bytes.append(UInt8(ascii: "."))
            bytes.append(decimal: time.millisecond, width: 3)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The same as a text.
    public static func text(_ timestamp: Timestamp, milliseconds: Bool = false) -> String {
        var bytes: [UInt8] = []
        append(timestamp, milliseconds: milliseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads `2026-11-23T01:56:04.007+01:00` and its shorter forms; nil when it is none.
    public static func read(_ text: String) -> Timestamp? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2), let fraction = reader.fraction(), let zone = reader.zone(), reader.isAtEnd
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= CivilTime.daysInMonth(month, year: year), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        let seconds = Int64(days * 86_400 + hour * 3600 + minute * 60 + second - zone * 60)
        let timestamp = Timestamp(milliseconds: seconds * 1000 + Int64(fraction))
        // RFC 3339 §1: years 0000 to 9999; the zone may have led out of them.
        return (0...9999).contains(CivilTime(timestamp).year) ? timestamp : nil
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0
        var isAtEnd: Bool { offset == bytes.count }

        mutating func number(_ digits: Int) -> Int? {
            guard offset + digits <= bytes.count else { return nil }
            var value = 0
            for index in offset..<(offset + digits) {
                guard ASCII.isDigit(bytes[index]) else { return nil }
                value = value * 10 + Int(bytes[index] - 0x30)
            }
            offset += digits
            return value
        }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
            offset += 1
            return true
        }

        mutating func fraction() -> Int? {
            guard skip(".") else { return 0 }
            var value = 0
            var digits = 0
            while offset < bytes.count, ASCII.isDigit(bytes[offset]) {
                if digits < 3 { value = value * 10 + Int(bytes[offset] - 0x30) }
                digits += 1
                offset += 1
            }
            guard digits > 0 else { return nil }
            for _ in min(digits, 3)..<3 { value *= 10 }
            return value
        }

        mutating func zone() -> Int? {
            if skip("Z") || skip("z") { return 0 }
            let sign = skip("-") ? -1 : skip("+") ? 1 : 0
            guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            return sign * (hours * 60 + minutes)
        }
    }
}
