import Foundation
import StatusCodes
import Testing
@testable import martlet

/// The reference of status codes, made from the tables and the dialogues of this tree.
@Suite struct `Reference of status codes` {
    private static let tests = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let site = Result {
        ReferenceSite(
            dialogues: try DialogueShelf(folder: tests.appending(path: "SMTPProtocolTests/Fixtures/Dialogues"))
        ).files
    }

    private let pages: [String: String]

    init() throws {
        pages = Dictionary(uniqueKeysWithValues: try Self.site.get().map { ($0.name, $0.text) })
    }

    private func page(_ code: EnhancedStatusCode) throws -> String { try #require(pages["\(code).html"]) }

    @Test func `every code that has a text has a page, and the index leads to it`() throws {
        let index = MarkupCheck(try #require(pages["index.html"]))
        #expect(Catalogue.codes.count > 140)
        for code in Catalogue.codes {
            #expect(index.links.contains("\(code).html"))
            for catalogue in Catalogue.all {
                let entry = try #require(catalogue.entry(of: code))
                let isThere = try page(code).contains("<p>\(HTML.escaped(entry.what))</p>")
                #expect(isThere, "\(code) in \(catalogue.language)")
            }
        }
        #expect(pages.count == Catalogue.codes.count + 2)
    }

    @Test func `every page is well-formed, and every link within the tree leads somewhere`() throws {
        let checks = pages.filter { $0.key.hasSuffix(".html") }.mapValues(MarkupCheck.init)
        for (name, check) in checks {
            #expect(check.problems.isEmpty, "\(name): \(check.problems)")
            for link in check.links where !link.hasPrefix("https://www.rfc-editor.org/rfc/rfc") {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let target = parts[0].isEmpty ? name : parts[0]
                #expect(pages[target] != nil, "\(name): \(link)")
                if parts.count > 1 { #expect(checks[target]?.anchors.contains(parts[1]) == true, "\(name): \(link)") }
            }
        }
    }

    @Test func `no page asks for a script, a picture or another host`() {
        for (name, text) in pages {
            for word in ["<script", "<img", "http:", "@import", "url("] {
                let isThere = text.contains(word)
                #expect(!isThere, "\(name): \(word)")
            }
        }
    }

    @Test func `every condition stands on the page of its code with the reply it gives`() throws {
        for condition in Condition.all {
            guard let code = condition.status else { continue }
            let hasSection = try page(code).contains("<h3 id=\"\(condition.id)\">")
            #expect(hasSection, "\(condition)")
            guard condition.place == .serverSession else { continue }
            let line = HTML.escaped("\(condition.replyCode) \(code) \(condition.text)")
            let hasReply = try page(code).contains("<code>\(line)</code>")
            #expect(hasReply, "\(condition)")
        }
    }

    @Test func `what is done on receiving a code is what the decision table says`() throws {
        for code in Catalogue.codes {
            let text = try page(code)
            let asked = try #require(
                text.firstMatch(of: /For the bare reply <code>([0-9]{3} [0-9.]+)<\/code>/)?.output.1
            )
            let reply = PrintedReply(parsing: String(asked))
            #expect(reply.status == code && reply.code?.statusClass == code.statusClass)
            for (stage, accepted) in [(Stage.mail, 0), (.rcpt, 0), (.rcpt, 1), (.dot, 1), (.dot, 2)] {
                let finding = DecisionTable.decide(Evidence(stage: stage, reply: reply, acceptedRecipients: accepted))
                let words = [finding.rule.name, finding.cause.name] + finding.actions.map(\.name)
                let missing = words.filter { !text.contains("<code>\($0)</code>") }
                #expect(missing.isEmpty, "\(code) at \(stage) after \(accepted)")
            }
        }
    }

    /// A page as a whole; after a change that is meant, the file beside it, `5.5.6.html.actual`, takes its place.
    @Test func `a page looks as it did`() throws {
        let file = Self.tests.appending(path: "IntegrationTests/Fixtures/Reference/5.5.6.html")
        let text = try page(EnhancedStatusCode(.permanentFailure, 5, 6))
        let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard text != expected else { return }
        try Data(text.utf8).write(to: file.appendingPathExtension("actual"))
        let line = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
        Issue.record("first other line: \(line?.0 ?? "the end") instead of \(line?.1 ?? "the end")")
    }

    @Test func `a code without a dialogue says so, and so does a copy made without dialogues`() throws {
        let none = try #require(
            Catalogue.codes.first { code in !Condition.all.contains { $0.status == code } }
        )
        #expect(try page(none).contains("No dialogue of the test suite shows this code."))
        let bare = CodePage(code: EnhancedStatusCode(.permanentFailure, 5, 6), dialogues: nil).html.text
        #expect(bare.contains("made without the dialogues"))
        #expect(MarkupCheck(bare).problems.isEmpty)
    }

    @Test func `the files are written into a folder that is made, and a file in its place is an error`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reference-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let count = try ReferenceSite(dialogues: nil).write(into: folder.appending(path: "a/b"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "a/b").path)
        #expect(names.count == count && names.contains("index.html"))
        let file = folder.appending(path: "file")
        try Data().write(to: file)
        #expect(throws: CocoaError.self) { try ReferenceSite(dialogues: nil).write(into: file) }
    }
}

