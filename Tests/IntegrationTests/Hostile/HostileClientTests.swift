import Foundation
import ResolverTesting
import SMTPTesting
import Testing

/// What strangers may send to the executable: it answers as it should, its memory stays bounded, and others are served
/// meanwhile.
@Suite(.timeLimit(.minutes(5))) struct `Hostile clients` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("hostile") }

    /// Octets of a line that is far beyond every limit.
    private static let hugeLine = 10_000_000
    /// How many send it at a time.
    private static let attackers = 2
    /// What memory may grow by meanwhile, of the 20 MB that they send: a few buffers each, and what an allocator keeps.
    private static let growth = 8 << 20
    /// Octets that are sent at a time.
    private static let piece = 100_000

    private func serve() async throws -> MartletProcess {
        try await MartletProcess(
            MartletProcess.Plan(
                folder: folder.path,
                store: "\(folder.path)/queue",
                more: "policy: {limits: {connections_per_address: 100}}"
            )
        )
    }

    /// Where the line stands.
    enum Place: CaseIterable {
        case command, header, body, chunk

        /// What is said before it; the last line gets no reply of its own for a chunk.
        var before: [String] {
            let envelope = ["MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>"]
            return switch self {
            case .command: []
            case .header, .body: envelope + ["DATA"]
            case .chunk: envelope
            }
        }

        /// What comes before and after so many octets of it, in the same stream.
        func frame(_ octets: Int) -> (start: String, end: String) {
            switch self {
            case .command: ("NOOP ", "\r\n")
            case .header: ("Subject: ", "\r\n\r\nhi\r\n.\r\n")
            case .body: ("Subject: x\r\n\r\n", "\r\n.\r\n")
            case .chunk: ("BDAT \(octets + 16) LAST\r\nSubject: x\r\n\r\n", "\r\n")
            }
        }

        /// The longest line that is taken here.
        var limit: Int { self == .command ? 2048 - 7 : 1_048_576 - (self == .header ? 9 : 0) }
    }

    /// Says EHLO and what comes before the line.
    private func begin(_ place: Place, _ port: Int) async throws -> SocketClient {
        let client = try await SocketClient(port: port)
        try await client.begin()
        for command in place.before {
            let reply = await client.ask(command)
            #expect(reply.hasPrefix(command == "DATA" ? "354 " : "250 "), "\(reply)")
        }
        return client
    }

    private func send(_ count: Int, to clients: [SocketClient]) async {
        let piece = String(repeating: "x", count: Self.piece)
        for _ in 0..<count / Self.piece {
            await withDiscardingTaskGroup { tasks in
                for client in clients { tasks.addTask { await client.send(piece) } }
            }
        }
    }

    @Test(arguments: Place.allCases)
    func `a line of ten million octets is refused without being kept`(place: Place) async throws {
        let service = try await serve()
        let other = try await SocketClient(port: service.port)
        try await other.begin()
        #expect(await other.submit(to: "b@example.net").hasPrefix("250 2.0.0 "))
        var attackers: [SocketClient] = []
        for _ in 0..<Self.attackers { attackers.append(try await begin(place, service.port)) }
        let before = try service.resetResidentPeak()
        let frame = place.frame(Self.hugeLine)
        for client in attackers { await client.send(frame.start) }
        await send(Self.hugeLine / 2, to: attackers)
        #expect(await other.submit(to: "b@example.net").hasPrefix("250 2.0.0 "))
        await send(Self.hugeLine / 2, to: attackers)
        for client in attackers {
            await client.send(frame.end)
            let reply = await client.reply()
            if place == .command {
                // Neither CRLF nor an end in sight: the session is over after a million.
                #expect(reply.hasPrefix("421 4.7.0 "), "\(reply)")
                #expect(await client.reply() == SocketClient.closed)
            } else {
                #expect(reply.hasPrefix("554 5.6.0 "), "\(reply)")
                #expect(await client.ask("NOOP").hasPrefix("250 2.0.0 "))
            }
        }
        let grown = try service.residentPeak() - before
        #expect(grown < Self.growth, "\(grown)")
        #expect(try service.queue().count == 2)
        #expect(try await service.stop() == 0)
    }

    @Test(arguments: Place.allCases)
    func `a line as long as the limit is taken`(place: Place) async throws {
        let service = try await serve()
        let client = try await begin(place, service.port)
        let frame = place.frame(place.limit)
        await client.send(frame.start + String(repeating: "x", count: place.limit) + frame.end)
        let reply = await client.reply()
        #expect(reply.hasPrefix("250 2.0.0 "), "\(reply)")
        #expect(try service.queue().count == (place == .command ? 0 : 1))
        #expect(try await service.stop() == 0)
    }

    @Test func `of ten thousand recipients the first thousand are kept, and the others hear 452 4.5.3`() async throws {
        let service = try await serve()
        let client = try await begin(.command, service.port)
        let other = try await begin(.command, service.port)
        #expect(await client.ask("MAIL FROM:<a@example.org>").hasPrefix("250 2.1.0 "))
        let before = try service.resetResidentPeak()
        var counts: [String: Int] = [:]
        for hundred in 0..<100 {
            let commands = (0..<100).map { "RCPT TO:<r\(hundred * 100 + $0)@example.net>\r\n" }
            await client.send(commands.joined())
            for _ in commands { counts[String(await client.reply().prefix(10)), default: 0] += 1 }
            if hundred == 50 { #expect(await other.submit(to: "b@example.net").hasPrefix("250 2.0.0 ")) }
        }
        #expect(counts == ["250 2.1.5 ": 1000, "452 4.5.3 ": 9000])
        let grown = try service.residentPeak() - before
        #expect(grown < Self.growth, "\(grown)")
        #expect(await client.ask("DATA").hasPrefix("354 "))
        let reply = await client.ask("Subject: x\r\n\r\nhi\r\n.")
        let id = try #require(reply.split(separator: " ").last.map(String.init))
        #expect(reply.hasPrefix("250 2.0.0 "))
        let kept = try service.recipients(of: id)
        #expect(kept == (0..<1000).map { "r\($0)@example.net" })
        #expect(try await service.stop() == 0)
    }
}
