import Configuration
import Relay

// Domains: what ends here, what is passed on, who stands for whom.
extension Settings {
    func addDomains(to relay: inout RelayConfiguration) throws {
        var forwards: [String: [ForwardTable.Target]] = [:]
        for name in document.names(below: "domains") {
            let path = ConfigurationPath.path(["domains", name])
            let domain = name.lowercased()
            if document.text("\(path).kind") == "local" {
                relay.admission.localDomains.insert(domain)
                for local in document.names(below: "\(path).mailboxes") {
                    let mailbox = document.text(ConfigurationPath.path(["domains", name, "mailboxes", local])) ?? ""
                    relay.mailboxes[Self.address(local, domain)] = mailbox
                }
            } else {
                guard document.names(below: "\(path).mailboxes").isEmpty else {
                    throw Problem("domains.\(name) has mailboxes; they need kind: local")
                }
                relay.admission.relayDomains.insert(domain)
                if let known = document.list("\(path).recipients") {
                    relay.admission.relayRecipients[domain] = Set(known.map { $0.lowercased() })
                }
            }
            for local in document.names(below: "\(path).forwards") {
                forwards[Self.address(local, domain)] = try targets(of: local, in: name)
            }
        }
        if let postmaster = document.text("reports.postmaster_mailbox") { relay.mailboxes["postmaster"] = postmaster }
        relay.forwards = ForwardTable(
            forwards,
            mailboxes: Mailboxes(relay.mailboxes),
            localDomains: relay.admission.localDomains
        )
    }

    /// An address in lower case; a star stands for all that are not named.
    private static func address(_ local: String, _ domain: String) -> String {
        local == "*" ? "@\(domain)" : "\(local.lowercased())@\(domain)"
    }

    private func targets(of local: String, in name: String) throws -> [ForwardTable.Target] {
        let texts = document.list(ConfigurationPath.path(["domains", name, "forwards", local])) ?? []
        guard !texts.isEmpty else { throw Problem("domains.\(name).forwards.\(local) names nobody") }
        let hasMailbox = document.isGiven(ConfigurationPath.path(["domains", name, "mailboxes", local]))
        guard local != "*" || !hasMailbox else {
            throw Problem("domains.\(name) has a mailbox and a forward for \"*\"; only one can take what is not named")
        }
        do throws(ForwardTable.Invalid) {
            var targets: [ForwardTable.Target] = []
            for text in texts { targets.append(try ForwardTable.Target(text)) }
            return targets
        } catch {
            throw Problem("domains.\(name).forwards.\(local): \(error.sentence)")
        }
    }
}
