import Delivery
import Foundation
import Relay
import Testing

/// Delivery into the mailboxes of this machine.
@Suite(.timeLimit(.minutes(1))) struct `Local agent` {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("boxes-\(UUID().uuidString)")
        .path

    private func with(_ body: (DeliveryHarness) async throws -> Void) async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let harness = try DeliveryHarness(
            mailboxes: [
                "alice@example.net": "\(folder)/alice", "away@example.net": "\(folder)/away/box",
                "broken@example.net": "\(folder)/file",
            ],
            domains: ["*": LocalRoute.name]
        )
        try await body(harness)
    }

    /// What lies in a mailbox.
    private func mail(_ box: String) throws -> [String] {
        let path = "\(folder)/\(box)/new"
        return try FileManager.default.contentsOfDirectory(atPath: path).map {
            try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8)
        }
    }

    @Test func `a message lies in its mailbox with its return path`() async throws {
        try await with { harness in
            let fates = try await harness.attempt(to: ["Alice@Example.net"])
            #expect(fates.map(\.word) == ["delivered"])
            #expect(fates[0].next == .done)
            #expect(fates[0].conclusion.fate == .delivered)
            #expect(
                try mail("alice") == [
                    "Return-Path: <a@example.org>\r\nDelivered-To: Alice@Example.net\r\nSubject: x\r\n\r\nhi\r\n"
                ]
            )
            #expect(try harness.file.events() == ["recipient.delivered"])
        }
    }

    @Test func `content is read from the store where it is not in memory`() async throws {
        try await with { harness in
            #expect(
                try await harness.attempt(to: ["alice@example.net"], isInMemory: false).map(\.word) == ["delivered"]
            )
            #expect(try mail("alice").first?.hasSuffix("\r\nhi\r\n") == true)
            let lost = Mail.submission(99, to: ["alice@example.net"], at: harness.clock.now)
            let fates = try await harness.attempt(lost, isInMemory: false)
            #expect(fates.map(\.word) == ["4.3.0"])
            #expect(fates[0].isHeld)
        }
    }

    @Test func `a mailbox that is gone fails for good, its neighbour gets its mail`() async throws {
        try await with { harness in
            let fates = try await harness.attempt(to: ["gone@example.net", "alice@example.net"])
            #expect(fates.map(\.word) == ["5.1.1", "delivered"])
            #expect(fates[0].attempt?.stage == "local")
            #expect(fates[0].attempt?.reply == "no mailbox for gone@example.net")
            #expect(fates[0].conclusion.report?.action == .failed)
            #expect(fates[0].next == .done)
            #expect(try mail("alice").count == 1)
        }
    }

    @Test func `a mailbox in a folder that is not there is tried again, one that is a file is not`() async throws {
        try await with { harness in
            let away = try await harness.attempt(to: ["away@example.net"])
            #expect(away.map(\.word) == ["4.2.0"])
            #expect(away[0].attempt?.stage == "local")
            #expect(away[0].isScheduled)
            #expect(FileManager.default.createFile(atPath: "\(folder)/file", contents: nil))
            let broken = try await harness.attempt(to: ["broken@example.net"])
            #expect(broken.map(\.word) == ["5.2.0"])
            #expect(broken[0].next == .done)
        }
    }
}
