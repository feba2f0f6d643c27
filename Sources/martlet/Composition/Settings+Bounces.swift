import Configuration
import Delivery
import Foundation
import MailFormat
import Relay
import SMTPTransport

// Return-paths of our own.
extension Settings {
    func addBounces(to relay: inout RelayConfiguration) throws {
        guard let domain = document.text("bounces.domain")?.lowercased() else {
            guard document.names(below: "bounces.mailboxes").isEmpty else {
                throw Problem("bounces.mailboxes needs bounces.domain: no mail has a return-path to find in them")
            }
            return
        }
        guard SuppressionSubject("@\(domain)") != nil else { throw Problem("bounces.domain: \(domain) is no domain") }
        guard !document.names(below: "domains").contains(where: { $0.lowercased() == domain }) else {
            throw Problem("bounces.domain is among domains too; take one that is used for nothing else")
        }
        let feedback = document.text("bounces.feedback") ?? "feedback"
        guard SuppressionSubject(address: "\(feedback)@\(domain)") != nil else {
            throw Problem("bounces.feedback: \(feedback) is no local part")
        }
        relay.bounces = BounceAddresses(
            signer: ReturnPathSigner(domain: domain, keys: try returnPathKeys(), primitives: CryptoPrimitives()),
            feedback: feedback
        )
        // What comes to it ends here: reports at their desk, postmaster and abuse in his mailbox.
        relay.admission.localDomains.insert(domain)
        relay.reportMailboxes = try reportMailboxes()
    }

    private func reportMailboxes() throws -> [ReportMailbox] {
        let own = [try storeFolder(), spool, drop].map(Self.place)
        var places: [String: String] = [:]
        return try document.names(below: "bounces.mailboxes").map { name in
            let key = ConfigurationPath.path(["bounces", "mailboxes", name])
            let path = document.text("\(key).path") ?? ""
            guard path.hasPrefix("/") else { throw Problem("\(key).path must be given, and begin with /") }
            let place = Self.place(path)
            guard !own.contains(where: { place == $0 || place.hasPrefix("\($0)/") }) else {
                throw Problem("\(key).path: \(path) is a folder of the queue, not a mailbox")
            }
            if let other = places.updateValue(name, forKey: place) {
                throw Problem("\(key).path: \(path) is the mailbox of bounces.mailboxes.\(other) too")
            }
            let interval = document.duration("\(key).interval")
            guard interval >= ReportMailbox.leastInterval else {
                let least = ReportMailbox.leastInterval.components.seconds
                throw Problem("\(key).interval must not be less than \(least)s")
            }
            return ReportMailbox(
                name: name,
                path: path,
                kind: document.text("\(key).kind") == "mbox" ? .mbox : .maildir,
                interval: interval
            )
        }
    }

    /// A path without links and detours.
    private static func place(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// The address for feedback loops and for reports handed in by hand; nil where mail keeps its reverse-path.
    var reportAddress: String? {
        document.text("bounces.domain").map { "\(document.text("bounces.feedback") ?? "feedback")@\($0.lowercased())" }
    }

    private func returnPathKeys() throws -> [[UInt8]] {
        guard let file = document.text("bounces.key_file") else {
            throw Problem("bounces.domain needs bounces.key_file; make one: openssl rand -base64 32")
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Problem("bounces.key_file: \(file) cannot be read")
        }
        let keys = data.split { $0 == 0x0A || $0 == 0x0D }.map { Array($0) }
        guard !keys.isEmpty, keys.allSatisfy({ $0.count >= ReturnPathSigner.leastKey }) else {
            throw Problem("bounces.key_file: each line needs at least \(ReturnPathSigner.leastKey) characters")
        }
        return keys
    }
}
