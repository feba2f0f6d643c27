import NIOCore

extension ByteBuffer {
    /// Appends a copy of the octets.
    mutating func append(_ octets: borrowing Span<UInt8>) {
        // The raw view of the span is read within this call only.
        _ = unsafe writeBytes(octets.bytes)
    }
}
