/// One part of a message: the message itself, a part of a multipart, or a message within.
public struct MIMEPart: Hashable, Sendable {
    /// The index of the part that this one lies in; nil for the message itself.
    public var parent: Int?
    /// 0 for the message itself.
    public var depth: Int
    /// Its header, without the empty line.
    public var header: Range<Int>
    /// Its body; for a multipart all its parts and what stands around them.
    public var body: Range<Int>
    /// What it is; `text/plain` where nothing was said (RFC 2045 §5.2).
    public var contentType: ContentType
    /// How its body is encoded.
    public var encoding: TransferEncoding
}

/// How much of a structure is followed; what lies beyond stays body.
public struct MIMELimits: Hashable, Sendable {
    /// How deep parts may lie in each other.
    ///
    /// People forward forwards; nobody reads the twentieth.
    public var depth = 20
    /// How many parts there may be.
    public var parts = 1000
    /// How long a part's header may be, in octets.
    public var header = 1 << 16

    /// Makes the usual limits.
    public init() {}
}

/// The parts of a message, in their order.
public struct MIMEStructure: Hashable, Sendable {
    /// The parts; the first is the message itself.
    ///
    /// Each comes after the part it lies in.
    public internal(set) var parts: [MIMEPart]
    /// Whether a limit was reached, so that parts may be missing.
    public internal(set) var isCut: Bool

    /// Reads a message that is in memory; see `MIMEScanner` for `type`.
    public init(_ bytes: Span<UInt8>, limits: MIMELimits = MIMELimits(), assuming type: ContentType? = nil) {
        var scanner = MIMEScanner(limits: limits, assuming: type)
        scanner.consume(bytes)
        self = scanner.finish()
    }

    init(parts: [MIMEPart], isCut: Bool) {
        self.parts = parts
        self.isCut = isCut
    }

    /// The first of the outermost parts of a kind.
    package func outermost(where isWanted: (ContentType) -> Bool) -> MIMEPart? {
        var found: Int?
        for index in parts.indices where isWanted(parts[index].contentType) {
            if found.map({ parts[index].depth < parts[$0].depth }) ?? true { found = index }
        }
        return found.map { parts[$0] }
    }

    /// Whether a part has others directly in it.
    public func hasChildren(of index: Int) -> Bool { parts.contains { $0.parent == index } }
}
