import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import StoreSQLite
import Testing

/// Reports for senders whose host does not offer 8BITMIME (`docs/design/rulings.md` §5, Reports in 7 bits).
@Suite(.timeLimit(.minutes(2))) struct `Reports to hosts that take 7 bits only` {
    private static let text =
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "un café bien noir\r\n"
    private static let signed =
        "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\ncafé\r\n"
        + "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n"

    /// What became of a report.
    private struct Arrival {
        let content: [UInt8]
        /// The types of its parts, depth first.
        let types: [String]
        /// What its part for people says.
        let words: String
        /// What its last leaf says.
        let last: String
    }

    /// Has a message refused for good, and gives what the host of its sender got.
    private func report(_ text: String, returned: Return?, language: String = "ja") async throws -> Arrival {
        let refusing = try await NarrowHost.start(offering: ["8BITMIME"]) { command in
            command.hasPrefix("RCPT") ? "550 5.1.1 nobody of that name" : nil
        }
        let narrow = try await NarrowHost.start()
        var arrival: Arrival?
        try await withTestRelay {
            $0.language = language
            $0.routes["refusing"] = .loopback("refusing", port: Int(refusing.port))
            $0.routes["narrow"] = .loopback("narrow", port: Int(narrow.port))
            $0.patterns = ["*": "refusing", "example.org": "narrow"]
        } _: { relay, _, _ in
            let reply = await relay.submit(
                from: "a@example.org",
                to: ["b@example.net"],
                text,
                id: 1 << 21,
                body: .eightBitMIME,
                returned: returned
            )
            #expect(reply.condition == .queued)
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
            #expect(narrow.messages.count == 1)
            let message = try #require(narrow.messages.first)
            #expect(message.mail.hasPrefix("MAIL FROM:<>") && !message.mail.contains("BODY"))
            arrival = try read(message.content)
        }
        try await refusing.stop()
        try await narrow.stop()
        return try #require(arrival)
    }

    private func read(_ content: [UInt8]) throws -> Arrival {
        let parts = MIMEStructure(content.span).parts
        func words(_ part: MIMEPart) -> String {
            var decoded: [UInt8] = []
            #expect(part.encoding.decode(content.span, part.body, limit: 1 << 20, to: &decoded))
            return String(decoding: decoded, as: UTF8.self)
        }
        let human = try #require(parts.first { $0.contentType.isType("text", "plain") })
        let last = try #require(parts.last)
        return Arrival(
            content: content,
            types: parts.map { "\($0.contentType.type)/\($0.contentType.subtype)" },
            words: words(human),
            last: words(last)
        )
    }

    private static let head = ["multipart/report", "text/plain", "message/delivery-status"]

    @Test func `Words in Japanese arrive encoded, with the header`() async throws {
        let arrival = try await report("Subject: x\r\n\r\nbody\r\n", returned: nil)
        #expect(arrival.content.allSatisfy { $0 < 0x80 })
        #expect(arrival.types == Self.head + ["text/rfc822-headers"])
        #expect(arrival.words.contains("メール"))
        #expect(arrival.last == "Subject: x\r\n")
    }

    @Test func `A header with raw octets above 127 is given back whole`() async throws {
        let arrival = try await report("Subject: café\r\n\r\nbody\r\n", returned: .headers)
        #expect(arrival.content.allSatisfy { $0 < 0x80 })
        #expect(arrival.types == Self.head + ["text/rfc822-headers"])
        #expect(arrival.words.contains("メール"))
        #expect(arrival.last == "Subject: café\r\n")
    }

    @Test func `A whole message is given back, converted part by part`() async throws {
        let arrival = try await report(Self.text, returned: .full)
        #expect(arrival.content.allSatisfy { $0 < 0x80 })
        #expect(arrival.types == Self.head + ["message/rfc822", "text/plain"])
        #expect(arrival.words.contains("メール"))
        #expect(arrival.last.hasPrefix("un café bien noir"))
    }

    @Test(arguments: [signed, "Subject: café\r\n\r\nnoir comme le café\r\n"])
    func `What cannot be converted costs the sender the body and never the report`(text: String) async throws {
        let arrival = try await report(text, returned: .full)
        #expect(arrival.content.allSatisfy { $0 < 0x80 })
        #expect(arrival.types == Self.head + ["text/rfc822-headers"])
        #expect(arrival.words.contains("メール"))
    }
}
