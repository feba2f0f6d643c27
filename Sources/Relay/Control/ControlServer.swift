import Foundation
package import NIOCore
import NIOPosix

/// Answers the command line on a Unix socket (mode 0660): one request a connection, JSON lines.
///
/// Administration is rare, so connections are tasks here, not handlers. What a request asks for runs on the thread
/// pool, since store reads block.
package struct ControlServer: Sendable {
    /// Where the socket lies.
    package let path: String
    private let group: any EventLoopGroup
    private let answer: Answer

    /// Answers one request of a peer, line by line.
    package typealias Answer =
        @Sendable (
            ControlRequest, ControlPeer, _ emit: @Sendable (ControlAnswer) async throws -> Void
        ) async throws -> Void

    /// The largest request: a message from `sendmail` in base64.
    ///
    /// Larger ones are refused.
    package static let requestLimit = 96 << 20
    /// Connections served at a time: a request may be large, and others wait in the socket's backlog.
    package static let concurrencyLimit = 16
    /// How long a connection may be without a whole request.
    private static let patience: TimeAmount = .minutes(1)

    /// A server that is not yet listening.
    package init(path: String, group: any EventLoopGroup, answer: @escaping Answer) {
        self.path = path
        self.group = group
        self.answer = answer
    }

    /// Listens until cancelled; removes the socket afterwards.
    package func run(ready: @Sendable () -> Void = {}) async throws {
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 64)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ByteToMessageHandler(LineDecoder(limit: Self.requestLimit))
                    )
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        unsafe chmod(path, 0o660)
        ready()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await server.executeThenClose { connections in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                var running = 0
                for try await connection in connections {
                    if running == Self.concurrencyLimit { try await tasks.next() } else { running += 1 }
                    tasks.addTask { await serve(connection) }
                }
            }
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        do {
            let peer = await ControlPeer(of: connection.channel)
            try await connection.executeThenClose { inbound, outbound in
                // Whoever asks nothing must not keep others from asking.
                let patience = connection.channel.eventLoop.scheduleTask(in: Self.patience) {
                    connection.channel.close(promise: nil)
                }
                defer { patience.cancel() }
                for try await line in inbound {
                    patience.cancel()
                    let emit: @Sendable (ControlAnswer) async throws -> Void = { answer in
                        var data = try JSONEncoder().encode(answer)
                        data.append(UInt8(ascii: "\n"))
                        try await outbound.write(ByteBuffer(bytes: data))
                    }
                    do {
                        let request = try JSONDecoder().decode(ControlRequest.self, from: Data(line.readableBytesView))
                        try await answer(request, peer, emit)
                    } catch let error as DecodingError {
                        try await emit(
                            .failure(
                                "the request cannot be read (\(error)); use a command line of the same version",
                                exit: 65
                            )
                        )
                    }
                }
            }
        } catch {
            // The asker has gone away or its line was too long; there is nobody to tell.
        }
    }
}

/// Splits a stream at LF; a line beyond the limit is an error that closes the connection.
package struct LineDecoder: ByteToMessageDecoder {
    /// A line without its LF.
    package typealias InboundOut = ByteBuffer
    private let limit: Int
    private var searched = 0

    /// A decoder with a limit in bytes.
    package init(limit: Int) { self.limit = limit }

    /// The line is longer than the limit.
    package struct LineTooLong: Error {}

    /// Takes one line, if there is one.
    package mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let view = buffer.readableBytesView
        guard let end = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
            searched = view.count
            guard searched <= limit else { throw LineTooLong() }
            return .needMoreData
        }
        searched = 0
        let line = buffer.readSlice(length: end - view.startIndex) ?? ByteBuffer()
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(Self.wrapInboundOut(line))
        return .continue
    }

    /// A last line without LF is none.
    package mutating func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState { try decode(context: context, buffer: &buffer) }
}
