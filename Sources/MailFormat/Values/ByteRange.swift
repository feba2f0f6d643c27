/// A part of a byte buffer by its offsets: what parsers return instead of copies or borrowed views.
///
/// Two 32-bit offsets: no buffer that is parsed in one piece is larger than 2 GiB.
public struct ByteRange: Hashable, Sendable {
    /// Offset of the first byte.
    public var start: Int32
    /// Offset behind the last byte.
    public var end: Int32

    /// Makes a range from two offsets, `start` ≤ `end`.
    @inlinable
    public init(_ start: Int, _ end: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    /// The range of no bytes at offset 0.
    @inlinable
    public static var empty: Self { Self(0, 0) }

    /// How many bytes it covers.
    @inlinable
    public var count: Int { Int(end) - Int(start) }
    /// Whether it covers no byte.
    @inlinable
    public var isEmpty: Bool { start >= end }
    /// The offsets as a range of integers.
    @inlinable
    public var offsets: Range<Int> { Int(start)..<Int(end) }
}
