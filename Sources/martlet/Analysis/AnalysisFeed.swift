import BounceAnalysis
import Foundation
import StatusCodes

/// Hands out work in portions: single files by their names, the mails of an mbox with their bytes.
struct AnalysisFeed {
    /// A portion.
    struct Work: Sendable {
        var items: [Item] = []
        var octets = 0
    }

    /// One mail to analyse.
    enum Item: Sendable {
        /// A file with one mail, not read yet.
        case file(MailSources.File)
        /// A mail of an mbox.
        case mail(MailboxReader.Content, MailPlace)
    }

    /// How many mails, and how many octets of them, make a portion: small enough to spread over the cores.
    private static let (mostItems, mostOctets) = (64, 1 << 20)

    private let sources: MailSources
    private let rules: DecisionRules
    private var position = 0
    private var mailbox: MailboxReader?
    /// Files that could not be opened.
    private(set) var failures = 0

    init(_ sources: MailSources, rules: DecisionRules = .builtIn) {
        self.sources = sources
        self.rules = rules
    }

    /// The next portion; nil at the end.
    mutating func next() -> Work? {
        var work = Work()
        while work.items.count < Self.mostItems, work.octets < Self.mostOctets {
            if let mail = nextOfMailbox() {
                work.items.append(.mail(mail.content, mail.place))
                work.octets += mail.octets
                continue
            }
            guard position < sources.count else { break }
            let file = sources.files[position]
            position += 1
            do {
                if try MailFile.isMailbox(file) {
                    mailbox = try MailboxReader(file, rules: rules)
                } else {
                    work.items.append(.file(file))
                }
            } catch {
                Standard.error("cannot read \(file.path ?? "standard input")")
                failures += 1
            }
        }
        return work.items.isEmpty ? nil : work
    }

    private mutating func nextOfMailbox() -> MailboxReader.Mail? {
        guard mailbox != nil else { return nil }
        do {
            if let mail = try mailbox?.next() { return mail }
        } catch {
            Standard.error("cannot read on in \(sources.files[position - 1].path ?? "standard input")")
            failures += 1
        }
        mailbox = nil
        return nil
    }
}
