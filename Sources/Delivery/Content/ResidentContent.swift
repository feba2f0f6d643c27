/// Content that lies in memory as one array.
public final class ResidentContent: MessageContent {
    private let bytes: [UInt8]

    /// Makes content of these bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many bytes the message has.
    public var byteCount: Int { bytes.count }
    /// Always.
    public var isResident: Bool { true }

    /// Gives all of `range` to the body.
    public func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        let part = bytes[range]
        body(part.span)
    }
}
