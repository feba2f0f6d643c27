import MailFormat

/// Reads the bytes by each rule of the grammar, with and without UTF-8.
func fuzzAddresses(_ bytes: [UInt8]) {
    for characters in [AddressCharacters.ascii, .utf8] {
        let grammar = AddressGrammar(characters)
        checkPosition(bytes) { position throws(AddressError) in
            _ = try grammar.reversePath(bytes.span, at: &position)
        }
        checkPosition(bytes) { position throws(AddressError) in
            _ = try grammar.forwardPath(bytes.span, at: &position)
        }
        checkPosition(bytes) { position throws(AddressError) in
            _ = try grammar.mailbox(bytes.span, at: &position)
        }
        if let end = try? grammar.domainName(bytes.span, from: 0) {
            mustHold(end > 0 && end <= bytes.count, "a domain ends inside the bytes")
        }
        if let mailbox = try? grammar.wholeMailbox(bytes.span) {
            mustHold(mailbox.domain.end <= bytes.count, "a mailbox lies inside the bytes")
        }
    }
}

/// On success the position moves forward and stays inside; on failure it does not move.
private func checkPosition(_ bytes: [UInt8], _ parse: (inout Int) throws(AddressError) -> Void) {
    var position = 0
    do {
        try parse(&position)
        mustHold(position > 0 && position <= bytes.count, "a parser takes something, and no more than there is")
    } catch {
        mustHold(position == 0, "a parser that fails takes nothing")
    }
}
