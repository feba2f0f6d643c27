import Foundation
import MailFormat
import Relay
import SMTPProtocol
import SMTPTransport
import StatusCodes
import Synchronization

/// What the simulator took, in a Maildir; the envelope is kept as header fields before the message.
final class TakenMail: Sendable {
    private let maildir: String
    private let count = Mutex(0)

    init(maildir: String) { self.maildir = maildir }

    /// Keeps a message; the reply to its final dot.
    func keep(_ message: ReceivedMessage) -> Reply {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let envelope = message.envelope
        var header = "Return-Path: <\(envelope.text(envelope.reversePath))>\r\n"
        for recipient in envelope.recipients { header += "X-Original-To: \(envelope.text(recipient.address))\r\n" }
        let name = "\(Moment.now.milliseconds).P\(ProcessInfo.processInfo.processIdentifier)Q\(number).simulator"
        do throws(Maildir.Failure) {
            try Maildir(path: maildir).deliver(name: name, header: Array(header.utf8), content: message.content)
            return Reply(.queued, "simulated delivery")
        } catch {
            Standard.error("the simulator cannot keep a message: \(error.detail)")
            return Reply(.localError)
        }
    }
}
