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

    private static let domains: [Substring: Int] = .init(
        NumberedLines.read(hosts).map { ($0.text, $0.number) },
        uniquingKeysWith: { first, _ in first }
    )
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
    static func read(_ text: String) -> [(number: Int, text: Substring)] {
        text.split(separator: "\n").compactMap { line in
            guard let space = line.firstIndex(of: " "), let number = Int(line[..<space]) else { return nil }
            return (number, line[line.index(after: space)...])
        }
    }
}
