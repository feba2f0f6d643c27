import SMTPTesting
import Testing

/// The dialogues of a server over real sockets, with answers at once and from other threads.
///
/// Those in which time passes or an answer never comes need a clock that only the machine's driver has.
@Suite(.timeLimit(.minutes(5))) struct `Server dialogues over sockets` {
    private static let library = Result {
        try DialogueLibrary("../../SMTPProtocolTests/Fixtures/Dialogues/Server")
    }
    private static let manners: [(WireDelivery, ScriptedHost.Manner)] = [
        (.whole, .atOnce), (.whole, .fromAnotherThread), (.split(seed: 1), .fromAnotherThread), (.byteByByte, .atOnce),
    ]

    private static var names: [String] {
        ((try? library.get().dialogues) ?? []).filter(canRun).map(\.name)
    }

    private static func canRun(_ dialogue: Dialogue) -> Bool {
        let needsClock = dialogue.steps.contains { step in
            if case .time = step.event { true } else { false }
        }
        return !needsClock && dialogue.values(of: "silent").isEmpty && dialogue.value(of: "sockets") != "never"
    }

    @Test func `most dialogues run here`() { #expect(Self.names.count >= 120) }

    @Test(arguments: names, manners)
    func dialogue(name: String, manner: (WireDelivery, ScriptedHost.Manner)) async throws {
        let dialogue = try #require(try Self.library.get().dialogues.first { $0.name == name })
        let host = ScriptedHost(try ScriptedWorld(dialogue), manner.1)
        let wire = try await ServerSocketWire(host)
        var runner = DialogueRunner(dialogue, testing: .server, on: wire, manner.0)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await runner.run())
        } catch {
            outcome = .failure(error)
        }
        try await wire.shutDown()
        try outcome.get()
        // Whatever happened, the session was opened and closed once, and nothing of the memory budget is lost.
        #expect(host.account.opened == 1)
        #expect(host.account.closed.count == 1)
        #expect(host.account.reserved == 0)
    }
}
