/// Which recipients do not go by the MX of their domain, and where they go instead.
///
/// Patterns: a domain; `.domain` for everything below it; `*` for everything else; the empty pattern for recipients
/// without a domain (bare postmaster, RFC 5321 §4.5.1). The domain itself wins over its closest parent, that over `*`.
struct DestinationRules: Sendable {
    private var domains: FoldedIndex
    private var subdomains: FoldedIndex
    private let everything: Int32?
    private let bare: Int32?
    /// The names of the fixed destinations, by number.
    let names: [String]

    init(_ patterns: [String: String], seed: UInt64) {
        let names = Set(patterns.values).sorted()
        var domains = FoldedIndex(seed: seed)
        var subdomains = FoldedIndex(seed: seed)
        var everything: Int32?
        var bare: Int32?
        // Sorted, so that two patterns that differ in case only always resolve alike.
        for (pattern, name) in patterns.sorted(by: { $0.key < $1.key }) {
            let number = Int32(names.firstIndex(of: name) ?? 0)
            switch pattern {
            case "*": everything = number
            case "": bare = number
            case _ where pattern.hasPrefix("."): Self.insert(pattern.utf8.dropFirst(), number, into: &subdomains)
            default: Self.insert(pattern.utf8[...], number, into: &domains)
            }
        }
        self.names = names
        self.domains = domains
        self.subdomains = subdomains
        self.everything = everything
        self.bare = bare
    }

    private static func insert(_ name: Substring.UTF8View, _ number: Int32, into index: inout FoldedIndex) {
        let key = name.map(FoldedIndex.folded)
        let hash = index.hash(key.span)
        if index.find(key.span, hash: hash) == nil { index.insert(key, hash: hash, value: number) }
    }

    /// The number of the fixed destination for a domain; nil when its MX decide.
    func match(_ domain: Span<UInt8>) -> Int32? {
        if domain.isEmpty { return bare ?? everything }
        if domains.count > 0, let found = domains.find(domain, hash: domains.hash(domain)) { return found }
        if subdomains.count > 0 {
            for position in domain.indices where domain[position] == UInt8(ascii: ".") {
                let parent = domain.extracting((position + 1)..<domain.count)
                if let found = subdomains.find(parent, hash: subdomains.hash(parent)) { return found }
            }
        }
        return everything
    }
}
