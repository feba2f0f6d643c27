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
