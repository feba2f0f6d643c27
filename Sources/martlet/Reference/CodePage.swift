import StatusCodes

/// What is known about one code.
struct CodePage {
    let code: EnhancedStatusCode
    let dialogues: DialogueShelf?

    var html: HTML {
        let title = Catalogue.en.entry(of: code)?.title ?? ""
        return PageFrame.page(
            title: "\(code) \(title)",
            """
            <h1><code>\(code)</code> \(title)</h1>
            \(languageLinks)
            \(meaning(in: .en, level: 2))
            \(classRules)
            \(replyCodes)
            \(said)
            \(concluded)
            \(decided)
            \(examples)
            \(source)
            \(translations)
            """
        )
    }

    // MARK: Meaning

    private var languageLinks: HTML {
        let links = Catalogue.all.dropFirst().map { catalogue -> HTML in
            let tag = catalogue.language
            return "<a href=\"#\(tag)\" lang=\"\(tag)\" hreflang=\"\(tag)\">\(Self.name(ofLanguage: tag))</a>"
        }
        return "<nav aria-label=\"Other languages\"><p>\(HTML(links, separator: " · "))</p></nav>"
    }

    /// The words of `martlet explain`.
    private func meaning(in catalogue: Catalogue, level: Int) -> HTML {
        guard let words = Explanation(question: code.description, in: catalogue) else { return "" }
        return """
            <p>\(words.meaning)</p>
            <p>\(words.outlook)</p>
            <p>\(words.turn)</p>
            <h\(level)>\(catalogue.senderLabel)</h\(level)>
            \(Self.steps(words.senderSteps))
            <h\(level)>\(catalogue.operatorLabel)</h\(level)>
            \(Self.steps(words.operatorSteps))
            """
    }

    private static func steps(_ steps: [String]) -> HTML {
        "<ul>\n\(steps.map { step -> HTML in "<li>\(step)</li>" })\n</ul>"
    }

    private var translations: HTML {
        let sections = Catalogue.all.dropFirst().map { catalogue -> HTML in
            """
            <section id="\(catalogue.language)" lang="\(catalogue.language)">
            <h2><code>\(code)</code> \(catalogue.entry(of: code)?.title ?? "")</h2>
            \(meaning(in: catalogue, level: 3))
            </section>
            """
        }
        return "\(sections)"
    }

    /// A language by its own name; its tag where a catalogue is newer than this list.
    static func name(ofLanguage tag: String) -> String {
        let names = [
            "en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "ja": "日本語", "zh-Hans": "简体中文",
        ]
        return names[tag] ?? tag
    }

    // MARK: Class

    private var classRules: HTML {
        let rows = StatusClass.allCases.map { statusClass -> [HTML] in
            let other = EnhancedStatusCode(statusClass, code.status)
            let name: HTML =
                other == code
                ? "<strong aria-current=\"page\"><code>\(code)</code></strong>" : PageFrame.link(to: other)
            return [name, "\(statusClass.title)", standing(of: other)]
        }
        return """
            <h2 id="class">The first number</h2>
            <p>\(code.statusClass.rawValue) says: \(code.statusClass.meaning). When the three digits of a reply are of \
            another class, they count, and the rest of the code is a hint.</p>
            \(PageFrame.table(["Code", "Class", "Standing"], rows: rows))
            """
    }

    /// Whether a class belongs to the status, and who says so.
    private func standing(of other: EnhancedStatusCode) -> HTML {
        let isUsed = Catalogue.en.entry(of: other) != nil
        guard let entry = other.status.registration else { return isUsed ? "used, not registered" : "not used" }
        guard entry.classes.contains(other.statusClass) else {
            return isUsed ? "not in the registry's text, but servers use it" : "not used"
        }
        let references = PageFrame.references(entry.reference)
        return entry.classesAreStated ? "stated by \(references)" : "follows from the text of \(references)"
    }

    // MARK: Reply codes

    private var replyCodes: HTML {
        let registered = code.status.registration?.replyCodes.filter { $0.statusClass == code.statusClass } ?? []
        let own = ownConditions.map(\.replyCode)
        let rows = Set(registered + own).sorted().map { reply -> [HTML] in
            let origins = [registered.contains(reply) ? "registry" : nil, own.contains(reply) ? "Martlet" : nil]
            let meanings = reply.meanings.filter(\.isStandard).map { meaning -> HTML in "\(meaning.meaning)" }
            return [
                "<code>\(reply.description)</code>", "\(origins.compactMap(\.self).joined(separator: ", "))",
                HTML(meanings, separator: "; "),
            ]
        }
        let pairing = code.status.registration?.basicCodes ?? "Not given"
        return """
            <h2 id="replies">Reply codes that go with it</h2>
            <p>The registry's column of reply codes for \(code.status.description) says: \(pairing).</p>
            \(rows.isEmpty ? "" : PageFrame.table(["Reply", "Paired by", "The three digits alone mean"], rows: rows))
            """
    }

    // MARK: Source

    private var source: HTML {
        guard let entry = code.status.registration else {
            return """
                <h2 id="source">Where it is defined</h2>
                <p>Nobody registered \(code.status.description); \(PageFrame.references("RFC3463")) says what its class \
                and subject mean.</p>
                """
        }
        var pairs: [(term: String, content: HTML)] = [
            ("Name", "\(entry.title)"), ("Defined by", PageFrame.references(entry.reference)),
            ("Registered by", "\(entry.submitter)"),
        ]
        if !entry.notes.isEmpty { pairs.append(("In the field", "\(entry.notes)")) }
        return """
            <h2 id="source">Where it is defined</h2>
            \(PageFrame.terms(pairs))
            """
    }
}
