import Delivery
import MailFormat
import Relay
import Testing

@Suite struct `Conversion of content` {
    /// Content as from a file: it comes in pieces, and may fail.
    private final class FiledContent: MessageContent {
        let bytes: [UInt8]
        let byteCount: Int
        let isResident = false

        init(_ bytes: [UInt8], byteCount: Int? = nil) {
            self.bytes = bytes
            self.byteCount = byteCount ?? bytes.count
        }

        func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
            let end = min(range.upperBound, range.lowerBound + 1000, bytes.count)
            guard range.lowerBound < end else { throw ContentError(code: .damaged) }
            let part = bytes[range.lowerBound..<end]
            body(part.span)
        }
    }

    private static let mail = Array(
        ("MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            + String(repeating: "un café bien noir\r\n", count: 200)).utf8
    )
    private static let expected = Array(
        ("MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + String(repeating: "un caf=C3=A9 bien noir\r\n", count: 200)).utf8
    )

    private static func octets(of content: any MessageContent) throws -> [UInt8] {
        var octets: [UInt8] = []
        try content.withBytes(in: 0..<content.byteCount) { for index in $0.indices { octets.append($0[index]) } }
        return octets
    }

    @Test(arguments: [true, false])
    func `Content in memory and content in a file are converted alike, and give their memory back`(
        isResident: Bool
    ) throws {
        let budget = ContentBudget(limit: 1 << 20)
        let content: any MessageContent = isResident ? ResidentContent(Self.mail) : FiledContent(Self.mail)
        do {
            let converted = try ContentConversion.run(content, within: budget)
            #expect(try Self.octets(of: converted) == Self.expected)
            #expect(converted.isChanged)
            #expect(!converted.breaksDKIM)
            #expect(budget.inUse == converted.byteCount)
        }
        #expect(budget.inUse == 0)
    }

    @Test func `A broken DKIM signature is told of`() throws {
        let budget = ContentBudget(limit: 1 << 20)
        let content = ResidentContent(Array("DKIM-Signature: v=1\r\n".utf8) + Self.mail)
        #expect(try ContentConversion.run(content, within: budget).breaksDKIM)
        let plain = ResidentContent(Array("DKIM-Signature: v=1\r\n\r\nplain\r\n".utf8))
        #expect(try !ContentConversion.run(plain, within: budget).breaksDKIM)
    }

    @Test func `What is refused is told with its reason, and costs nothing`() {
        let budget = ContentBudget(limit: 1 << 20)
        let content = ResidentContent(Array("Subject: é\r\n\r\nx\r\n".utf8))
        let error = #expect(throws: ConversionObstacle.self) { try ContentConversion.run(content, within: budget) }
        guard case .refused(let refusal)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.code == .eightBitHeader)
        #expect(budget.inUse == 0)
    }

    @Test func `Short memory is for now, too little of it for ever`() {
        let budget = ContentBudget(limit: 200 << 10)
        #expect(budget.reserve(150 << 10))
        #expect(throws: ConversionObstacle.memoryShort) {
            try ContentConversion.run(ResidentContent(Self.mail), within: budget)
        }
        budget.release(150 << 10)
        #expect(throws: Never.self) { try ContentConversion.run(ResidentContent(Self.mail), within: budget) }
        let small = ContentBudget(limit: 100 << 10)
        #expect(throws: ConversionObstacle.tooLarge) {
            try ContentConversion.run(ResidentContent(Self.mail), within: small)
        }
        #expect(small.inUse == 0)
    }

    @Test func `Content beyond the bound is not even read`() {
        let budget = ContentBudget(limit: 1 << 30)
        let content = FiledContent([], byteCount: ContentConversion.mostOctets + 1)
        #expect(throws: ConversionObstacle.tooLarge) { try ContentConversion.run(content, within: budget) }
    }

    @Test func `Content that is shorter than recorded is damaged`() {
        let budget = ContentBudget(limit: 1 << 20)
        let content = FiledContent(Self.mail, byteCount: Self.mail.count + 1)
        #expect(throws: ConversionObstacle.unreadable(ContentError(code: .damaged))) {
            try ContentConversion.run(content, within: budget)
        }
        #expect(budget.inUse == 0)
    }
}
