import BounceAnalysis
import MailFormat

/// Puts the mails of an mbox together from the pieces of its splitter, and says which of them are reports.
struct MboxCollector {
    /// The whole mails so far.
    private(set) var mails: [MboxFile.Portion.Mail] = []
    private var position: Int
    private var start: Int
    private var current: [UInt8] = []
    private var isTooLarge = false
    private var octets = 0

    /// So many reports, or octets of them, are read before they are handed over.
    private static let (mostMails, mostOctets) = (64, 4 << 20)

    /// Begins at an offset.
    init(start: Int) { (position, self.start) = (start, start) }

    /// Whether there is enough: at least one whole mail.
    var isFull: Bool { !mails.isEmpty && (mails.count >= Self.mostMails || octets + current.count >= Self.mostOctets) }

    /// Takes a piece.
    mutating func take(_ piece: MailboxSplitter.Piece, _ chunk: [UInt8]) {
        switch piece {
        case .bytes(let range): add(chunk[range])
        case .kept(let bytes): add(bytes[...])
        case .next: endMail()
        }
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        position += bytes.count
        guard !isTooLarge else { return }
        isTooLarge = current.count + bytes.count > HandedInReport.mostOctets
        if isTooLarge { current = [] } else { current += bytes }
    }

    /// The current mail is whole.
    mutating func endMail() {
        guard position > start else { return }
        let isReport = !isTooLarge && HandedInReport.isTaken(MailAnalyzer.analyze(current.span).kind)
        mails.append(MboxFile.Portion.Mail(end: position, report: isReport ? current : nil, isTooLarge: isTooLarge))
        octets += isReport ? current.count : 0
        (start, current, isTooLarge) = (position, [], false)
    }
}
