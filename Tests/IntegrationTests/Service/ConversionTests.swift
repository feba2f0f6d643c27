import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOPosix
import Relay
import SMTPProtocol
import Simulator
import StatusCodes
import StoreSQLite
import Testing

@Suite struct `Hosts that take 7 bits only` {
    private static let mail =
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "un café bien noir\r\n"
    private static let sevenBits =
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + "Content-Transfer-Encoding: quoted-printable\r\n\r\nun caf=C3=A9 bien noir\r\n"

    private static func host(_ port: UInt16) -> SmartHost { SmartHost(.address(.loopbackV4), port: port) }

    /// A relay whose mail goes to these ports, and whose senders at example.org live at a simulator.
    private func with(
        hosts ports: [UInt16],
        _ change: (inout TestRelay.Plan) -> Void = { _ in },
        _ body: (TestRelay, TakenMessages) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let taken = TakenMessages()
        let simulator = try await taken.startSimulator()
        var plan = TestRelay.Plan()
        plan.routes["narrow"] = Route(name: "narrow", target: .hosts(ports.map(Self.host)), tls: .never)
        let port = UInt16(simulator.address.port ?? 0)
        plan.routes["senders"] = Route(name: "senders", target: .hosts([Self.host(port)]), tls: .never)
        plan.patterns = ["*": "narrow", "example.org": "senders"]
        change(&plan)
        let relay = try TestRelay(folder: folder, plan: plan)
        try await relay.start()
        try await body(relay, taken)
        try await relay.stop()
        try await simulator.stop()
    }

    private func submit(_ text: String, to relay: TestRelay, content: (any MessageContent)? = nil) async {
        let reply = await relay.submit(
            from: "a@example.org",
            to: ["b@example.net", "c@example.net"],
            text,
            id: 1 << 21,
            body: .eightBitMIME,
            content: content
        )
        #expect(reply.condition == .queued)
    }

    /// Waits until nothing is queued any more.
    private func drain(_ relay: TestRelay) async throws {
        let isDone = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
        #expect(isDone)
    }

    @Test func `A host without 8BITMIME gets 7 bits, and the log says so`() async throws {
        let narrow = try await NarrowHost.start(offering: ["SIZE 1000000"])
        try await with(hosts: [narrow.port]) { relay, _ in
            await submit("DKIM-Signature: v=1\r\n" + Self.mail, to: relay)
            try await drain(relay)
            let message = try #require(narrow.messages.first)
            #expect(narrow.messages.count == 1)
            #expect(String(decoding: message.content, as: UTF8.self) == "DKIM-Signature: v=1\r\n" + Self.sevenBits)
            #expect(message.mail == "MAIL FROM:<a@example.org> SIZE=\(message.content.count)")
            let isLogged = try await eventually {
                try String(contentsOfFile: relay.log, encoding: .utf8)
                    .contains("\"converted\":\"7bit\",\"breaks_dkim\":true")
            }
            #expect(isLogged)
        }
        try await narrow.stop()
    }

    @Test func `Another host that offers 8BITMIME gets the message as it is`() async throws {
        let narrow = try await NarrowHost.start()
        let wide = try await NarrowHost.start(offering: ["8BITMIME"])
        try await with(hosts: [narrow.port, wide.port]) { relay, _ in
            await submit(Self.mail, to: relay)
            try await drain(relay)
            #expect(narrow.messages.isEmpty)
            let message = try #require(wide.messages.first)
            #expect(String(decoding: message.content, as: UTF8.self) == Self.mail)
            #expect(message.mail == "MAIL FROM:<a@example.org> BODY=8BITMIME")
        }
        try await narrow.stop()
        try await wide.stop()
    }

    @Test func `Where the other host is away, the first one gets 7 bits`() async throws {
        let narrow = try await NarrowHost.start()
        let gone = try await NarrowHost.start(offering: ["8BITMIME"])
        try await gone.stop()
        try await with(hosts: [narrow.port, gone.port]) { relay, _ in
            await submit(Self.mail, to: relay)
            try await drain(relay)
            #expect(narrow.messages.map { String(decoding: $0.content, as: UTF8.self) } == [Self.sevenBits])
        }
        try await narrow.stop()
    }

    @Test func `Where every host takes 7 bits only, the first one gets them`() async throws {
        let first = try await NarrowHost.start()
        let second = try await NarrowHost.start()
        try await with(hosts: [first.port, second.port]) { relay, _ in
            await submit(Self.mail, to: relay)
            try await drain(relay)
            #expect(first.messages.map { String(decoding: $0.content, as: UTF8.self) } == [Self.sevenBits])
            #expect(second.messages.isEmpty)
        }
        try await first.stop()
        try await second.stop()
    }

    @Test func `Content that lies in a file is read and converted`() async throws {
        let narrow = try await NarrowHost.start()
        try await with(hosts: [narrow.port]) { relay, _ in
            let text = Self.mail + String(repeating: "encore un café bien noir\r\n", count: 10_000)
            let writer = try relay.store.spool.begin()
            try writer.append(Array(text.utf8).span)
            await submit("", to: relay, content: try writer.finish())
            try await drain(relay)
            let message = try #require(narrow.messages.first)
            let expected =
                Self.sevenBits + String(repeating: "encore un caf=C3=A9 bien noir\r\n", count: 10_000)
            #expect(String(decoding: message.content, as: UTF8.self) == expected)
        }
        try await narrow.stop()
    }

    @Test func `A signed part is returned with 5.6.2`() async throws {
        let narrow = try await NarrowHost.start()
        try await with(hosts: [narrow.port]) { relay, taken in
            let signed =
                "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\ncafé\r\n"
                + "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n"
            await submit(signed, to: relay)
            let report = try #require(try await taken.wait(for: 1).first)
            #expect(report.text.contains("Status: 5.6.2\r\n"))
            #expect(narrow.messages.isEmpty)
            try await drain(relay)
        }
        try await narrow.stop()
    }

    @Test func `What cannot be converted is returned with 5.6.3`() async throws {
        let narrow = try await NarrowHost.start()
        try await with(hosts: [narrow.port]) { relay, taken in
            await submit("Subject: café\r\n\r\nplain\r\n", to: relay)
            let report = try #require(try await taken.wait(for: 1).first)
            #expect(report.text.contains("Status: 5.6.3\r\n"))
            #expect(narrow.messages.isEmpty)
            try await drain(relay)
        }
        try await narrow.stop()
    }

    @Test func `What there is no memory for waits, with 4.6.5`() async throws {
        let narrow = try await NarrowHost.start()
        try await with(hosts: [narrow.port]) { relay, _ in
            #expect(relay.service.budget.reserve(relay.service.budget.limit))
            await submit(Self.mail, to: relay)
            let id = MessageID(rawValue: 1 << 21)
            let hasTried = try await eventually { try relay.store.message(id)?.recipients.first?.attemptCount == 1 }
            #expect(hasTried)
            let attempt = try #require(try relay.store.message(id)?.recipients.first?.lastAttempt)
            #expect(attempt.status == EnhancedStatusCode(.persistentTransientFailure, 6, 5))
            #expect(attempt.condition == "4.6.5-conversion-failed-now")
            #expect(narrow.messages.isEmpty)
        }
        try await narrow.stop()
    }
}
