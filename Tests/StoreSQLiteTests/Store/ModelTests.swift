import Delivery
import StoreTesting
import Testing

/// The model is held to the contract too: a rule that it breaks is a wrong model or a wrong rule.
@Suite struct ModelTests {
    private final class MemoryFixture: StoreFixture {
        let store: any QueueStore = MemoryStore()
        /// What is in memory stays there.
        func reopen() {}
    }

    @Test(arguments: StoreContract.rules)
    func `the model keeps the contract`(_ rule: StoreRule) throws { try rule.prove(on: MemoryFixture()) }
}
