import Delivery
import Foundation
import MailFormat
import SMTPProtocol
import Testing

@testable import Relay

@Suite struct `Idempotency scanner` {
    private struct Result: Equatable {
        var kept: String
        var found: IdempotencyScanner.Found?
    }

    /// Scans a text cut into parts of a size.
    private func scan(_ text: String, own: Int = 0, partSize: Int) -> Result {
        var scanner = IdempotencyScanner(ownOctets: own)
        var kept: [UInt8] = []
        let take: (Span<UInt8>) -> Void = { part in for index in part.indices { kept.append(part[index]) } }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: partSize) {
            let part = Array(bytes[start..<min(start + partSize, bytes.count)])
            scanner.pass(part.span, take)
        }
        let found = scanner.finish(take)
        return Result(kept: String(decoding: kept, as: UTF8.self), found: found)
    }

    private static let message = """
        Received: from c.example\r
        \tby mx.example.net;\r
        Message-ID: <1@example.org>\r
        Martlet-Idempotency-Key: k-1\r
        Mime-Version: 1.0\r
        \r
        Martlet-Idempotency-Key: in the body\r

        """
    private static let field = "Martlet-Idempotency-Key: k-1\r\n"
    private static let own = "Received: from c.example\r\n\tby mx.example.net;\r\n".utf8.count

    @Test func `The field is taken out and the rest stays, however it is cut`() throws {
        let whole = scan(Self.message, own: Self.own, partSize: .max)
        #expect(whole.kept == Self.message.replacingOccurrences(of: Self.field, with: ""))
        #expect(whole.found?.key == "k-1")
        #expect(whole.found?.digest.count == 32)
        for size in 1...Self.message.utf8.count {
            #expect(scan(Self.message, own: Self.own, partSize: size) == whole, "\(size)")
        }
    }

    @Test func `The digest is of what the client sent: our own octets and the field do not count, all else does`() {
        let whole = scan(Self.message, own: Self.own, partSize: 16)
        let other = "Received: from c.example\r\n\tby mx.example.net at another time;\r\n"
        let later = other + Self.message.dropFirst("Received: from c.example\r\n\tby mx.example.net;\r\n".count)
        #expect(scan(later, own: other.utf8.count, partSize: 16).found == whole.found)
        let changed = Self.message.replacingOccurrences(of: "in the body", with: "in the Body")
        #expect(scan(changed, own: Self.own, partSize: 16).found?.digest != whole.found?.digest)
        let renamed = Self.message.replacingOccurrences(of: "k-1", with: "k-2")
        #expect(scan(renamed, own: Self.own, partSize: 16).found?.digest == whole.found?.digest)
        #expect(scan(renamed, own: Self.own, partSize: 16).found?.key == "k-2")
    }

    @Test(arguments: [
        "martlet-idempotency-key:k\r\n\r\nx", "MARTLET-IDEMPOTENCY-KEY \t:\t k \r\n\r\nx",
        "Martlet-Idempotency-Key:\r\n k\r\n\r\nx", "A: b\r\nMartlet-Idempotency-Key: k",
    ])
    func `Case, blanks and folds do not matter`(text: String) {
        for size in [1, 2, 7, .max] {
            let result = scan(text, partSize: size)
            #expect(result.found?.key == "k")
            #expect(!result.kept.lowercased().contains("idempotency"))
        }
    }

    @Test(arguments: [
        "A: b\r\n\r\nMartlet-Idempotency-Key: k\r\n", "no field\r\nMartlet-Idempotency-Key: k\r\n\r\nx",
        "Martlet-Idempotency-Keys: k\r\n\r\nx", "Martlet-Idempotency: k\r\n\r\nx",
        "X-Martlet-Idempotency-Key: k\r\n\r\nx",
        "Martlet-Idempotency-Key: \r\n\r\nx", "A: b\r\n Martlet-Idempotency-Key: k\r\n\r\nx", "m", "", "martlet-idem",
        "\r\nMartlet-Idempotency-Key: k\r\n", ": \r\nMartlet-Idempotency-Key: k\r\n",
    ])
    func `What is no such field of the header stays`(text: String) {
        for size in [1, 3, .max] { #expect(scan(text, partSize: size) == Result(kept: text, found: nil)) }
    }

    @Test func `The first field counts, a second one is text like any other`() {
        let text = "Martlet-Idempotency-Key: a\r\nMartlet-Idempotency-Key: b\r\n\r\nx"
        let result = scan(text, partSize: 5)
        #expect(result.found?.key == "a")
        #expect(result.kept == "Martlet-Idempotency-Key: b\r\n\r\nx")
    }

    @Test func `A key has a largest length, and a field with it`() {
        func text(_ key: String) -> String { "Martlet-Idempotency-Key: \(key)\r\n\r\nx" }
        let longest = String(repeating: "k", count: IdempotencyField.longestKey)
        #expect(scan(text(longest), partSize: 10).found?.key == longest)
        for tooLong in [longest + "k", String(repeating: " ", count: IdempotencyField.longestField) + "k"] {
            for size in [1, 10, .max] {
                #expect(scan(text(tooLong), partSize: size) == Result(kept: text(tooLong), found: nil))
            }
        }
    }

    @Test func `Content in memory is read by the same rules, with the same digest`() throws {
        let envelope = Envelope(arena: Array("a@example.org".utf8), reversePath: ByteRange(0, 13), recipients: [])
        let message = ResidentContent(Array(Self.message.utf8))
        let clientBytes = Self.message.utf8.count - Self.own
        let field = try #require(IdempotencyField(envelope, message, clientBytes: clientBytes))
        let scanned = scan(Self.message, own: Self.own, partSize: 9)
        #expect(field.key == scanned.found?.key)
        #expect(String(decoding: field.content, as: UTF8.self) == scanned.kept)
        #expect(field.digest == scanned.found.map { IdempotencyField.digest(envelope, $0) })
        var other = envelope
        other.arena[0] = UInt8(ascii: "b")
        #expect(scanned.found.map { IdempotencyField.digest(other, $0) } != field.digest)
        let without = ResidentContent(Array("Subject: x\r\n\r\nMartlet-Idempotency-Key: k\r\n".utf8))
        #expect(IdempotencyField(envelope, without, clientBytes: without.byteCount) == nil)
    }
}
