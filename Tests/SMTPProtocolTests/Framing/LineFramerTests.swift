import SMTPProtocol
import Testing

@Suite struct `Line framer` {
    private func frame(_ text: String, limit: Int = 20) -> LineFramer.Frame {
        var framer = LineFramer()
        return framer.next(Array(text.utf8).span, limit: limit)
    }

    @Test func `CRLF ends a line`() {
        #expect(frame("NOOP\r\nRSET\r\n") == .line(length: 4))
        #expect(frame("\r\n") == .line(length: 0))
    }

    @Test(arguments: ["NOOP\n", "NOOP\rX", "NOOP\r\r\n", "\n", "\rX"])
    func `a CR or LF that stands alone is told`(text: String) { #expect(frame(text) == .bareNewline) }

    @Test(arguments: ["", "NOOP", "NOOP\r", "\r"])
    func `an unfinished line stays with the caller`(text: String) { #expect(frame(text) == .unfinished(used: 0)) }

    @Test func `the limit counts CRLF`() {
        #expect(frame(String(repeating: "x", count: 18) + "\r\n") == .line(length: 18))
        #expect(frame(String(repeating: "x", count: 19) + "\r\n") == .tooLong(used: 21))
        #expect(frame(String(repeating: "x", count: 18)) == .unfinished(used: 0))
        #expect(frame(String(repeating: "x", count: 19)) == .unfinished(used: 19))
    }

    @Test func `an overlong line is passed over in pieces and told once, at its end`() {
        var framer = LineFramer()
        var rest: [UInt8] = []
        var told: [LineFramer.Frame] = []
        for byte in Array((String(repeating: "x", count: 100) + "\r\nNOOP\r\n").utf8) {
            rest.append(byte)
            switch framer.next(rest.span, limit: 20) {
            case .unfinished(let used): rest.removeFirst(used)
            case .tooLong(let used):
                told.append(.tooLong(used: 0))
                rest.removeFirst(used)
            case .line(let length):
                told.append(.line(length: length))
                rest.removeFirst(length + 2)
            case .bareNewline: Issue.record("there is none")
            }
            #expect(rest.count <= 20)
        }
        #expect(told == [.tooLong(used: 0), .line(length: 4)])
        #expect(framer.droppedCount == 0)
    }

    @Test func `a bare LF in an overlong line is told`() {
        var framer = LineFramer()
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 50)
        #expect(framer.next(long.span, limit: 20) == .unfinished(used: 50))
        #expect(framer.droppedCount == 50)
        #expect(framer.next(Array("yy\nzz".utf8).span, limit: 20) == .bareNewline)
    }
}
