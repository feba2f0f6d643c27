package import Delivery
import Synchronization

/// A resolver that knows only a test's zones and answers before `resolve` returns, also time-outs.
package final class ZoneResolver: Resolver {
    private struct State {
        var zones: Zones
        var questions: [DNSQuestion] = []
    }

    private let state: Mutex<State>

    /// Makes a resolver of these zones.
    package init(_ zones: Zones) { self.state = Mutex(State(zones: zones)) }

    /// Every question asked so far, in order.
    package var questions: [DNSQuestion] { state.withLock(\.questions) }

    /// Other zones from now on, as when an operator repairs his DNS.
    package func replace(with zones: Zones) { state.withLock { $0.zones = zones } }

    /// Answers from the zones, at once.
    package func resolve(
        _ question: DNSQuestion,
        within limit: Duration,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    ) {
        let answer = state.withLock { state in
            state.questions.append(question)
            return state.zones.answer(question)
        }
        completion(answer)
    }
}
