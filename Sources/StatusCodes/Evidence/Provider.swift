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
        let octets = mxHost.utf8
        guard let number = HostEnds.builtIn.number(of: octets.span) else { return nil }
        self.init(name: Self.names[number])
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
}

/// The ends of host names that tell whose a host is, found in one pass from a name's end to its beginning.
private struct HostEnds: Sendable {
    private var names: [UInt8] = []
    private var ends: [(name: Range<Int>, provider: Int)] = []
    /// The place in `ends`, from 1, by the hash of the octets from the last to the first.
    private var places = NumberTable<UInt64>()

    static let builtIn: Self = {
        var built = Self()
        NumberedLines.read(Provider.hosts) { built.add($1, provider: $0) }
        return built
    }()

    private mutating func add(_ name: Span<UInt8>, provider: Int) {
        var hash = ReplyWords.Hash()
        for index in name.indices.reversed() { hash.add(name[index]) }
        guard places[hash.value] == 0 else { return }
        let start = names.count
        for index in name.indices { names.append(name[index]) }
        ends.append((start..<names.count, provider))
        places.insert(hash.value, UInt16(ends.count))
    }

    /// The provider of the longest end, in any case of letters; nil when there is none.
    func number(of host: Span<UInt8>) -> Int? {
        var hash = ReplyWords.Hash()
        var found: Int?
        for index in host.indices.reversed() {
            hash.add(TextFeatures.lowercased(host[index]))
            guard index == 0 || host[index - 1] == UInt8(ascii: ".") else { continue }
            let place = Int(places[hash.value])
            if place > 0, isEnd(ends[place - 1].name, of: host, at: index) { found = ends[place - 1].provider }
        }
        return found
    }

    /// Whether it is that name, and not another one with the same hash, which a hostile host could choose.
    private func isEnd(_ name: Range<Int>, of host: Span<UInt8>, at start: Int) -> Bool {
        guard host.count - start == name.count else { return false }
        for offset in 0..<name.count
        where TextFeatures.lowercased(host[start + offset]) != names[name.lowerBound + offset] {
            return false
        }
        return true
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
