import MailFormat

// Addresses by which a recipient was reached, and what was tried for them.
extension TextReport {
    /// An alias belongs to the recipient before it; where none is, or a line between them begins something else, it is
    /// all that is known of one.
    mutating func takeAliases(_ notice: Notice) {
        var before = -1
        var line = 0
        for address in addresses where address.role == .alias {
            while before + 1 < recipients.count, recipients[before + 1].address.start < address.range.start {
                before += 1
                while line + 1 < notice.lines.count, notice.lines[line].end < Int32(recipients[before].address.start) {
                    line += 1
                }
            }
            if before >= 0, Self.isDetail(address.line, of: line, notice) {
                if recipients[before].alias == nil { recipients[before].alias = address.range }
            } else if recipients.isEmpty || (isNew(address, notice.text.span) && Self.beginsLine(address, notice)) {
                let start = Int(address.range.start)
                if let opening = Self.opening(above: address.line, notice) { openings.append(opening) }
                before += 1
                recipients.insert(TextRecipient(address: address.range, blocks: [start..<start]), at: before)
                line = address.line
                if role == .mentioned { role = .named }
            }
        }
    }

    /// Whether an alias is nobody that is known already; of many recipients nothing more is asked.
    private func isNew(_ alias: FoundAddress, _ text: Span<UInt8>) -> Bool {
        guard role == .head, recipients.count < Self.mostWithAliases else { return false }
        return recipients.allSatisfy { recipient in
            ![recipient.address, recipient.alias ?? recipient.address].contains {
                FoldedAddresses.isSame(text, $0, text, alias.range)
            }
        }
    }

    /// Programs that deliver on a machine of their own, and print such lists, have few recipients.
    private static let mostWithAliases = 64

    /// Whether a line belongs to one above that names a recipient: every line between stands deeper, as details do.
    private static func isDetail(_ line: Int, of recipient: Int, _ notice: Notice) -> Bool {
        guard line > recipient + 1 else { return true }
        guard line - recipient <= mostDetails else { return false }
        let indent = notice.lines[recipient].indent
        return notice.lines[recipient + 1..<line].allSatisfy { $0.isBlank || $0.indent > indent }
    }

    /// The line above that stands less deep than one: what its details belong to.
    private static func opening(above line: Int, _ notice: Notice) -> Int? {
        var above = line - 1
        while above >= 0, line - above <= mostDetails, !notice.lines[above].isBlank {
            if notice.lines[above].indent < notice.lines[line].indent { return above }
            above -= 1
        }
        return nil
    }

    /// Whether nothing but the words for an alias stands before it on its line, as below what was tried for it.
    private static func beginsLine(_ alias: FoundAddress, _ notice: Notice) -> Bool {
        let line = notice.lines[alias.line]
        let start =
            line.start < line.end && notice.text[Int(line.start)] == UInt8(ascii: "(") ? line.start + 1 : line.start
        var low = 0
        var high = notice.hits.count
        while low < high {
            let middle = (low + high) / 2
            if notice.hits[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return notice.hits[low...].prefix { $0.start == start }.contains { $0.mark == .alias }
    }

    /// How many lines of details stand between a recipient and its alias at most.
    private static let mostDetails = 24
}
