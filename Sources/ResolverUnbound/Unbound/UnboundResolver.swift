package import Delivery
import Dispatch

/// A validating resolver on libunbound.
///
/// The library resolves on a thread of its own and writes to a descriptor; one serial queue reads it. All state lives on
/// that queue, and completions are called there: they must be short.
package final class UnboundResolver: Resolver {
    private let queue: DispatchQueue
    private let worker: UnboundWorker

    /// Starts a resolver; wrong settings are told here.
    package init(_ configuration: ResolverConfiguration) throws(ResolverError) {
        let queue = DispatchQueue(label: "martlet.resolver")
        self.queue = queue
        self.worker = UnboundWorker(try UnboundContext.open(configuration), configuration: configuration, queue: queue)
        worker.activate()
    }

    deinit { stop() }

    /// Asks one question; more than the configured number waiting are `.unavailable`.
    package func resolve(
        _ question: DNSQuestion,
        within limit: Duration,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    ) {
        let deadline = ContinuousClock.now.advanced(by: limit)
        queue.async { [worker] in
            worker.ask(question, deadline: deadline, completion: completion)
        }
    }

    /// Answers everything that waits with `.unavailable`, and everything that comes; ends the library's thread.
    package func stop() { queue.async { [worker] in worker.stop() } }
}
