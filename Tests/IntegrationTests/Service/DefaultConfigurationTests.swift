import Configuration
import Delivery
import Foundation
import NIOCore
import Relay
import SMTPProtocol
import SMTPTransport
import StatusCodes
import Testing

@testable import martlet

/// `docs/design/rulings.md` §2, Defaults harm nobody: what `config default` prints, as it stands.
@Suite(.timeLimit(.minutes(2))) struct `The printed default configuration` {
    @Test func `Every switch of a refusal is off`() throws {
        let settings = Settings(try YAMLReader.read(DefaultFile.text, place: "default"))
        let relay = try settings.relay()
        #expect(relay.admission.deniedNetworks.isEmpty)
        #expect(relay.admission.deniedSenders.isEmpty)
        // 4.4.6-loop-soft and 5.4.3-directory-failed-final.
        #expect(!relay.routing.policy.loopsAreTemporary)
        #expect(!relay.routing.policy.refusalsAreFinal)
        let listener = try #require(try settings.listeners(RelayClock()).first).settings.configuration
        #expect(listener.role == .mx)
        #expect(!listener.demandsAuthentication && !listener.addsSender)
        #expect(listener.rehearsal == nil)
    }

    /// The printed file, in a folder and on a port of the test, delivering nothing.
    private func document(in folder: String) throws -> ConfigurationDocument {
        var text = DefaultFile.text
        let changes = [
            ("/var/lib/martlet", folder), ("/run/martlet", folder), ("address: 0.0.0.0", "address: 127.0.0.1"),
            ("    port: 25\n", "    port: 0\n"), ("start: running", "start: held"),
            ("  # file:", "  file: \(folder)/log"),
        ]
        for (printed, ours) in changes {
            #expect(text.contains(printed))
            text = text.replacing(printed, with: ours)
        }
        return try YAMLReader.read(text, place: "default")
    }

    private func withClient(_ body: (TestClient) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("default-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let service = try Service(Settings(try document(in: folder)))
        let client = try await TestClient(to: try #require(try await service.start().first?.address))
        try await body(client)
        try await client.quit()
        await service.stop(within: .seconds(5))
    }

    /// What would be refused by a condition that is off: of no name, of no domain, signed by nobody or wrongly.
    private static let mail: [(hello: String, sender: String, content: String)] = [
        ("EHLO bad_name!", "a@does-not-exist.invalid", "Subject: unsigned\r\n\r\nx\r\n"),
        ("HELO localhost", "", "x: y\r\n\r\n"), ("EHLO [127.0.0.1]", "a@[192.0.2.1]", "\r\nno header at all\r\n"),
        (
            "EHLO client.example.org", "a@example.org",
            "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=from; bh=x; b=x\r\n"
                + "ARC-Seal: i=1; cv=fail; a=rsa-sha256; d=example.org; s=s; b=x\r\n"
                + "Received-SPF: fail\r\nSolicitation: net.example:ADV\r\nFrom: a@example.org\r\n\r\nx\r\n"
        ),
        (
            "EHLO client.example.org", "a@example.org",
            "MIME-Version: 1.0\r\nContent-Type: application/x-unheard-of\r\n\r\nx\r\n"
        ),
    ]

    @Test(arguments: mail.indices)
    func `Mail is taken that only an operator may want refused`(index: Int) async throws {
        let (hello, sender, content) = Self.mail[index]
        try await withClient { client in
            let greeting = try await client.say(hello)
            #expect(greeting.hasPrefix("250 "))
            let reply = try await client.send(from: sender, to: ["b@example.net"], content)
            #expect(reply.hasPrefix("250 2.0.0 "))
        }
    }

    @Test func `VRFY and EXPN say neither yes nor no`() async throws {
        try await withClient { client in
            var replies: [Substring] = []
            for command in ["EHLO client.example.org", "VRFY postmaster", "EXPN everybody"] {
                replies.append(try await client.say(command).prefix(9))
            }
            #expect(replies.dropFirst() == ["252 2.5.0", "252 2.5.0"])
        }
    }
}
