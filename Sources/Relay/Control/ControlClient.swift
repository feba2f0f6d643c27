import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Foundation
#endif

/// The command line's end of the control socket.
package struct ControlClient: Sendable {
    /// Where the socket lies.
    package let path: String

    /// A client for a socket.
    package init(path: String) { self.path = path }

    /// Nobody answers at the socket.
    package struct Unreachable: Error, CustomStringConvertible {
        /// Where we looked, and why not.
        package let description: String
    }

    private static func sentence(_ path: String, _ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EACCES?, EPERM?:
            "you may not talk to the service at \(path): it listens to its own user and the group of the socket"
        case ENOENT?, ECONNREFUSED?: "no service answers at \(path); start it with: martlet serve"
        default: "no service answers at \(path) (\(error)); start it with: martlet serve"
        }
    }

    /// The longest answer line: a message with all its attempts.
    package static let answerLimit = 16 << 20

    /// Asks, and hands over each answer as it comes; returns after `end` or `failure`.
    package func ask(_ request: ControlRequest, each: (ControlAnswer) throws -> Void) async throws {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ByteToMessageHandler(LineDecoder(limit: Self.answerLimit))
                        )
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Unreachable(description: Self.sentence(path, error))
        }
        try await channel.executeThenClose { inbound, outbound in
            var data = try JSONEncoder().encode(request)
            data.append(UInt8(ascii: "\n"))
            try await outbound.write(ByteBuffer(bytes: data))
            for try await line in inbound {
                let answer = try JSONDecoder().decode(ControlAnswer.self, from: Data(line.readableBytesView))
                try each(answer)
                switch answer {
                case .end, .failure: return
                case .message, .event, .suppression, .position, .line: continue
                }
            }
            throw Unreachable(
                description: "the service at \(path) closed the connection before it answered; see its log"
            )
        }
    }
}
