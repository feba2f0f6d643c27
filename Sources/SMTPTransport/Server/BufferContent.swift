package import Delivery
package import NIOCore

/// Content in memory: the buffer that it was received into, trace field in front.
package final class BufferContent: MessageContent {
    private let buffer: ByteBuffer

    /// Wraps a buffer.
    package init(_ buffer: ByteBuffer) { self.buffer = buffer }

    /// How many bytes the message has.
    package var byteCount: Int { buffer.readableBytes }
    /// Always in memory.
    package var isResident: Bool { true }

    /// Gives all bytes of the range.
    package func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        guard range.lowerBound >= 0,
            let part = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count)
        else { throw ContentError(code: .damaged) }
        body(part.readableBytesUInt8Span)
    }
}
