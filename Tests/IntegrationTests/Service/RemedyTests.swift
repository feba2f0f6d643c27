import Delivery
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import StoreSQLite
import Testing

@Suite struct `What the loop does about a refusal before the planner hears of it` {
    private func with(hosts: [NarrowHost], _ body: (TestRelay) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var plan = TestRelay.Plan()
        let targets = hosts.map { SmartHost(.address(.loopbackV4), port: $0.port) }
        plan.routes["hosts"] = Route(name: "hosts", target: .hosts(targets))
        plan.patterns = ["*": "hosts"]
        let relay = try TestRelay(folder: folder, plan: plan)
        try await relay.start()
        try await body(relay)
        try await relay.stop()
        for host in hosts { try await host.stop() }
    }

    private func deliver(_ relay: TestRelay) async throws {
        let reply = await relay.submit(
            from: "a@example.org",
            to: ["b@example.net", "c@example.net"],
            "Subject: x\r\n\r\nx\r\n",
            id: 1 << 21
        )
        #expect(reply.condition == .queued)
        let isDone = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
        #expect(isDone)
    }

    @Test func `A host that refuses SIZE gets the message without it`() async throws {
        let host = try await NarrowHost.start(offering: ["SIZE 1000000"]) { command in
            command.contains(" SIZE=") ? "555 5.5.4 MAIL parameters not recognised" : nil
        }
        try await with(hosts: [host]) { relay in
            try await deliver(relay)
            #expect(host.messages.map(\.mail) == ["MAIL FROM:<a@example.org>"])
        }
    }

    @Test func `A host that takes SIZE gets it`() async throws {
        let host = try await NarrowHost.start(offering: ["SIZE 1000000"])
        try await with(hosts: [host]) { relay in
            try await deliver(relay)
            #expect(host.messages.map { $0.mail.hasPrefix("MAIL FROM:<a@example.org> SIZE=") } == [true])
        }
    }

    @Test func `A host that has no room now is passed over for the next`() async throws {
        let full = try await NarrowHost.start { $0.hasPrefix("MAIL") ? "452 4.3.1 no room" : nil }
        let other = try await NarrowHost.start()
        try await with(hosts: [full, other]) { relay in
            try await deliver(relay)
            #expect(full.messages.isEmpty)
            #expect(other.messages.count == 1)
        }
    }
}
