import BounceAnalysis
import DeliveryReports
import Foundation
import MailFormat
import StatusCodes

/// One mail of `analyze` as JSON (`docs/design/interfaces.md` §3): keys in the promised order, absent when unknown.
struct AnalysisRecord {
    let analysis: MailAnalysis
    let place: MailPlace
    /// What has been written about findings before.
    var explanations = ExplanationMembers()

    /// The object on one line.
    var json: String {
        var line: [UInt8] = []
        append(to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    /// Appends the object.
    func append(to line: inout [UInt8]) { OrderedObject.append(to: &line) { write(to: &$0) } }

    private func write(to object: inout OrderedObject) {
        if let file = place.file { object.add("file", file) }
        if let number = place.number { object.add("number", number) }
        object.add("kind", analysis.kind.rawValue)
        if let reporter = analysis.reportingMTA { object.add("reporting_mta", reporter) }
        if let id = analysis.original.messageID { object.add("message_id", id) }
        if let subject = analysis.original.subject { object.add("subject", subject) }
        if let arrival = analysis.arrival { object.add("arrival", Moment.iso(arrival.seconds)) }
        if analysis.isCut { object.add("cut", true) }
        object.add("results", objectsOf: analysis.results) { write($1, to: &$0) }
    }

    private func write(_ result: RecipientResult, to object: inout OrderedObject) {
        if let recipient = result.recipient { object.add("recipient", recipient) }
        if let original = result.originalRecipient { object.add("original_recipient", original) }
        if let action = result.action { object.add("action", action.rawValue) }
        if let finding = result.finding { object.add("status", finding.status.description) }
        if let printed = result.printedStatus { object.add("printed_status", printed.description) }
        if let reply = result.reply { object.add("reply", Int(reply.rawValue)) }
        if let diagnostic = result.diagnostic { object.add("diagnostic", diagnostic) }
        if let remote = result.remoteMTA { object.add("remote_mta", remote) }
        if let evidence = result.evidence {
            object.add("stage", evidence.stage.rawValue)
            if let provider = evidence.provider { object.add("provider", provider.name) }
        }
        if let finding = result.finding {
            object.add(failureOf: finding)
            object.add(members: explanations.of(finding))
        } else {
            object.add("bounce", "none")
        }
        if let type = result.feedbackType { object.add("feedback_type", type) }
        if let entry = Catalogue.Notice(analysis.kind).map({ explanations.catalogue.entry(of: $0) }) {
            object.add("title", entry.title)
            object.add("explanation", entry.what)
        }
    }
}

extension OrderedObject {
    /// Adds what a finding concludes, in the order of the interface.
    mutating func add(finding: Finding) {
        add(failureOf: finding)
        add(adviceOf: finding)
    }

    /// Adds what happened, whose fault it is and what it is about.
    mutating func add(failureOf finding: Finding) {
        add("cause", finding.cause.name)
        add("fault", finding.fault.rawValue)
        add("scope", finding.scope.rawValue)
        if !finding.affected.value.isEmpty {
            add("affected") { affected in
                affected.add("kind", finding.affected.kind.rawValue)
                affected.add("value", finding.affected.value)
            }
        }
    }

    /// Adds what follows for the address and for the message.
    mutating func add(adviceOf finding: Finding) {
        add("bounce", finding.bounce.rawValue)
        add("actions", eachOf: finding.actions, \.name)
        if let wait = finding.retryAfter { add("retry_after", "PT\(wait.components.seconds)S") }
        add(suppression: finding.suppression)
        add("outcome_known", finding.outcomeKnown)
        add("rule", finding.rule.name, "@", finding.rule.version)
        add("confidence", finding.confidence.rawValue)
    }
}