@Suite struct `Markup` {
    @Test func `text cannot become markup`() {
        let hostile = "<a href=\"x\">&amp;\u{1B}[31m</a>\r"
        let piece: HTML = "<p>\(hostile)</p>"
        #expect(piece.text == "<p>&lt;a href=&quot;x&quot;&gt;&amp;amp;[31m&lt;/a&gt;</p>")
        let nested: HTML = "<div>\(piece)\([piece, piece])</div>"
        #expect(nested.text == "<div>\(piece.text)\(piece.text)\n\(piece.text)</div>")
        #expect(HTML(["<i>", "b"], separator: "&").text == "<i>&amp;b")
    }

    @Test(arguments: [
        ("RFC3463", "<a href=\"https://www.rfc-editor.org/rfc/rfc3463\">RFC 3463</a>"),
        ("RFC7372 section 3.3", "<a href=\"https://www.rfc-editor.org/rfc/rfc7372\">RFC 7372</a> section 3.3"),
        ("draft-x-00", "draft-x-00"),
    ])
    func `an RFC is linked, anything else stands as it is written`(text: String, html: String) {
        #expect(PageFrame.references(text).text == html)
    }

    @Test(arguments: [
        "<p>", "</p>", "<p><ul></ul></p>", "<li>x</li>", "<ul>x</ul>", "<p>a & b</p>", "<p>a > b</p>",
        "<blink>x</blink>",
        "<p onclick=\"x\">y</p>", "<p id=x>y</p>", "<h2 id=\"a\">b</h2><h2 id=\"a\">c</h2>", "<p><code></p></code>",
        "<p><a href=\"x\"><a href=\"y\">z</a></a></p>", "<script>x</script>", "<p",
    ])
    func `the check finds what is wrong`(content: String) {
        let page = "<!DOCTYPE html>\n<html lang=\"en\"><body><main>\(content)</main></body></html>"
        #expect(!MarkupCheck(page).problems.isEmpty)
    }
}

@Suite struct `Dialogues of the reference` {
    private func shelf(_ files: [String: String]) throws -> DialogueShelf {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dialogues-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "Server"),
            withIntermediateDirectories: true
        )
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: "Server/\(name).txt")) }
        return try DialogueShelf(folder: folder)
    }

    @Test func `a file belongs to the longest id that begins its name, and the exact name comes first`() throws {
        let shelf = try shelf([
            "5.5.2-bare-newline": "# exact", "5.5.2-bare-newline-a": "# a", "5.5.2-bare-newline-command-x": "# command",
            "5.5.2-line-too-long-b": "# b", "5.5.2-line-too-long-a": "# a", "5.5.2-unrecognisedx": "# no",
        ])
        #expect(shelf.dialogue(.bareNewline)?.caption == "exact")
        #expect(shelf.dialogue(.bareNewlineCommand)?.caption == "command")
        #expect(shelf.dialogue(.lineTooLong)?.title == "5.5.2-line-too-long-a")
        #expect(shelf.dialogue(.unrecognised) == nil)
    }

    @Test func `a reader sees what is said and what happens, not how it is tested`() {
        let text = """
            # RFC 5321 §3.1
            ? recipients a@example.net
            S: 220 {text} ready {rest}
            C: EHLO x
            S~ 250
            C| DATA\\r\\n
            @ +300s
            = tls
            = drain
            ! state ready
            x server
            """
        let dialogue = SampleDialogue(name: "x", text: text)
        #expect(dialogue.caption == "RFC 5321 §3.1")
        #expect(
            dialogue.lines == [
                "S: 220 … ready …", "C: EHLO x", "S: 250 …", "C: DATA\\r\\n", "[300s pass]", "[the TLS handshake]",
                "[the server is told to stop]", "[the server closes the connection]",
            ]
        )
    }
}
