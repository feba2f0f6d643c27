/// `class.subject.detail` at an offset of some text, and where it ends.
struct ScannedStatusCode: Equatable {
    let code: EnhancedStatusCode
    let end: Int
}

extension EnhancedStatusCode {
    /// The most octets that a code can have: `5.999.999`.
    static let maximumLength = 9

    /// The code that these octets spell, all of them; nil when they spell none.
    ///
    ///     status-code = class "." subject "." detail
    ///     class = "2"/"4"/"5"
    ///     subject = 1*3digit
    ///     detail = 1*3digit
    ///
    /// (RFC 3463 §2; leading zeros are not allowed there.)
    public init?(parsing text: Span<UInt8>) {
        guard let scanned = Self.scan(text, at: 0), scanned.end == text.count else { return nil }
        self = scanned.code
    }

    /// The code that a string spells, all of it; nil when it spells none.
    public init?(_ text: String) {
        let utf8 = text.utf8
        self.init(parsing: utf8.span)
    }

    /// A code at an offset, followed by a character that cannot belong to it, or by the end.
    static func scan(_ text: Span<UInt8>, at start: Int) -> ScannedStatusCode? {
        guard start + 4 < text.count, text[start + 1] == UInt8(ascii: "."),
            let statusClass = StatusClass(rawValue: text[start] &- UInt8(ascii: "0")),
            let subject = number(in: text, at: start + 2),
            subject.end < text.count, text[subject.end] == UInt8(ascii: "."),
            let detail = number(in: text, at: subject.end + 1),
            !continues(text, at: detail.end)
        else { return nil }
        let code = Self(statusClass, EnumeratedStatus(unchecked: subject.value, detail.value))
        return ScannedStatusCode(code: code, end: detail.end)
    }

    /// One to three digits without a leading zero.
    private static func number(in text: Span<UInt8>, at start: Int) -> (value: UInt16, end: Int)? {
        var value: UInt16 = 0
        var index = start
        while index < text.count, index < start + 3, isDigit(text[index]) {
            value = value * 10 + UInt16(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        guard index > start, index == start + 1 || text[start] != UInt8(ascii: "0") else { return nil }
        return (value, index)
    }

    /// Whether what follows makes it something else: a fourth digit, a version number, an IPv4 address.
    private static func continues(_ text: Span<UInt8>, at end: Int) -> Bool {
        guard end < text.count else { return false }
        if isDigit(text[end]) { return true }
        return text[end] == UInt8(ascii: ".") && end + 1 < text.count && isDigit(text[end + 1])
    }

    static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }
}

extension EnhancedStatusCode: CustomStringConvertible, LosslessStringConvertible {
    /// The code as it is written, `5.7.1`.
    public var description: String {
        // As many octets are written as are said to be: neither number has more than three digits.
        unsafe String(unsafeUninitializedCapacity: Self.maximumLength) { buffer in
            unsafe buffer[0] = UInt8(ascii: "0") + statusClass.rawValue
            var end = 1
            for number in [status.subject, status.detail] {
                unsafe buffer[end] = UInt8(ascii: ".")
                end += 1
                for divisor: UInt16 in [100, 10, 1] where number >= divisor || divisor == 1 {
                    unsafe buffer[end] = UInt8(ascii: "0") + UInt8(number / divisor % 10)
                    end += 1
                }
            }
            return end
        }
    }
}

extension EnhancedStatusCode: Comparable {
    /// By class, then subject, then detail.
    public static func < (left: Self, right: Self) -> Bool {
        (left.statusClass.rawValue, left.status.subject, left.status.detail)
            < (right.statusClass.rawValue, right.status.subject, right.status.detail)
    }
}
