import StatusCodes

// When Martlet says the code, when it concludes it, and what that looks like.
extension CodePage {
    private var conditions: [Condition] { Condition.all.filter { $0.status == code } }

    /// The situations in which we say the code to a client.
    var ownConditions: [Condition] {
        conditions.filter { $0.place == .serverSession || $0.place == .localDelivery }
    }

    var said: HTML {
        let sections = ownConditions.map { condition -> HTML in
            let entry = Catalogue.en.entry(of: condition)
            let pairs: [(term: String, content: HTML)] = [
                ("Reply", "<code>\(Self.reply(of: condition))</code>"),
                ("Condition", "<code>\(condition.id)</code>"),
                ("At", "\(Self.stages(condition))"),
                ("Said by", "\(Self.speakers(condition))"),
                ("By default", condition.isDefaultOn ? "on" : "off; the operator switches it on"),
            ]
            return """
                <h3 id="\(condition.id)">\(entry.title)</h3>
                <p>\(entry.what)</p>
                \(PageFrame.terms(pairs))
                """
        }
        return """
            <h2 id="said">When Martlet sends it</h2>
            \(sections.isEmpty ? ["<p>Martlet has no reply with this code.</p>"] : sections)
            """
    }

    /// The line as a client reads it.
    private static func reply(of condition: Condition) -> String {
        var bytes: [UInt8] = []
        Reply(condition).render(into: &bytes)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }

    private static func stages(_ condition: Condition) -> String {
        condition.stages == .any ? "any stage" : condition.stages.stages.map(\.rawValue).joined(separator: ", ")
    }

    private static func speakers(_ condition: Condition) -> String {
        guard !condition.roles.isEmpty else { return "local delivery" }
        let roles = Role.allCases.filter { condition.roles.contains(RoleSet($0)) }.map { role in
            condition.rolesWhenSwitchedOn.contains(RoleSet(role))
                ? "\(role.rawValue) (when switched on)" : role.rawValue
        }
        return roles.joined(separator: ", ")
    }

    /// The situations that no client hears of: found while delivering, or told in reports.
    var concluded: HTML {
        let others = conditions.filter { !ownConditions.contains($0) }
        guard !others.isEmpty else { return "" }
        let rows = others.map { condition -> HTML in
            let entry = Catalogue.en.entry(of: condition)
            let pairs: [(term: String, content: HTML)] = [
                ("Condition", "<code>\(condition.id)</code>"),
                ("Found by", "\(FindingWords.finder(condition.place))"),
                ("At", "\(Self.stages(condition))"),
                ("Then", FindingWords.actions(DecisionTable.decide(Evidence(condition)).actions)),
            ]
            return """
                <h3 id="\(condition.id)">\(entry.title)</h3>
                <p>\(entry.what)</p>
                \(PageFrame.terms(pairs))
                """
        }
        return """
            <h2 id="concluded">When Martlet concludes it itself</h2>
            \(rows)
            """
    }

    // MARK: Examples

    var examples: HTML {
        """
        <h2 id="example">What it looks like</h2>
        \(dialogueText)
        <p>To see it yourself: <code>martlet explain \(code)</code>\(simulated).</p>
        """
    }

    /// The simulator fails recipients; it has no need of a code to accept one.
    private var simulated: HTML {
        guard code.statusClass != .success else { return "" }
        return ", or send mail to <code>\(code)@example.net</code> through <code>martlet simulate</code>"
    }

    private var dialogueText: HTML {
        guard let dialogues else {
            return "<p>This copy was made without the dialogues of the test suite, which examples are taken from.</p>"
        }
        let shown = conditions.compactMap(dialogues.dialogue)
        guard !shown.isEmpty else { return "<p>No dialogue of the test suite shows this code.</p>" }
        let pieces = shown.map { dialogue -> HTML in
            """
            <h3>\(dialogue.title)</h3>
            <p>\(dialogue.caption)</p>
            <pre>\(dialogue.lines.joined(separator: "\n"))</pre>
            """
        }
        return """
            <p>From the test suite, where each line is checked: S is the server, C the client, “…” stands for any text, \
            brackets for what happens besides.</p>
            \(pieces)
            """
    }
}
