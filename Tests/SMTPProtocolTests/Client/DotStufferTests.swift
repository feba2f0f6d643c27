import SMTPProtocol
import SMTPTesting
import Testing

@Suite("Content for DATA and BDAT")
struct DotStufferTests {
    /// The wire form of content that comes in chunks of these lengths (the last one repeated); nil: refused.
    private static func stuffed(_ content: [UInt8], chunks: [Int]) -> [UInt8]? {
        var stuffer = DotStuffer()
        var result: [UInt8] = []
        var rest = content[...]
        var turn = 0
        while !rest.isEmpty {
            let chunk = Array(rest.prefix(chunks[min(turn, chunks.count - 1)]))
            turn += 1
            rest = rest.dropFirst(chunk.count)
            var start = 0
            while start < chunk.count {
                guard case .run(let end, let thenDot) = stuffer.next(in: chunk.span, from: start) else { return nil }
                result += chunk[start..<end]
                if thenDot { result.append(UInt8(ascii: ".")) }
                start = end
            }
        }
        guard let terminator = stuffer.terminator else { return nil }
        return result + terminator.description.utf8
    }

    /// The same, by the words of RFC 5321 §4.5.2.
    private static func reference(_ content: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var atLineStart = true
        var index = 0
        while index < content.count {
            switch content[index] {
            case 0x0D:
                guard index + 1 < content.count, content[index + 1] == 0x0A else { return nil }
                result += [0x0D, 0x0A]
                index += 2
                atLineStart = true
                continue
            case 0x0A: return nil
            case UInt8(ascii: ".") where atLineStart: result += Array("..".utf8)
            default: result.append(content[index])
            }
            atLineStart = false
            index += 1
        }
        return result + Array((atLineStart ? ".\r\n" : "\r\n.\r\n").utf8)
    }

    @Test(arguments: [
        ("", ".\r\n"),
        ("a", "a\r\n.\r\n"),
        (".", "..\r\n.\r\n"),
        ("..", "...\r\n.\r\n"),
        (".\r\n", "..\r\n.\r\n"),
        ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
        ("a.b\r\n", "a.b\r\n.\r\n"),
        ("\r\n\r\n.", "\r\n\r\n..\r\n.\r\n"),
    ])
    func `dots at the start of a line are doubled and the end is marked`(_ content: String, _ wire: String) {
        for size in 1...4 {
            #expect(Self.stuffed(Array(content.utf8), chunks: [size]) == Array(wire.utf8), "chunks of \(size)")
        }
    }

    @Test(arguments: ["a\nb", "\n", "a\n.\nb\r\n", "a\rb", "\r", "a\r\r\n", "a\r\n.\r", "x\r\n\n.\r\n"])
    func `a bare CR or LF never leaves by DATA, however it is cut`(_ content: String) {
        for size in 1...5 {
            #expect(Self.stuffed(Array(content.utf8), chunks: [size]) == nil, "chunks of \(size)")
        }
    }

    @Test(arguments: 1...200)
    func `random content in random chunks is what the RFC says`(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let pieces = ["\r\n", ".", "..", "abcdefghijklmnopqrstuvwxyz", "\r\n.", "x", seed % 4 == 0 ? "\n" : "y"]
        var content: [UInt8] = []
        for _ in 0..<Int(random.next() % 60) { content += pieces[Int(random.next() % 7)].utf8 }
        let chunks = (0..<20).map { _ in 1 + Int(random.next() % 40) }
        #expect(Self.stuffed(content, chunks: chunks) == Self.reference(content))
        var guardian = LineEndGuard()
        var rest = content[...]
        var isPermitted = true
        for size in chunks + [content.count + 1] where !rest.isEmpty {
            let chunk = Array(rest.prefix(size))
            isPermitted = guardian.permits(chunk.span) && isPermitted
            rest = rest.dropFirst(size)
        }
        #expect((isPermitted && guardian.permitsEnd) == (Self.reference(content) != nil))
    }
}
