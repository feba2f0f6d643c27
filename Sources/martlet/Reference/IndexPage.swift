import StatusCodes

/// The first page: how a code is read, and all of them by subject.
struct IndexPage {
    var html: HTML {
        PageFrame.page(
            title: "Status codes",
            """
            <h1>Enhanced status codes</h1>
            <p>A status code says how mail to one recipient ended: class, subject, detail
            (\(PageFrame.references("RFC3463"))). The pages below say of each code what it means, who has to act, when
            Martlet sends it, and what Martlet does when another server sends it.
            For anything longer than a code, such as a whole reply, ask <code>martlet explain</code>.</p>
            <h2>The first number: how it ended</h2>
            \(classes)
            <h2>The second number: what it is about</h2>
            \(contents)
            \(RegisteredSubject.all.map(section))
            <p>Decision table \(DecisionTable.version).</p>
            """
        )
    }

    private var classes: HTML {
        PageFrame.terms(StatusClass.allCases.map { ("\($0.rawValue) \($0.title)", "\($0.meaning).") })
    }

    private var contents: HTML {
        let rows = RegisteredSubject.all.map { row -> HTML in
            "<li><a href=\"#x.\(row.subject.rawValue)\">X.\(row.subject.rawValue) \(row.title)</a></li>"
        }
        return "<ul>\n\(rows)\n</ul>"
    }

    private func section(_ row: RegisteredSubject) -> HTML {
        let codes = Catalogue.codes.filter { row.subject ~= $0 }
            .sorted { ($0.status.detail, $0.statusClass.rawValue) < ($1.status.detail, $1.statusClass.rawValue) }
        let table = PageFrame.table(
            ["Code", "Meaning", "Name in the registry"],
            rows: codes.map { code in
                [
                    PageFrame.link(to: code), "\(Catalogue.en.entry(of: code)?.title ?? "")",
                    "\(code.status.registration?.title ?? "not registered")",
                ]
            }
        )
        return """
            <h2 id="x.\(row.subject.rawValue)">X.\(row.subject.rawValue) \(row.title)</h2>
            <p>\(row.meaning).</p>
            \(table)
            """
    }
}
