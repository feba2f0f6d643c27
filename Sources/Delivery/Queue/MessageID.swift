/// A message in the queue.
///
/// Ascending in time, unique across the nodes that share a store.
///
/// 42 bits of milliseconds since 1970, 6 bits of node, 15 bits of sequence. Printed as 13 characters of base 32
/// (digits and lower-case letters without i, l, o, u), which sort like the numbers.
public struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number, never negative.
    public let rawValue: Int64

    /// Makes an id from its number.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// The older message is the smaller.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    private static let alphabet: [UInt8] = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// The 13 characters that people and logs see.
    public var description: String {
        String(decoding: (0..<13).map { Self.alphabet[Int(rawValue >> Int64(60 - 5 * $0)) & 31] }, as: UTF8.self)
    }

    /// Reads the 13 characters back, in either case; nil when they are no id.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 13 else { return nil }
        var value: UInt64 = 0
        for byte in text.utf8 {
            let lower = byte | (byte >= 0x41 && byte <= 0x5A ? 0x20 : 0)
            guard let digit = Self.alphabet.firstIndex(of: lower) else { return nil }
            value = value << 5 | UInt64(digit)
        }
        guard value <= UInt64(Int64.max) else { return nil }
        self.rawValue = Int64(value)
    }
}

/// One recipient of one message: the message and the index of its RCPT, from 0.
public struct RecipientID: Hashable, Sendable {
    /// The message.
    public var message: MessageID
    /// The recipient's place in the envelope.
    public var index: Int32
    /// Makes an id.
    public init(message: MessageID, index: Int32) {
        self.message = message
        self.index = index
    }
}
