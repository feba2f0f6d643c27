@testable import MailFormat
import Testing

@Suite
struct MailboxSplitterTests {
    private static let line = "From MAILER-DAEMON Mon Jan  5 10:00:05 2026\n"

    /// The mails of a mailbox that comes in pieces of a size.
    private static func mails(_ mailbox: String, chunk: Int) -> [String] {
        let bytes = Array(mailbox.utf8)
        var splitter = MailboxSplitter()
        var mails: [[UInt8]] = [[]]
        func take(_ piece: MailboxSplitter.Piece, _ chunk: [UInt8]) {
            switch piece {
            case .bytes(let range): mails[mails.count - 1] += chunk[range]
            case .kept(let kept): mails[mails.count - 1] += kept
            case .next: mails.append([])
            }
        }
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let piece = Array(bytes[start..<min(start + chunk, bytes.count)])
            splitter.split(piece) { take($0, piece) }
        }
        splitter.finish { take($0, []) }
        return mails.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func check(_ mails: [String]) {
        let mailbox = mails.joined()
        for chunk in [1, 2, 3, 5, 7, 64, 511, 512, 513, 1 << 16] {
            #expect(Self.mails(mailbox, chunk: chunk) == mails, "in pieces of \(chunk)")
        }
    }

    @Test
    func `each From line behind an empty line begins a mail`() {
        Self.check([Self.line + "A: b\n\none\n\n", Self.line + "A: b\n\ntwo\n\n", Self.line + "A: b\n\nthree"])
    }

    @Test
    func `line ends may be CRLF`() {
        let mail = (Self.line + "A: b\n\nbody\n\n").replacing("\n", with: "\r\n")
        Self.check([mail, mail, mail])
    }

    @Test
    func `what stands before the first From line is a mail of its own`() {
        Self.check(["A: b\n\nbody\n\n", Self.line + "A: b\n\nbody\n"])
    }

    @Test(arguments: [
        "From here on nothing is a date.\n", "From MAILER-DAEMON\n", "From a:b c\n",
        ">From a Mon Jan  5 10:00:05 2026\n",
        "From: a@b 10:00:05\n", "Fro", "From ",
    ])
    func `a sentence is no mail`(_ sentence: String) {
        Self.check([Self.line + "A: b\n\n\(sentence)"])
    }

    @Test
    func `a From line behind another line is text`() {
        Self.check([Self.line + "A: b\n\nHe wrote\n" + Self.line + "and more\n"])
    }

    @Test
    func `a line without end begins no mail and is not kept`() {
        Self.check([Self.line + "A: b\n\nFrom " + String(repeating: "x", count: 100_000) + " 10:00:05\n"])
    }

    @Test
    func `empty lines before a From line belong to the mail before`() {
        Self.check([Self.line + "A: b\n\nbody\n\n\n\n", Self.line + "\n", Self.line])
    }

    @Test
    func `an empty mailbox has an empty mail`() { #expect(Self.mails("", chunk: 1) == [""]) }
}
