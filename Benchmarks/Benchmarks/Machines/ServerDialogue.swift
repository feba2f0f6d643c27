import Benchmark
import SMTPProtocol
import StatusCodes

/// A session with a client that sends one message after another; the replies are rendered as on a connection.
struct ServerDialogue: ~Copyable {
    private var session: ServerSession
    private var replies: [UInt8] = []
    private let commands: [UInt8]
    private let content: [UInt8]
    private let queued = Reply(.queued)

    init() {
        session = ServerSession(
            configuration: ServerConfiguration(hostname: "mx.example.net", role: .mx),
            isEncrypted: false,
            at: .zero
        )
        commands = Array("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n".utf8)
        content = Replies.content(of: 4096) + Array(".\r\n".utf8)
        follow(session.open(refusal: nil, at: .zero))
        feed(Array("EHLO client.example.org\r\n".utf8))
    }

    mutating func transaction() {
        feed(commands)
        feed(content)
        blackHole(replies.count)
        replies.removeAll(keepingCapacity: true)
    }

    private mutating func feed(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let step = session.received(bytes.span.extracting(start..<bytes.count), at: .zero)
            start += step.used
            follow(step.action)
            if step.used == 0, case .read = step.action { return }
        }
    }

    private mutating func follow(_ first: ServerAction) {
        var next: ServerAction? = first
        while let action = next {
            switch action {
            case .reply(let reply):
                reply.render(into: &replies)
                next = nil
            case .judgeSender, .judgeRecipient: next = session.judged(.accepted, at: .zero)
            case .reserveContent: next = session.contentReserved(at: .zero)
            case .commit: next = session.committed(queued, at: .zero)
            case .read, .content, .dropContent, .replyAndDropContent, .replyAndClose, .close, .startTLS, .authenticate:
                next = nil
            }
        }
    }
}
