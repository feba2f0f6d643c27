import StatusCodes
import Testing

@Suite struct EnhancedStatusCodeTests {
    @Test(arguments: ["2.0.0", "4.7.1", "5.1.10", "5.7.999", "5.999.999", "4.10.10"])
    func `well-formed codes come back as they were written`(text: String) throws {
        #expect(try #require(EnhancedStatusCode(text)).description == text)
    }

    @Test(arguments: [
        "", "5", "5.", "5.1", "5.1.", "5..1", "1.1.1", "3.1.1", "6.1.1", "5.01.1", "5.1.01", "5.1.00", "5.1.1000",
        "5.1000.1", "5.1.1 ", " 5.1.1", "5.1.1.1", "5.1.x", "x.1.1", "5,1,1", "55.1.1", "5.1.1a",
    ])
    func `malformed codes are refused`(text: String) {
        #expect(EnhancedStatusCode(text) == nil)
    }

    @Test func `zero is a number and no leading zero`() {
        #expect(EnhancedStatusCode("5.0.0") == EnhancedStatusCode(.permanentFailure, 0, 0))
    }

    @Test func `every code of three numbers survives print and parse`() {
        for statusClass in StatusClass.allCases {
            for number: UInt16 in [0, 1, 9, 10, 42, 99, 100, 999] {
                let code = EnhancedStatusCode(statusClass, number, 999 - number)
                #expect(EnhancedStatusCode(code.description) == code)
            }
        }
    }

    @Test func `a status is matched by name whatever its class, and by subject`() {
        func name(_ code: EnhancedStatusCode) -> String {
            switch code {
            case .recipientAddressHasNullMX: "null MX"
            case StatusSubject.addressing: "addressing"
            case StatusSubject.content: "content"
            default: "other"
            }
        }
        #expect(name(EnhancedStatusCode(.permanentFailure, 1, 10)) == "null MX")
        #expect(name(EnhancedStatusCode(.persistentTransientFailure, 1, 10)) == "null MX")
        #expect(name(EnhancedStatusCode(.permanentFailure, 1, 77)) == "addressing")
        #expect(name(EnhancedStatusCode(.success, 6, 0)) == "content")
        #expect(name(EnhancedStatusCode(.permanentFailure, 7, 1)) == "other")
    }

    @Test func `codes are ordered by class, subject, detail`() {
        let codes = ["5.1.10", "4.7.1", "5.1.2", "2.0.0"].compactMap { EnhancedStatusCode($0) }
        #expect(codes.sorted().map(\.description) == ["2.0.0", "4.7.1", "5.1.2", "5.1.10"])
    }

    @Test func `reply codes are three digits between 200 and 599`() {
        #expect(ReplyCode(199) == nil)
        #expect(ReplyCode(600) == nil)
        #expect(parsed("250")?.rawValue == 250)
        #expect(parsed("2500") == nil)
        #expect(parsed("25") == nil)
        #expect(parsed("2x0") == nil)
        #expect(parsed("199") == nil)
        #expect(ReplyCode(354)?.statusClass == nil)
        #expect(ReplyCode(451)?.statusClass == .persistentTransientFailure)
    }

    private func parsed(_ text: String) -> ReplyCode? {
        let utf8 = text.utf8
        return ReplyCode(parsing: utf8.span)
    }
}
