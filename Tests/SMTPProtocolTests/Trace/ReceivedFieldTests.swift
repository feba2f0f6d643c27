import MailFormat
import SMTPProtocol
import Testing

@Suite struct `Received field` {
    private func field(
        _ transmission: ReceivedField.Transmission,
        name: String = "client.example.org",
        address: String = "192.0.2.1"
    ) -> String {
        var bytes: [UInt8] = []
        ReceivedField(
            clientName: name,
            clientAddress: address,
            hostname: "mx.example.net",
            transmission: transmission,
            id: "0123",
            date: Timestamp(seconds: 1_767_225_600)
        ).append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a field of RFC 5321 §4.4`() {
        #expect(
            field(.extended)
                == "Received: from client.example.org ([192.0.2.1])\r\n\tby mx.example.net with ESMTP id 0123;\r\n"
                + "\tThu, 1 Jan 2026 00:00:00 +0000\r\n"
        )
    }

    @Test(
        arguments: [
            ([], "SMTP"), (.extended, "ESMTP"), ([.extended, .encrypted], "ESMTPS"),
            ([.extended, .authenticated], "ESMTPA"), ([.extended, .encrypted, .authenticated], "ESMTPSA"),
            ([.extended, .internationalized], "UTF8SMTP"), ([.extended, .internationalized, .encrypted], "UTF8SMTPS"),
            ([.extended, .internationalized, .authenticated], "UTF8SMTPA"),
            ([.extended, .internationalized, .encrypted, .authenticated], "UTF8SMTPSA"),
        ] as [(ReceivedField.Transmission, String)]
    )
    func `the keyword of RFC 3848 and RFC 6531 §4.3`(transmission: ReceivedField.Transmission, keyword: String) {
        #expect(field(transmission).contains(" with \(keyword) id "))
    }

    @Test func `IPv6 addresses are address literals, unknown clients have a name`() {
        #expect(field(.extended, address: "2001:db8::1").contains(" ([IPv6:2001:db8::1])\r\n"))
        #expect(field([], name: "", address: "").hasPrefix("Received: from unknown\r\n"))
    }

    @Test func `a client cannot write a field of its own into ours`() {
        #expect(field(.extended, name: "a\r\nX: y").hasPrefix("Received: from a??X:?y ("))
        #expect(field(.extended, name: "a (b)").hasPrefix("Received: from a??b? ("))
        #expect(field(.extended, name: "bücher.example").hasPrefix("Received: from b??cher.example ("))
        #expect(field([.extended, .internationalized], name: "bücher.example").hasPrefix("Received: from bücher."))
    }
}
