/// What a date's words have told so far.
struct DateParts {
    private var day: Int?
    private var month: Int?
    private var year: Int?
    private var secondOfDay: Int?
    private var zoneMinutes = 0

    /// Takes one word: a number, a time, a month, a zone.
    ///
    /// Others are passed over.
    mutating func take(_ bytes: Span<UInt8>, _ word: ByteRange) {
        let start = Int(word.start)
        let first = bytes[start]
        if ASCII.isDigit(first) {
            takeNumber(bytes, word)
        } else if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            takeOffset(bytes, word, sign: first == UInt8(ascii: "-") ? -1 : 1)
        } else if ASCII.isLetter(first) {
            if word.count >= 3, month == nil, let number = MailDate.month(bytes, at: start) {
                month = number
            } else if secondOfDay != nil {
                takeZone(bytes, word)
            }
        }
    }

    private mutating func takeNumber(_ bytes: Span<UInt8>, _ word: ByteRange) {
        var numbers = (0, 0, 0)
        var digits = 0
        var field = 0
        var separator: UInt8 = 0
        var offset = Int(word.start)
        while offset < Int(word.end), field < 3 {
            let byte = bytes[offset]
            if ASCII.isDigit(byte) {
                guard digits < 4 else { return }
                let value = Int(byte - 0x30)
                switch field {
                case 0: numbers.0 = numbers.0 * 10 + value
                case 1: numbers.1 = numbers.1 * 10 + value
                default: numbers.2 = numbers.2 * 10 + value
                }
                digits += 1
            } else if byte == UInt8(ascii: ":"), separator == 0 || separator == byte {
                (separator, digits, field) = (byte, 0, field + 1)
            } else if byte == UInt8(ascii: "-"), separator == 0, offset + 3 < Int(word.end),
                let number = MailDate.month(bytes, at: offset + 1)
            {
                // "23-Nov-2026", as some systems write it.
                (day, month) = (numbers.0, number)
                if offset + 4 < Int(word.end), bytes[offset + 4] == UInt8(ascii: "-") {
                    takeNumber(bytes, ByteRange(offset + 5, Int(word.end)))
                }
                return
            } else if separator == UInt8(ascii: ":"), byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
                // A zone glued to the time.
                takeOffset(bytes, ByteRange(offset, Int(word.end)), sign: byte == UInt8(ascii: "-") ? -1 : 1)
                break
            } else {
                break
            }
            offset += 1
        }
        if separator == UInt8(ascii: ":") {
            // 60 is a leap second (RFC 5322 §3.3).
            guard numbers.0 < 24, numbers.1 < 60, numbers.2 <= 60 else { return }
            secondOfDay = numbers.0 * 3600 + numbers.1 * 60 + numbers.2
        } else if digits == 0 {
            // "23-Nov-": the year is missing.
            return
        } else if day == nil, digits <= 2 {
            day = numbers.0
        } else if year == nil {
            year = Self.fullYear(numbers.0, digits: digits)
        }
    }

    /// RFC 5322 §4.3: two digits 00–49 are 2000–2049, 50–99 and three digits are added to 1900.
    private static func fullYear(_ year: Int, digits: Int) -> Int {
        switch digits {
        case ...2: year < 50 ? year + 2000 : year + 1900
        case 3: year + 1900
        default: year
        }
    }

    private mutating func takeOffset(_ bytes: Span<UInt8>, _ word: ByteRange, sign: Int) {
        var number = 0
        var digits = 0
        for offset in (Int(word.start) + 1)..<Int(word.end) where ASCII.isDigit(bytes[offset]) {
            guard digits < 4 else { return }
            number = number * 10 + Int(bytes[offset] - 0x30)
            digits += 1
        }
        guard digits == 4, number % 100 < 60 else { return }
        zoneMinutes = sign * (number / 100 * 60 + number % 100)
    }

    /// RFC 5322 §4.3: the North American names have their meaning, all others, single letters too, are -0000.
    private mutating func takeZone(_ bytes: Span<UInt8>, _ word: ByteRange) {
        if bytes.equals("edt", in: word) {
            zoneMinutes = -240
        } else if bytes.equals("est", in: word) || bytes.equals("cdt", in: word) {
            zoneMinutes = -300
        } else if bytes.equals("cst", in: word) || bytes.equals("mdt", in: word) {
            zoneMinutes = -360
        } else if bytes.equals("mst", in: word) || bytes.equals("pdt", in: word) {
            zoneMinutes = -420
        } else if bytes.equals("pst", in: word) {
            zoneMinutes = -480
        }
    }

    /// The instant; nil when a part is missing, or the day does not exist or has no year of four digits in UTC.
    var timestamp: Timestamp? {
        guard let day, let month, let year, let secondOfDay else { return nil }
        guard (1...9999).contains(year), (1...CivilTime.daysInMonth(month, year: year)).contains(day) else {
            return nil
        }
        let days = CivilTime.days(year: year, month: month, day: day)
        let timestamp = Timestamp(seconds: Int64(days * 86_400 + secondOfDay - zoneMinutes * 60))
        // The zone may have led out of the years that a date can name.
        return (1...9999).contains(CivilTime(timestamp).year) ? timestamp : nil
    }
}
