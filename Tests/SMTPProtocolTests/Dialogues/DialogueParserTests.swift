import SMTPTesting
import Testing

@Suite struct `Dialogue fixtures` {
    @Test func `every kind of line is read`() throws {
        let dialogue = try Dialogue(
            name: "sample",
            text: """
                # RFC 5321 §3.1
                ? recipients alice@example.net
                S: 220 {host} ESMTP
                C| NOOP \\(x*3)\\r\\n\\x41\\0
                @ +2m
                = tls
                x client
                ! state ready, errors 1
                """
        )
        #expect(dialogue.comments == ["RFC 5321 §3.1"])
        #expect(dialogue.value(of: "recipients") == "alice@example.net")
        #expect(dialogue.steps.map(\.line) == [3, 4, 5, 6, 7, 8])
        guard case .raw(.client, let bytes) = dialogue.steps[1].event else {
            Issue.record("the second step is raw")
            return
        }
        #expect(bytes == Array("NOOP xxx\r\nA\0".utf8))
        guard case .holds(let words) = dialogue.steps[5].event else {
            Issue.record("the last step is an assertion")
            return
        }
        #expect(words.map(\.word) == ["state", "errors"])
        #expect(words.map(\.value) == ["ready", "1"])
    }

    @Test(arguments: ["Z: what", "= ssl", "@ 3s", "@ +3", "C| \\q", "C| \\(x", "x nobody"])
    func `a line outside the grammar names itself`(line: String) {
        #expect(throws: DialogueSyntaxError.self) { try Dialogue(name: "bad", text: line) }
    }

    @Test func `a placeholder wants at least one octet`() {
        let pattern = Pattern("250 2.0.0 queued as {id}.")
        #expect(pattern.matches(Array("250 2.0.0 queued as 01x.".utf8)))
        #expect(!pattern.matches(Array("250 2.0.0 queued as .".utf8)))
        #expect(!pattern.matches(Array("250 2.0.0 queued as 01x".utf8)))
        #expect(Pattern("{a} {b}").matches(Array("1 2".utf8)))
        #expect(!Pattern("{a} {b}").matches(Array("12".utf8)))
    }

    @Test func `a difference is thrown with both transcripts, control characters visible`() async throws {
        let dialogue = try Dialogue(name: "echo", text: "C: NOOP\nS: 250 fine\n")
        let failure = await #expect(throws: DialogueFailure.self) {
            var runner = DialogueRunner(dialogue, testing: .server, on: CannedWire(["250 \tbad\r\n"]), .whole)
            try await runner.run()
        }
        #expect(failure?.line == 2)
        #expect(failure?.expected == "C: NOOP\nS: 250 fine")
        #expect(failure?.actual == "C: NOOP\nS| 250 \\tbad\\r\\n")
    }

    @Test func `silence, talk and closing that the fixture does not have are differences`() async throws {
        let silent = try Dialogue(name: "silent", text: "S: 220 {text}\n")
        await #expect(throws: DialogueFailure.self) {
            var runner = DialogueRunner(silent, testing: .server, on: CannedWire([]), .whole)
            try await runner.run()
        }
        await #expect(throws: DialogueFailure.self) {
            var runner = DialogueRunner(silent, testing: .server, on: CannedWire(["220 a\r\n250 b\r\n"]), .whole)
            try await runner.run()
        }
        let closing = try Dialogue(name: "closing", text: "S: 220 {text}\nx server\n")
        await #expect(throws: DialogueFailure.self) {
            var runner = DialogueRunner(closing, testing: .server, on: CannedWire(["220 a\r\n"]), .whole)
            try await runner.run()
        }
        var fine = DialogueRunner(silent, testing: .server, on: CannedWire(["220 a\r\n"]), .whole)
        try await fine.run()
    }

    @Test(arguments: [WireDelivery.whole, .byteByByte, .split(seed: 7)])
    func `octets survive being cut`(delivery: WireDelivery) {
        var random = SplitMix(seed: 7)
        let bytes = Array("MAIL FROM:<a@example.org>\r\n".utf8)
        #expect(delivery.pieces(bytes, &random).flatMap { $0 } == bytes)
    }
}

/// A side that says the same whatever it hears.
private final class CannedWire: DialogueWire {
    private var said: [String]
    let knowsSilence = true
    init(_ said: [String]) { self.said = said }
    func send(_ bytes: [UInt8]) {}
    func receive() -> WireEvent { said.isEmpty ? .quiet : .bytes(Array(said.removeFirst().utf8)) }
    func advance(by duration: Duration) {}
    func secure() {}
    func close() {}
    func state() -> [String: String] { [:] }
}
