import MailFormat

/// The addresses of ours that stand for others (RFC 5321 §3.9.1), each followed to its ends when the table is made.
///
/// A forward keeps the reverse-path: whoever wrote hears of what becomes of it. Following everything beforehand makes a
/// chain cost no more than a single step, and shows loops and floods before the first message meets them.
package struct ForwardTable: Sendable {
    /// What an address stands for.
    package enum Expansion: Hashable, Sendable {
        /// These, at least one.
        case addresses([Target])
        /// Only itself, by way of others (5.4.6-loops-to-self).
        case loop
        /// More than `mostAddresses` (5.2.4-list-broken).
        case tooMany
    }

    /// An address that a forward ends at.
    package struct Target: Hashable, Sendable {
        /// As it was written.
        package let address: String
        /// Where its domain begins, in octets.
        let domainOffset: Int

        /// Reads an address.
        ///
        /// One that only SMTPUTF8 can carry is refused: mail that came without it could not go there, and its other
        /// recipients not elsewhere.
        package init(_ text: String) throws(Invalid) {
            let bytes = Array(text.utf8)
            do throws(AddressError) {
                domainOffset = Int(try AddressGrammar(.ascii).wholeMailbox(bytes.span).domain.start)
            } catch {
                throw Invalid(sentence: "\(text) is no mail address in ASCII")
            }
            address = text
        }
    }

    /// A target that is no address.
    package struct Invalid: Error {
        /// What is wrong with it.
        package let sentence: String
    }

    /// Addresses that one may stand for; more are a mailing list, whose bounces belong to its owner (RFC 5321 §3.9.2).
    package static let mostAddresses = 1000
    /// Recipients that a message may have when all is expanded; as many as a local program may name.
    package static let mostRecipients = 10_000

    /// By address in lower case; `@domain` for every other address of a domain.
    private let expansions: [String: Expansion]
    private let mailboxes: Mailboxes
    /// Domains whose local parts are ours to read.
    let localDomains: Set<String>
    /// What the largest forward comes to.
    package let largest: Int
    /// Sentences about forwards that lead nowhere, or partly.
    package let warnings: [String]

    /// No forwards.
    package init() { self.init([:], mailboxes: Mailboxes([:]), localDomains: []) }

    /// Follows every forward to its ends.
    ///
    /// - Parameters:
    ///   - entries: addresses in lower case, or `@domain`, with what they stand for.
    ///   - mailboxes: the mailboxes of this machine: an address in its own list means its mailbox.
    ///   - localDomains: domains that end here, lower case.
    package init(_ entries: [String: [Target]], mailboxes: Mailboxes, localDomains: Set<String>) {
        let follower = Follower(entries: entries, mailboxes: mailboxes, localDomains: localDomains)
        var expansions: [String: Expansion] = [:]
        var warnings: [String] = []
        for name in entries.keys.sorted() {
            let expansion = follower.expansion(of: name)
            expansions[name] = expansion
            warnings += follower.warnings(about: name, expansion)
        }
        self.expansions = expansions
        self.mailboxes = mailboxes
        self.localDomains = localDomains
        self.warnings = warnings
        self.largest = expansions.values.map(\.count).max() ?? 1
    }

    /// Whether nothing is forwarded.
    package var isEmpty: Bool { expansions.isEmpty }

    /// What an address stands for; nil when it stands for itself.
    package subscript(address: String) -> Expansion? {
        guard !expansions.isEmpty, let name = Self.entry(for: address.lowercased(), in: expansions, mailboxes) else {
            return nil
        }
        return expansions[name]
    }

    /// The entry that an address in lower case falls under: its own, or its domain's where it has no mailbox.
    fileprivate static func entry<Value>(
        for address: String,
        in entries: [String: Value],
        _ mailboxes: Mailboxes
    ) -> String? {
        if entries[address] != nil { return address }
        guard let at = address.lastIndex(of: "@"), entries[String(address[at...])] != nil,
            !mailboxes.hasOwn(address)
        else { return nil }
        return String(address[at...])
    }
}

extension ForwardTable.Expansion {
    /// How many recipients it makes of one.
    package var count: Int { if case .addresses(let targets) = self { targets.count } else { 1 } }
}

/// Follows forwards from one to the next.
private struct Follower {
    let entries: [String: [ForwardTable.Target]]
    let mailboxes: Mailboxes
    let localDomains: Set<String>

    /// Everything that is reached from a name and stands for nothing else.
    ///
    /// A chain that comes back to an address on its way reaches nobody new there; one that reaches nobody at all is a
    /// loop.
    func expansion(of name: String) -> ForwardTable.Expansion {
        var ends: [ForwardTable.Target] = []
        var known: Set<String> = []
        var visited: Set<String> = [name]
        var waiting = [name]
        while let from = waiting.popLast() {
            for target in entries[from] ?? [] {
                let address = target.address.lowercased()
                let next = address == from ? nil : ForwardTable.entry(for: address, in: entries, mailboxes)
                if let next {
                    if visited.insert(next).inserted { waiting.append(next) }
                } else if address != from || isEnd(address) {
                    if known.insert(target.key(localDomains)).inserted { ends.append(target) }
                }
                guard ends.count <= ForwardTable.mostAddresses, visited.count <= ForwardTable.mostAddresses else {
                    return .tooMany
                }
            }
        }
        return ends.isEmpty ? .loop : .addresses(ends)
    }

    /// Whether mail can end at an address, or leave for it.
    private func isEnd(_ address: String) -> Bool {
        guard let at = address.lastIndex(of: "@") else { return true }
        let domain = String(address[address.index(after: at)...])
        return !localDomains.contains(domain) || mailboxes.path(of: address, domain: domain) != nil
    }

    func warnings(about name: String, _ expansion: ForwardTable.Expansion) -> [String] {
        switch expansion {
        case .loop: ["the forward \(name) leads back to itself and to nobody else; mail for it is refused (5.4.6)"]
        case .tooMany:
            [
                "the forward \(name) stands for more than \(ForwardTable.mostAddresses) addresses; "
                    + "mail for it is refused (5.2.4), use a mailing list"
            ]
        case .addresses(let targets):
            targets.filter { !isEnd($0.address.lowercased()) }
                .map { "the forward \(name) leads to \($0.address), which has no mailbox here" }
        }
    }
}

extension ForwardTable.Target {
    /// The same for the same mailbox: the domain folded, the local part too where it is ours.
    func key(_ localDomains: Set<String>) -> String { ForwardTable.key(of: address, localDomains) }
}

extension ForwardTable {
    /// What tells two mailboxes apart (RFC 5321 §2.4: a local part is its host's to read).
    static func key(of address: String, _ localDomains: Set<String>) -> String {
        guard let at = address.lastIndex(of: "@") else { return address.lowercased() }
        let domain = address[address.index(after: at)...].lowercased()
        return localDomains.contains(domain) ? address.lowercased() : "\(address[...at])\(domain)"
    }
}
