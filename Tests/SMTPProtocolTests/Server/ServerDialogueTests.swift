import SMTPTesting
import Testing

/// Every dialogue of a server on the pure machine: whole, byte by byte, and in random splits.
@Suite struct `Server dialogues on the machine` {
    private static let library = Result { try DialogueLibrary("../Fixtures/Dialogues/Server") }
    private static let deliveries: [WireDelivery] =
        [.whole, .byteByByte] + (1...6).map { .split(seed: $0) }

    private static var names: [String] { (try? library.get().dialogues.map(\.name)) ?? [] }

    @Test func `there are at least ninety, and all can be read`() throws {
        #expect(try Self.library.get().dialogues.count >= 90)
    }

    @Test(arguments: names, deliveries)
    func dialogue(name: String, delivery: WireDelivery) async throws {
        let library = try Self.library.get()
        let dialogue = try #require(library.dialogues.first { $0.name == name })
        var runner = DialogueRunner(
            dialogue,
            testing: .server,
            on: ServerMachineWire(try ScriptedWorld(dialogue)),
            delivery
        )
        do {
            try await runner.run()
        } catch let failure as DialogueFailure {
            try library.keep(failure)
            throw failure
        }
    }
}
