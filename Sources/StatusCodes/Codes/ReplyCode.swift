/// The three digits at the start of a reply (RFC 5321 §4.2), 200…599.
public struct ReplyCode: Hashable, Sendable {
    /// The number.
    public let rawValue: UInt16

    /// Makes a code; nil outside 200…599.
    public init?(_ rawValue: UInt16) {
        guard (200...599).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    init(unchecked rawValue: UInt16) { self.rawValue = rawValue }

    /// The first digit.
    public var severity: Severity {
        switch rawValue {
        case 200..<300: .positiveCompletion
        case 300..<400: .positiveIntermediate
        case 400..<500: .transientNegative
        default: .permanentNegative
        }
    }

    /// What the first digit says (RFC 5321 §4.2.1).
    public enum Severity: UInt8, Hashable, Sendable {
        /// 2yz
        case positiveCompletion = 2
        /// 3yz
        case positiveIntermediate = 3
        /// 4yz
        case transientNegative = 4
        /// 5yz
        case permanentNegative = 5
    }
}

extension ReplyCode {
    /// The code that these octets spell, three digits and nothing else; nil when they spell none.
    ///
    ///     Reply-code = %x32-35 %x30-35 %x30-39    (RFC 5321 §4.2)
    ///
    /// A middle digit of 6 to 9 is outside that grammar, but gateways print such numbers (471, 571): they are taken as
    /// they stand.
    public init?(parsing text: Span<UInt8>) {
        guard text.count == 3 else { return nil }
        self.init(leading: text, at: 0)
    }

    /// The three digits at an offset, whatever follows.
    init?(leading text: Span<UInt8>, at start: Int) {
        guard start + 3 <= text.count else { return nil }
        var value: UInt16 = 0
        for offset in start..<start + 3 {
            guard EnhancedStatusCode.isDigit(text[offset]) else { return nil }
            value = value * 10 + UInt16(text[offset] - UInt8(ascii: "0"))
        }
        self.init(value)
    }

    /// The class of an enhanced status code that agrees with the first digit; nil for 3yz, which carries none.
    public var statusClass: StatusClass? {
        switch severity {
        case .positiveCompletion: .success
        case .positiveIntermediate: nil
        case .transientNegative: .persistentTransientFailure
        case .permanentNegative: .permanentFailure
        }
    }
}

extension ReplyCode: CustomStringConvertible {
    /// The three digits.
    public var description: String { String(rawValue) }
}

extension ReplyCode: Comparable {
    /// By number.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
