import NIOCore
import NIOEmbedded
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

/// Clients that would hold a session by doing almost nothing, on a clock that the tests move.
@Suite struct `Slow clients` {
    private static let transaction =
        "EHLO c.example\r\nMAIL FROM:<b@example.org>\r\nRCPT TO:<a@example.net>\r\n"
    /// After its last reply a session waits so many seconds for its client to hear it.
    private static let lingering = 5

    private func session(_ said: String) async throws -> TestingSession {
        let session = try await TestingSession(
            ScriptedHost(try ScriptedWorld(Dialogue(name: "world", text: "")))
        )
        if !said.isEmpty { try await session.say(said) }
        _ = try await session.heard()
        return session
    }

    /// Says text in pieces, one a second, while the session is open; how many seconds went by.
    private func drip(_ text: String, _ session: TestingSession, octets: Int = 1) async throws -> Int {
        // Octets, not characters: CRLF is one of those.
        var rest = Array(text.utf8)[...]
        var seconds = 0
        while session.channel.isActive, !rest.isEmpty {
            try await session.say(String(decoding: rest.prefix(octets), as: UTF8.self))
            rest = rest.dropFirst(octets)
            await session.channel.testingEventLoop.advanceTime(by: .seconds(1))
            seconds += 1
        }
        return seconds
    }

    @Test(arguments: ["", "EHLO c.example\r\n", transaction])
    func `a command that comes an octet a second ends with 421 4.4.2 after five minutes`(before: String) async throws {
        let session = try await session(before)
        let seconds = try await drip("NOOP " + String(repeating: "x", count: 1000), session)
        #expect((300...300 + Self.lingering).contains(seconds))
        #expect(try await session.heard().hasPrefix("421 4.4.2 "))
        #expect(session.host.account.notes == [.refused(Reply(.clientTooSlow))])
        #expect(!session.channel.isActive)
        #expect(session.host.account.closed.count == 1)
    }

    @Test(arguments: ["", "EHLO c.example\r\n", transaction])
    func `a command that comes an octet a second within its time is answered`(before: String) async throws {
        let session = try await session(before)
        #expect(try await drip("NOOP \(String(repeating: "x", count: 200))\r\n", session) == 207)
        #expect(try await session.heard().hasPrefix("250 2.0.0 "))
        #expect(session.channel.isActive)
    }

    @Test(arguments: [
        "DATA\r\n", "DATA\r\nSubject: x\r\n\r\n", "BDAT 9000\r\n", "BDAT 9000 LAST\r\nSubject: x\r\n\r\n",
    ])
    func `content that comes an octet a second ends with 421 4.4.2 after a minute`(before: String) async throws {
        let session = try await session(Self.transaction + before)
        #expect(session.host.account.reserved > 0)
        let seconds = try await drip(String(repeating: "x", count: 9000), session)
        #expect((60...60 + Self.lingering).contains(seconds))
        #expect(try await session.heard().hasPrefix("421 4.4.2 "))
        #expect(session.host.account.notes == [.refused(Reply(.clientTooSlow))])
        #expect(!session.channel.isActive)
        #expect(session.host.account.messages.isEmpty)
        #expect(session.host.account.reserved == 0)
    }

    @Test(arguments: ["DATA\r\n", "BDAT 7999 LAST\r\n"])
    func `content that comes as fast as a modem of 1985 is taken`(before: String) async throws {
        let session = try await session(Self.transaction + before)
        let line = String(repeating: "x", count: 38) + "\r\n"
        let content = String(repeating: line, count: 199) + String(repeating: "x", count: 37) + "\r\n"
        let end = before.hasPrefix("DATA") ? ".\r\n" : ""
        #expect(try await drip(content + end, session, octets: 40) == 200 + (end.isEmpty ? 0 : 1))
        #expect(try await session.heard().hasPrefix("250 2.0.0 "))
        #expect(session.host.world.state["octets"] == "7999")
    }

    @Test func `a handshake that comes an octet a second is cut off after a minute`() async throws {
        let world = try ScriptedWorld(Dialogue(name: "world", text: "? tls implicit"))
        let session = try await TestingSession(ScriptedHost(world), tls: try TestCertificate.shared.get().server)
        // The beginning of a ClientHello of 508 octets (RFC 8446 §4.1.2) in a record of 512.
        let hello = "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{7C}\u{3}\u{3}" + String(repeating: "\u{0}", count: 500)
        #expect(try await drip(hello, session) == 60)
        #expect(!session.channel.isActive)
        #expect(session.host.account.closed.count == 1)
    }

    @Test func `a client that reads nothing is told so and closed when its time is over`() async throws {
        let session = try await session("EHLO c.example\r\n")
        session.channel.isWritable = false
        try await session.channel.testingEventLoop.executeInContext {
            session.channel.pipeline.fireChannelWritabilityChanged()
        }
        await session.channel.testingEventLoop.advanceTime(by: .seconds(299))
        #expect(session.channel.isActive)
        await session.channel.testingEventLoop.advanceTime(by: .seconds(1 + Int64(Self.lingering)))
        #expect(try await session.heard().hasPrefix("421 4.4.2 "))
        #expect(!session.channel.isActive)
    }
}
