import NIOConcurrencyHelpers
import NIOCore
import SMTPTransport

/// The connections of a listener, so that a shutdown can wait for them.
final class OpenChannels: Sendable {
    private let channels = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        channels.withLockedValue { $0[key] = channel }
        channel.closeFuture.whenComplete { _ in
            _ = self.channels.withLockedValue { $0.removeValue(forKey: key) }
        }
    }

    /// Asks every connection to end, waits, and closes what is left at the deadline.
    func drain(within limit: TimeAmount) async {
        let open = channels.withLockedValue { Array($0.values) }
        guard !open.isEmpty else { return }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(DrainSession()) }
        let closings = open.map { channel in
            let timer = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
            return channel.closeFuture.always { _ in timer.cancel() }
        }
        for closing in closings { try? await closing.get() }
    }
}
