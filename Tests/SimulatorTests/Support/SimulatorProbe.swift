import NIOCore
import NIOPosix
import Simulator

/// A reply as a client hears it; `lines` are without line ends.
struct HeardReply: Equatable, CustomStringConvertible {
    let lines: [String]

    /// The three digits of the last line.
    var code: UInt16? { lines.last.flatMap { UInt16($0.prefix(3)) } }
    /// The enhanced code behind them, as printed.
    var status: String? {
        let words = lines.last?.dropFirst(4).split(separator: " ", maxSplits: 1) ?? []
        guard let first = words.first, first.split(separator: ".").count == 3,
            first.allSatisfy({ $0.isNumber || $0 == "." })
        else { return nil }
        return String(first)
    }
    /// Digits and enhanced code: `550 5.1.1`, `354`.
    var codes: String { [code.map { "\($0)" }, status].compactMap { $0 }.joined(separator: " ") }
    var description: String { lines.joined(separator: "\\n") }
}

/// A client on a real socket that says what it is told and reads one reply at a time.
final class SimulatorProbe {
    private let channel: any Channel
    private let stream: AsyncStream<[UInt8]>
    private var pending: [UInt8] = []

    private init(_ channel: any Channel, _ stream: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.stream = stream
    }

    static func connect(to simulator: SimulatorService) async throws -> SimulatorProbe {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(continuation))
                }
            }
            .connect(to: simulator.address).get()
        return SimulatorProbe(channel, stream)
    }

    /// Sends octets as they are.
    func send(_ text: String) async {
        // A server that has closed hears no more; what it said before is what counts.
        try? await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Says a line and reads the reply; nil when the connection ends instead.
    func say(_ line: String) async -> HeardReply? {
        await send("\(line)\r\n")
        return await reply()
    }

    /// The next reply; nil when the connection ends instead.
    func reply() async -> HeardReply? {
        var lines: [String] = []
        while let line = await line() {
            lines.append(String(decoding: line, as: UTF8.self))
            if line.count < 4 || line[3] != UInt8(ascii: "-") { return HeardReply(lines: lines) }
        }
        return nil
    }

    /// The octets of the next line without its line end; nil when the connection ends instead.
    func line() async -> [UInt8]? {
        var iterator = stream.makeAsyncIterator()
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = pending[..<end].filter { $0 != UInt8(ascii: "\r") }
                pending.removeSubrange(...end)
                return line
            }
            guard let more = await iterator.next() else { return nil }
            pending += more
        }
    }

    /// Whether nothing more comes and the connection ends.
    func isClosed() async -> Bool { await line() == nil }

    func close() async { try? await channel.close() }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let continuation: AsyncStream<[UInt8]>.Continuation

        init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

        // The connection is over; that is what the reader is told.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
