import Configuration
import Foundation
import NIOCore
import NIOSSL
import Relay
import SMTPProtocol
import SMTPTransport
import Testing

@testable import martlet

/// SIGHUP as `serve` carries it out, from the text of the file to what clients see.
@Suite(.timeLimit(.minutes(2))) struct `A service that reads its file again` {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("service-\(UUID().uuidString)")
        .path

    private func document(
        _ text: String,
        limits: String = "{}",
        denied: String = "[]",
        listener: String = "mx: {address: 127.0.0.1, port: 0}"
    ) throws -> ConfigurationDocument {
        try YAMLReader.read(
            """
            store: "sqlite:\(folder)/queue"
            spool: "\(folder)/spool"
            accounts: "\(folder)/accounts"
            control: "\(folder)/control"
            log: {file: "\(folder)/log"}
            listeners:
              \(listener)
            policy: {trusted_networks: [], denied_networks: \(denied), limits: \(limits)}

            """ + text,
            place: "f"
        )
    }

    private var log: String {
        String(decoding: FileManager.default.contents(atPath: "\(folder)/log") ?? Data(), as: UTF8.self)
    }

    private func with(_ text: String, _ body: (Service, SocketAddress) async throws -> Void) async throws {
        try await with(body) { try document(text) }
    }

    private func with(
        _ body: (Service, SocketAddress) async throws -> Void,
        document: () throws -> ConfigurationDocument
    ) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let service = try Service(Settings(try document()))
        let address = try #require(try await service.start().first?.address)
        try await body(service, address)
        await service.stop(within: .seconds(5))
    }

    private func verdict(at address: SocketAddress, on recipient: String) async throws -> String {
        let client = try await TestClient(to: address)
        #expect(client.greeting.hasPrefix("220 first.test "))
        _ = try await client.say("HELO client.example.org")
        _ = try await client.say("MAIL FROM:<a@example.org>")
        let reply = try await client.say("RCPT TO:<\(recipient)>")
        try await client.quit()
        return String(reply.prefix(9))
    }

    @Test func `Domains are taken over, the hostname waits for a restart and is warned about once`() async throws {
        try await with("hostname: first.test\n") { service, address in
            #expect(try await verdict(at: address, on: "u@new.test") == "550 5.7.1")
            try service.reload(try document("hostname: second.test\ndomains:\n  new.test: {kind: relay}\n"))
            #expect(try await verdict(at: address, on: "u@new.test") == "250 2.1.5")
            let warnings = log.split(separator: "\n").filter { $0.contains(#""event":"configuration.needs-restart""#) }
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains(#""key":"hostname""#) == true)
            #expect(log.contains(#""event":"configuration.reloaded""#))
        }
    }

    @Test func `Limits of connections are taken over`() async throws {
        try await with("hostname: first.test\n") { service, address in
            try service.reload(try document("hostname: first.test\n", limits: "{connections_per_address: 1}"))
            let first = try await TestClient(to: address)
            let second = try await TestClient(to: address)
            #expect(second.greeting.hasPrefix("421 4.7.0"))
            try await first.quit()
        }
    }

    @Test func `A network that is denied reaches the postmaster alone, in a session that is open too`() async throws {
        let ours = "hostname: first.test\ndomains:\n  ours.test: {kind: relay}\n"
        try await with(ours) { service, address in
            let client = try await TestClient(to: address)
            _ = try await client.say("HELO client.example.org")
            _ = try await client.say("MAIL FROM:<a@example.org>")
            #expect(try await client.say("RCPT TO:<u@ours.test>").hasPrefix("250 2.1.5 "))
            try service.reload(try document(ours, limits: "{connections_per_address: 1}", denied: "[127.0.0.0/8]"))
            #expect(try await client.say("RCPT TO:<v@ours.test>").hasPrefix("550 5.7.1 "))
            #expect(try await client.say("RCPT TO:<postmaster@foreign.test>").hasPrefix("550 5.7.1 "))
            #expect(try await client.say("RCPT TO:<abuse@ours.test>").hasPrefix("250 2.1.5 "))
            let second = try await TestClient(to: address)
            #expect(second.greeting.hasPrefix("421 4.7.0 "), "what one client may use is limited all the same")
            try await client.quit()
        }
    }

    @Test func `Submission turns a denied network away in its greeting`() async throws {
        let text = "hostname: first.test\ntls: {certificate: \(folder)/certificate.pem, key: \(folder)/key.pem}\n"
        let listener = "users: {address: 127.0.0.1, port: 0, tls: starttls, role: submission}"
        try await with({ service, address in
            let before = try await TestClient(to: address)
            #expect(before.greeting.hasPrefix("220 first.test "))
            try await before.quit()
            try service.reload(try document(text, denied: "[127.0.0.0/8]", listener: listener))
            let after = try await TestClient(to: address)
            #expect(after.greeting.hasPrefix("554 5.7.1 "))
            #expect(try await after.say("EHLO client.example.org").hasPrefix("503 5.5.1 "))
            try await after.quit()
        }) {
            try makeCertificate()
            return try document(text, listener: listener)
        }
    }

    @Test func `A Sender field is for submission, and only where the file asks for it`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try makeCertificate()
        let tls = "tls: {certificate: \(folder)/certificate.pem, key: \(folder)/key.pem}\n"
        func addsSender(_ listener: String) throws -> Bool? {
            let plans = try Settings(try document(tls, listener: listener)).listeners(RelayClock())
            return plans.first?.settings.configuration.addsSender
        }
        #expect(try addsSender("users: {tls: starttls, role: submission}") == false)
        #expect(try addsSender("users: {tls: starttls, role: submission, add_sender: true}") == true)
        #expect(try addsSender("mx: {role: mx}") == false)
        let problem = #expect(throws: Settings.Problem.self) { try addsSender("mx: {role: mx, add_sender: true}") }
        #expect(problem?.description.contains("listeners.mx.add_sender") == true)
    }

    @Test func `A file with a mistake changes nothing, not even what is right in it`() async throws {
        try await with("hostname: first.test\n") { service, address in
            let wrong =
                "hostname: first.test\ndomains:\n  new.test: {kind: relay}\ndelivery: {retry: {first: 9h, most: 1h}}\n"
            let problem = #expect(throws: Settings.Problem.self) { try service.reload(try document(wrong)) }
            #expect(problem?.description.contains("delivery.retry.most") == true)
            let refusal = try await verdict(at: address, on: "u@new.test")
            #expect(refusal == "550 5.7.1")
        }
    }

    /// Makes a certificate in the folder, where the file says that it is.
    private func makeCertificate() throws {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=first.test", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        #expect(openssl.terminationStatus == 0)
    }

    @Test func `A new certificate is shown to new clients, who may log in as before`() async throws {
        let text = "hostname: first.test\ntls: {certificate: \(folder)/certificate.pem, key: \(folder)/key.pem}\n"
        let listener = "users: {address: 127.0.0.1, port: 0, tls: implicit, role: submission}"
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.certificateVerification = .noHostnameVerification
        let tls = try NIOSSLContext(configuration: trusting)
        func facts(_ address: SocketAddress) async throws -> (certificate: NIOSSLCertificate?, offers: [String]) {
            let client = try await TestClient(to: address, tls: tls)
            defer { client.close() }
            return (client.certificate, try await client.ask("EHLO client.example.org"))
        }
        try await with({ service, address in
            let before = try await facts(address)
            let old = try NIOSSLCertificate.fromPEMFile("\(folder)/certificate.pem").first
            #expect(before.certificate == old)
            #expect(before.offers.contains { $0.contains("AUTH SCRAM-SHA-256 PLAIN LOGIN") })
            try makeCertificate()
            try service.reload(try document(text, listener: listener))
            let after = try await facts(address)
            #expect(after.certificate != old)
            let new = try NIOSSLCertificate.fromPEMFile("\(folder)/certificate.pem").first
            #expect(after.certificate == new)
            #expect(after.offers == before.offers)
        }) {
            try makeCertificate()
            return try document(text, listener: listener)
        }
    }

    @Test func `The log is opened anew, in the form that the file says`() async throws {
        try await with("hostname: first.test\n") { service, _ in
            try FileManager.default.moveItem(atPath: "\(folder)/log", toPath: "\(folder)/log.1")
            try service.reload(try document("hostname: first.test\n"))
            #expect(log.contains(#""event":"configuration.reloaded""#))
        }
    }

    @Test func `A forward that leads nowhere is warned about, a route may not be called local`() async throws {
        let forwards =
            "hostname: first.test\ndomains:\n  a.test: {kind: local, forwards: {x: [y@a.test], y: [x@a.test]}}\n"
        try await with(forwards) { service, address in
            service.log.flush()
            #expect(log.components(separatedBy: "leads back to itself").count == 3)
            let refusal = try await verdict(at: address, on: "x@a.test")
            #expect(refusal == "554 5.4.6")
            let route = "hostname: first.test\nroutes:\n  local: {domains: [b.test], host: 192.0.2.1}\n"
            #expect(throws: Settings.Problem.self) { try service.reload(try document(route)) }
        }
    }
}
