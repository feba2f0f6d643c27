/// The bytes of a message (header and body, CRLF line ends, no dot-stuffing), wherever they lie.
///
/// `Delivery` knows a message by its id; content is the store's business and passes through as this.
public protocol MessageContent: AnyObject, Sendable {
    /// How many bytes the message has.
    var byteCount: Int { get }
    /// Whether all bytes are in memory, so that `withBytes` neither blocks nor fails.
    var isResident: Bool { get }
    /// Gives a part of the bytes to the body: all of `range` when resident, possibly fewer bytes otherwise (at least
    /// one when the range is not empty). Reading from a file blocks: never on an event loop unless `isResident`.
    func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError)
}

/// Content that could not be read.
public struct ContentError: Error, Hashable, Sendable {
    /// What went wrong.
    public enum Code: Hashable, Sendable {
        /// The stored content is not there.
        case missing
        /// It is shorter than recorded or does not match its checksum.
        case damaged
        /// The operating system refused to read it; `errno` says why.
        case inputOutput
    }
    /// What went wrong.
    public var code: Code
    /// The operating system's error number, 0 where none applies.
    public var errno: Int32
    /// Makes an error.
    public init(code: Code, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
    }
}
