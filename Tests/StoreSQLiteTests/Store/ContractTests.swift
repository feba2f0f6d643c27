import StoreTesting
import Testing

@Suite struct ContractTests {
    @Test(arguments: StoreContract.rules)
    func `SQLite keeps the contract`(_ rule: StoreRule) throws { try rule.prove(on: SQLiteFixture()) }

    @Test(arguments: UInt64(1)...12)
    func `a random history leaves what the model says`(seed: UInt64) throws {
        try ModelComparison.play(seed: seed, steps: 120, on: SQLiteFixture())
    }
}
