import StatusCodes
import Synchronization

/// What is said about findings as members of a JSON object, written once: an archive has thousands of mails and few
/// findings, but for whom they are about.
final class ExplanationMembers: Sendable {
    /// All that the text of a finding depends on.
    private struct Key: Hashable {
        let rule: DecisionRule
        let cause: Cause
        let statusClass: StatusClass
        let fault: Fault
        let actions: RemedialActions
        let retryAfter: Duration?
        let suppression: SuppressionTerm
        let outcomeKnown: Bool
        let confidence: Confidence

        init(_ finding: Finding) {
            rule = finding.rule
            cause = finding.cause
            statusClass = finding.status.statusClass
            fault = finding.fault
            actions = finding.actions
            retryAfter = finding.retryAfter
            suppression = finding.suppression
            outcomeKnown = finding.outcomeKnown
            confidence = finding.confidence
        }

        /// Findings of one rule and class hardly differ in the rest.
        func hash(into hasher: inout Hasher) {
            hasher.combine(rule)
            hasher.combine(statusClass.rawValue)
        }
    }

    /// How many are kept: some for each rule; a sender of reports could make up times to wait without end.
    private static let most = 4096

    /// Whose words explain it.
    let catalogue: Catalogue
    /// Where codes have their titles.
    private let registry: StatusRegistry

    init(catalogue: Catalogue = .en, registry: StatusRegistry = .builtIn) {
        self.catalogue = catalogue
        self.registry = registry
    }

    private let known = Mutex<[Key: [UInt8]]>([:])

    /// What is to be done about a finding, and `title`, `explanation` and `remedy`.
    func of(_ finding: Finding) -> [UInt8] {
        let key = Key(finding)
        if let members = known.withLock({ $0[key] }) { return members }
        var object = OrderedObject()
        object.add(adviceOf: finding)
        let explanation = Explanation(finding, registry: registry, in: catalogue)
        object.add("title", explanation.title)
        object.add("explanation", "\(explanation.meaning) \(explanation.outlook) \(explanation.turn)")
        object.add("remedy", explanation.remedy)
        let members = object.members
        known.withLock { if $0.count < Self.most { $0[key] = members } }
        return members
    }
}
