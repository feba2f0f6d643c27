import StatusCodes
import Synchronization

/// What is said about findings as members of a JSON object, written once: an archive has thousands of mails and few
/// causes.
final class ExplanationMembers: Sendable {
    /// All that the text of a finding depends on.
    private struct Key: Hashable {
        let cause: Cause
        let statusClass: StatusClass
        let fault: Fault
    }

    /// Whose words explain it.
    let catalogue: Catalogue
    /// Where codes have their titles.
    private let registry: StatusRegistry

    init(catalogue: Catalogue = .en, registry: StatusRegistry = .builtIn) {
        self.catalogue = catalogue
        self.registry = registry
    }

    /// One for each cause in each class and for each fault, at most some hundreds.
    private let known = Mutex<[Key: [UInt8]]>([:])

    /// `title`, `explanation` and `remedy` of a finding.
    func of(_ finding: Finding) -> [UInt8] {
        let key = Key(cause: finding.cause, statusClass: finding.status.statusClass, fault: finding.fault)
        if let members = known.withLock({ $0[key] }) { return members }
        let explanation = Explanation(finding, registry: registry, in: catalogue)
        var object = OrderedObject()
        object.add("title", explanation.title)
        object.add("explanation", "\(explanation.meaning) \(explanation.outlook) \(explanation.turn)")
        object.add("remedy", explanation.remedy)
        let members = object.members
        known.withLock { $0[key] = members }
        return members
    }
}
