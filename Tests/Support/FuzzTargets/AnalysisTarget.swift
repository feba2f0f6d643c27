import BounceAnalysis
import MailFormat

/// Analyses the input as a mail, whole and in pieces, with either line end.
func fuzzAnalysis(_ input: [UInt8]) {
    var cut = FuzzPieces(input)
    let bytes = cut.payload
    let whole = MailAnalyzer.analyze(bytes.span)
    var analyzer = MailAnalyzer()
    for piece in cut.pieces() { analyzer.consume(piece.span) }
    mustHold(analyzer.finish() == whole, "a mail in pieces tells the same")
    var narrow = AnalysisLimits()
    narrow.octets = 64
    let beginning = MailAnalyzer.analyze(bytes.span, limits: narrow)
    mustHold(beginning.isCut || bytes.count <= 64, "what was cut is said to be")
    for result in whole.results {
        mustHold(result.finding == nil || result.evidence != nil, "a finding rests on evidence")
        mustHold(result.action == nil || result.finding != nil, "what happened to a recipient is decided")
    }
    switch whole.kind {
    case .notAReport, .receipt: mustHold(whole.results.isEmpty, "what is no report tells of nobody")
    case .bounce, .delay, .delivered, .relayed, .expanded, .feedback, .autoReply:
        mustHold(!whole.results.isEmpty, "a report tells of somebody")
    }
}
