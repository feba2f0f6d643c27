import SMTPTesting
import Testing

@Suite("Client dialogues on the pure machine")
struct ClientDialogueTests {
    static let library = Result { try DialogueLibrary("../Fixtures/Dialogues/Client") }
    static let names = (try? library.get().dialogues.map(\.name)) ?? []

    @Test(arguments: names, [WireDelivery.whole, .byteByByte, .split(seed: 1), .split(seed: 2), .split(seed: 3)])
    func `the session says what the dialogue shows`(_ name: String, _ delivery: WireDelivery) async throws {
        let library = try Self.library.get()
        let dialogue = try #require(library.dialogues.first { $0.name == name })
        let scenario = try ClientScenario(dialogue, primitives: TestPrimitives())
        var runner = DialogueRunner(dialogue, testing: .client, on: ClientMachineWire(scenario), delivery)
        do {
            try await runner.run()
        } catch let failure as DialogueFailure {
            try library.keep(failure)
            throw failure
        }
    }

    @Test func `there are at least forty client dialogues`() throws {
        #expect(try Self.library.get().dialogues.count >= 40)
    }
}
