import StatusCodes

// What Martlet does when another server says the code: the decision table is asked, nothing is repeated here.
extension CodePage {
    /// A situation in which a delivery agent may meet the code.
    private struct Scene {
        let name: String
        let evidence: Evidence
    }

    /// What is concluded, and in which situations alike.
    private struct Decision {
        var scenes: [String]
        let finding: Finding
    }

    /// The reply that is asked about: with the digits that Martlet says itself, else the registry's, else the plain ones.
    private var askedReply: String {
        let registered = code.status.registration?.replyCodes.filter { $0.statusClass == code.statusClass } ?? []
        let digits = (ownConditions.map(\.replyCode) + registered).first?.description
        return "\(digits ?? "\(code.statusClass.rawValue)50") \(code)"
    }

    private func scenes(_ reply: PrintedReply) -> [Scene] {
        var scenes = [
            Scene(name: "at MAIL", evidence: Evidence(stage: .mail, reply: reply)),
            Scene(name: "at RCPT", evidence: Evidence(stage: .rcpt, reply: reply)),
            Scene(
                name: "at RCPT, after another recipient was accepted",
                evidence: Evidence(stage: .rcpt, reply: reply, acceptedRecipients: 1)
            ),
            Scene(
                name: "at the end of the content",
                evidence: Evidence(stage: .dot, reply: reply, acceptedRecipients: 1)
            ),
            Scene(
                name: "at the end of the content, with several recipients",
                evidence: Evidence(stage: .dot, reply: reply, acceptedRecipients: 2)
            ),
            Scene(
                name: "at RCPT, from a smart host",
                evidence: Evidence(stage: .rcpt, reply: reply, nextHop: .smartHost)
            ),
            Scene(
                name: "at the end of the content, over LMTP",
                evidence: Evidence(stage: .dot, reply: reply, nextHop: .lmtp, acceptedRecipients: 1)
            ),
            Scene(name: "in a report by mail", evidence: Evidence(stage: .report, reply: reply, source: .dsn)),
        ]
        if code.statusClass != .success {
            scenes.insert(Scene(name: "in the greeting", evidence: Evidence(stage: .greeting, reply: reply)), at: 0)
        }
        return scenes
    }

    /// The same at providers who mean something of their own by the code.
    private func providerScenes(_ reply: PrintedReply) -> [Scene] {
        let plain = Self.comparable(DecisionTable.decide(Evidence(stage: .rcpt, reply: reply)))
        let providers: [(String, Provider)] = [("Google", .google), ("Microsoft", .microsoft)]
        return providers.map { name, provider in
            Scene(name: "at RCPT, from \(name)", evidence: Evidence(stage: .rcpt, reply: reply, provider: provider))
        }.filter { Self.comparable(DecisionTable.decide($0.evidence)) != plain }
    }

    private func decisions(_ reply: PrintedReply) -> [Decision] {
        var decisions: [Decision] = []
        for scene in scenes(reply) + providerScenes(reply) {
            let finding = Self.comparable(DecisionTable.decide(scene.evidence))
            if let same = decisions.firstIndex(where: { $0.finding == finding }) {
                decisions[same].scenes.append(scene.name)
            } else {
                decisions.append(Decision(scenes: [scene.name], finding: finding))
            }
        }
        return decisions
    }

    /// A finding without what only names the situation.
    private static func comparable(_ finding: Finding) -> Finding {
        var finding = finding
        finding.condition = nil
        return finding
    }

    var decided: HTML {
        let reply = askedReply
        let sections = decisions(PrintedReply(parsing: reply)).map { decision -> HTML in
            """
            <h3>\(Catalogue.en.entry(of: decision.finding.cause).title)</h3>
            \(FindingWords.terms(decision.finding, when: decision.scenes.joined(separator: "; ")))
            """
        }
        return """
            <h2 id="received">What Martlet does on receiving it</h2>
            <p>For the bare reply <code>\(reply)</code>. The words behind a code can tell more: ask \
            <code>martlet explain</code> with the whole reply.</p>
            \(sections)
            """
    }
}
