import NIOCore

/// Breaks a connection on demand: drops it, or says something that is no reply.
///
/// Sits at the network's end of the pipeline and is used on the connection's loop.
final class FaultInjector: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What stands for a reply that is to be spoilt: random, so that no client can write it; empty before it is needed.
    private var marker: [UInt8] = []
    private var context: ChannelHandlerContext?

    /// Neither digits nor text: what a broken proxy or a web server might say.
    static let garbage: [UInt8] = [0xFF, 0x00, 0x7F, 0x3C, 0x68, 0x31, 0x3E, 0x0D, 0x0A]

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Closes after this turn of the loop: the session that asks is in the middle of its own.
    func drop() {
        guard let context else { return }
        let channel = context.channel
        context.eventLoop.execute { channel.close(promise: nil) }
    }

    /// A text for replies that are no replies: the lines that have it are replaced, the others of a pipelined flight stay.
    func garble() -> String {
        if marker.isEmpty { marker = Array("garbage \(UInt64.random(in: .min ... .max))".utf8) }
        return String(decoding: marker, as: UTF8.self)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !marker.isEmpty else { return context.write(data, promise: promise) }
        var bytes = Array(unwrapOutboundIn(data).readableBytesView)
        while let found = bytes.firstRange(of: marker) {
            bytes.replaceSubrange(Self.line(of: found, in: bytes), with: Self.garbage)
        }
        context.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: promise)
    }

    private static func line(of part: Range<Int>, in bytes: [UInt8]) -> Range<Int> {
        let lineFeed = UInt8(ascii: "\n")
        let start = bytes[..<part.lowerBound].lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
        let end = bytes[part.upperBound...].firstIndex(of: lineFeed).map { $0 + 1 } ?? bytes.count
        return start..<end
    }
}
