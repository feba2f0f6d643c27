import NIOPosix
import SMTPTesting
import Testing

/// The dialogues of a client over real sockets; those in which time passes need a clock that only a test loop has.
@Suite(.timeLimit(.minutes(5))) struct `Client dialogues over sockets` {
    private static let library = Result {
        try DialogueLibrary("../../SMTPProtocolTests/Fixtures/Dialogues/Client")
    }

    private static var names: [String] {
        ((try? library.get().dialogues) ?? []).filter(canRun).map(\.name)
    }

    private static func canRun(_ dialogue: Dialogue) -> Bool {
        let needsClock = dialogue.steps.contains { step in
            if case .time = step.event { true } else { false }
        }
        return !needsClock && dialogue.value(of: "machine-only") == nil
    }

    @Test func `most dialogues run here`() { #expect(Self.names.count >= 60) }

    @Test(arguments: names, [WireDelivery.whole, .byteByByte, .split(seed: 1)])
    func dialogue(name: String, delivery: WireDelivery) async throws {
        let dialogue = try #require(try Self.library.get().dialogues.first { $0.name == name })
        let scenario = try ClientScenario(dialogue, primitives: TestPrimitives())
        let wire = try await ClientSocketWire(scenario, readPool: .singleton)
        var runner = DialogueRunner(dialogue, testing: .client, on: wire, delivery)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await runner.run())
        } catch {
            outcome = .failure(error)
        }
        try await wire.shutDown()
        try outcome.get()
    }
}
