/// Whose mail system a peer is, where that changes what a code means: a provider of mailboxes, a filter before them, a
/// service that sends, or the software (`Registry/providers.csv`).
public struct Provider: Hashable, Sendable {
    /// Its name in rules and output, lower case.
    public let name: String
    /// Makes a provider by name.
    public init(name: String) { self.name = name }

    /// Every provider that the table knows, in the order of the file.
    public static var all: [Self] { names.map { Self(name: $0) } }

    /// The provider that runs an MX host; nil when the name says nothing.
    ///
    /// The longest end that fits wins: `olc.protection.outlook.com` is Outlook.com, and `x.mail.protection.outlook.com`
    /// a customer of Microsoft 365.
    public init?(mxHost: String) {
        var end = mxHost.lowercased()[...]
        while !end.isEmpty {
            if let number = Self.domains[end] {
                self.init(name: Self.names[number])
                return
            }
            guard let dot = end.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
            end = end[end.utf8.index(after: dot)...]
        }
        return nil
    }

    /// The provider that a banner or the text of a reply gives away; nil when it does not.
    ///
    /// Where a text names several, the first of the file counts: those of mailboxes stand before filters, and these
    /// before software.
    public init?(text: String) {
        let utf8 = text.utf8
        guard let first = PhraseIndex.builtIn.hint(in: utf8.span).providers.first else { return nil }
        self.init(name: Self.names[first])
    }

    private static let domains: [Substring: Int] = {
        var domains: [Substring: Int] = [:]
        NumberedLines.read(hosts) { number, line in
            let name = Substring(decoding: line)
            if domains[name] == nil { domains[name] = number }
        }
        return domains
    }()
}

extension Substring {
    fileprivate init(decoding octets: Span<UInt8>) {
        // The pointer is used within this call only.
        self = unsafe octets.withUnsafeBufferPointer { unsafe Substring(decoding: $0, as: UTF8.self) }
    }
}

extension Provider: CustomStringConvertible {
    /// The name.
    public var description: String { name }
}

/// A set of providers, one bit each in the order of `Provider.names`; those that an operator's rules name come behind.
struct ProviderSet: OptionSet, Hashable, Sendable {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// How many there may be.
    static let limit = 64

    /// The set of one.
    static func number(_ bit: Int) -> Self { Self(rawValue: 1 << UInt64(bit)) }

    /// The number of the first of the set.
    var first: Int? { rawValue == 0 ? nil : rawValue.trailingZeroBitCount }
}

/// Lines of a generated text: a number, a space, the rest.
enum NumberedLines {
    static func read(_ text: String, _ body: (Int, Span<UInt8>) -> Void) {
        let utf8 = text.utf8
        let octets = utf8.span
        var offset = 0
        while offset < octets.count {
            var number = 0
            while offset < octets.count, EnhancedStatusCode.isDigit(octets[offset]) {
                number = number * 10 + Int(octets[offset] - UInt8(ascii: "0"))
                offset += 1
            }
            // The space behind the number.
            let start = min(offset + 1, octets.count)
            while offset < octets.count, octets[offset] != UInt8(ascii: "\n") { offset += 1 }
            if start < offset { body(number, octets.extracting(start..<offset)) }
            offset += 1
        }
    }
}
