public import Delivery
internal import Testing

/// A store under test that can be closed and opened again on what it kept.
public protocol StoreFixture: AnyObject {
    /// The open store.
    var store: any QueueStore { get }
    /// Closes it and opens it again.
    func reopen() throws
}

/// One rule that every store obeys: a name that says it, and the proof.
public struct StoreRule: Sendable, CustomStringConvertible {
    /// What holds.
    public let name: String
    private let proof: @Sendable (any StoreFixture) throws -> Void

    init(_ name: String, _ proof: @escaping @Sendable (any StoreFixture) throws -> Void) {
        self.name = name
        self.proof = proof
    }

    /// The name.
    public var description: String { name }

    /// Proves the rule on an empty store, and that the store's invariants hold afterwards.
    public func prove(on fixture: any StoreFixture) throws {
        try proof(fixture)
        try expectSound(fixture.store)
    }
}

/// The contract of `QueueStore`, rule by rule.
public enum StoreContract {
    /// Every rule.
    public static let rules: [StoreRule] =
        submissionRules + idempotencyRules + transitionRules + claimRules + attemptRules + readingRules
        + durabilityRules + suppressionRules + dispatchRules
}
