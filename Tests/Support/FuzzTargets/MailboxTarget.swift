import MailFormat

/// Takes the input apart as an mbox, whole and in pieces.
func fuzzMailbox(_ input: [UInt8]) {
    var cut = FuzzPieces(input)
    let bytes = cut.payload
    let whole = mails(in: [bytes])
    mustHold(mails(in: cut.pieces()) == whole, "an mbox in pieces has the same mails")
    mustHold(Array(whole.joined()) == bytes, "every octet belongs to one mail")
    for mail in whole.dropFirst() { mustHold(mail.span.matches("from ", at: 0), "a mail begins with its line") }
}

/// The mails of an mbox that comes in chunks.
private func mails(in chunks: [[UInt8]]) -> [[UInt8]] {
    var mails: [[UInt8]] = [[]]
    var splitter = MailboxSplitter()
    func take(_ piece: MailboxSplitter.Piece, _ chunk: [UInt8]) {
        switch piece {
        case .bytes(let range): mails[mails.count - 1] += chunk[range]
        case .kept(let bytes): mails[mails.count - 1] += bytes
        case .next: mails.append([])
        }
    }
    for chunk in chunks { splitter.split(chunk) { take($0, chunk) } }
    splitter.finish { take($0, []) }
    return mails
}
