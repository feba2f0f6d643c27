import BounceAnalysis
import Foundation
import MailFormat
import SMTPTransport

/// A mail that somebody else received, handed in as a late report: by a command, or found in a mailbox.
package enum HandedInReport {
    /// Reports that are larger than this are not taken: no system returns more than it was sent.
    package static let mostOctets = 64 << 20

    /// The message for the service's address for reports that name their message in their content.
    ///
    /// Its key is its content, however its lines ended: handed in again within a day, by whatever way, it is the same one.
    ///
    /// - Parameters:
    ///   - mail: the mail as it lay there, also behind the line that begins it in an mbox.
    ///   - address: where reports go that are handed in.
    /// - Returns: What the queue takes.
    package static func message(_ mail: [UInt8], to address: String) -> ControlRequest.Message {
        let content = withLineEnds(mail)
        var message = ControlRequest.Message(sender: "", recipients: [address], content: Data(content))
        let digest = CryptoPrimitives().sha256(content)
        message.key = "intake " + digest.map { String($0, radix: 16) }.joined(separator: ".")
        return message
    }

    /// Whether a mail in a mailbox is taken out of it unasked.
    ///
    /// What people write stays for people, and so does what their programs write in their name.
    static func isTaken(_ kind: MailAnalysis.Kind) -> Bool {
        switch kind {
        case .bounce, .feedback, .delay, .delivered, .relayed, .expanded: true
        case .autoReply, .receipt, .notAReport: false
        }
    }

    /// The lines of a mail, each with CRLF, without the line that begins it in an mbox.
    private static func withLineEnds(_ mail: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(mail.count + mail.count / 32)
        let first = ByteScan.lineFeed(mail.span, from: 0)
        let start = MailboxSplitter.isSeparator(mail.span.extracting(..<first)) ? min(first + 1, mail.endIndex) : 0
        for byte in mail[start...] {
            if byte == ASCII.lineFeed, bytes.last != ASCII.carriageReturn { bytes.append(ASCII.carriageReturn) }
            bytes.append(byte)
        }
        if bytes.last != ASCII.lineFeed { bytes += [ASCII.carriageReturn, ASCII.lineFeed] }
        return bytes
    }
}
