package import Delivery
package import MailFormat

/// The addresses at which late reports come in: the return-paths that we made, and one for feedback loops.
package struct BounceAddresses: Sendable {
    /// Makes and checks return-paths.
    package let signer: ReturnPathSigner
    /// The local part for feedback loops and for reports handed in by hand, lower case.
    private let feedback: String

    /// The addresses of a domain.
    package init(signer: ReturnPathSigner, feedback: String) {
        self.signer = signer
        self.feedback = feedback.lowercased()
    }

    /// The domain, lower case.
    package var domain: String { signer.domain }
    /// Where complaints go, and reports that name their message only in their content.
    package var feedbackAddress: String { "\(feedback)@\(domain)" }

    /// What an address of the domain is for.
    package enum Kind: Hashable, Sendable {
        /// Reports about one recipient.
        case returnPath(ReturnPathToken)
        /// The same, made too long ago: taken, and put aside.
        case expired(ReturnPathToken)
        /// Reports that name their message in their content.
        case feedback
        /// Nobody: it was made up, or altered.
        case forged
    }

    /// What an address is for; nil when it is none of these: elsewhere, or a person's.
    package func kind(of address: String, at now: Timestamp) -> Kind? {
        switch signer.verdict(on: address, at: now) {
        case .valid(let token)?: return .returnPath(token)
        case .expired(let token)?: return .expired(token)
        case .forged?: return .forged
        case .other?: return address.lowercased() == feedbackAddress ? .feedback : nil
        case nil: return nil
        }
    }
}

extension DeliveryMessage {
    /// Whether it leaves with a return-path of ours: mail of our own users and programs does, what others gave us keeps
    /// its reverse-path (`docs/design/rulings.md` §5).
    var getsReturnPath: Bool {
        guard !isReport else { return false }
        return switch origin.kind {
        case .submission, .local: true
        case .mx, .report: false
        }
    }
}
