import Foundation
import StatusCodes
import Testing

/// `martlet explain` for whole reports: from files, from standard input, with and without a header.
@Suite struct `The explain command` {
    private static let report = """
        Return-Path: <>
        From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
        To: olivia@example.org
        Subject: Undelivered mail returned to sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

        --=_b
        Content-Type: text/plain; charset=utf-8

        Your letter did not arrive everywhere.

        --=_b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.org

        Final-Recipient: rfc822; bob@example.net
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>: user unknown

        Final-Recipient: rfc822; rob@example.net
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 <rob@example.net>: user unknown

        Final-Recipient: rfc822; eve@example.com
        Action: delayed
        Status: 4.2.2
        Diagnostic-Code: smtp; 452 4.2.2 mailbox \u{1B}[2Jfull

        --=_b
        Content-Type: message/rfc822

        Message-ID: <letter.1@example.org>
        From: olivia@example.org
        Subject: The harvest report

        Dear friends.

        --=_b--

        """

    /// What a mail program shows of a report, as a person marks and copies it.
    private static let pasted = """

        Your message could not be delivered to the following recipients:

        bob@example.net
        host mail.example.net[192.0.2.4] said: 550 5.1.1 <bob@example.net>: user unknown (in reply to RCPT TO command)

        """

    private static let complaint = """
        From: complaints@example.net
        To: olivia@example.org
        Subject: FW: The harvest report
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary=b

        --b
        Content-Type: message/feedback-report

        Feedback-Type: abuse
        User-Agent: Reporter/1
        Version: 1
        Original-Rcpt-To: <bob@example.net>

        --b
        Content-Type: message/rfc822

        From: olivia@example.org
        Subject: The harvest report

        Dear friend.

        --b--

        """

    private static let letter = "From: bob@example.net\nTo: olivia@example.org\nSubject: Harvest\n\nThank you for it.\n"

    private func title(_ cause: Cause, _ catalogue: Catalogue = .en) -> String { catalogue.entry(of: cause).title }

    private func objects(_ outcome: Executable.Outcome) throws -> [[String: Any]] {
        try outcome.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test func `A report is explained once for those whose fate is the same, with what was said of each`() async throws
    {
        let outcome = try await Executable.run(["explain", "--locale", "en", "--mail", "-"], input: Self.report)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let paragraphs = outcome.output.components(separatedBy: "\n\n<")
        #expect(
            paragraphs.first?.hasPrefix(
                """
                <bob@example.net>
                  550 5.1.1 <bob@example.net>: user unknown
                <rob@example.net>
                  550 5.1.1 <rob@example.net>: user unknown
                5.1.1 \(title(.userUnknown))
                \(Catalogue.en.entry(of: .userUnknown).what)
                """
            ) == true,
            "\(outcome.output)"
        )
        let second = try #require(paragraphs.last)
        // A peer must not write on our terminal.
        #expect(second.hasPrefix("eve@example.com>\n  452 4.2.2 mailbox ?[2Jfull\n4.2.2 \(title(.mailboxFull))\n"))
        for step in Catalogue.en.senderSteps(for: .mailboxFull) { #expect(second.contains("\n- \(step)\n")) }
    }

    @Test(arguments: Catalogue.all.map(\.language))
    func `It is explained in the reader's language, in text and in JSON`(language: String) async throws {
        let catalogue = Catalogue.best(for: [language])
        let words = ["explain", "--mail", "-", "--locale", language]
        let text = try await Executable.run(words, input: Self.report)
        #expect(text.output.contains("\n5.1.1 \(title(.userUnknown, catalogue))\n"))
        #expect(text.output.contains("\n\(catalogue.senderLabel)\n"))
        let json = try objects(try await Executable.run(words + ["--format", "json"], input: Self.report))
        let results = try #require(json.first?["results"] as? [[String: Any]])
        let titles = [Cause.userUnknown, .userUnknown, .mailboxFull].map { title($0, catalogue) }
        #expect(results.map { $0["title"] as? String } == titles)
        let remedy = catalogue.senderSteps(for: .mailboxFull) + catalogue.operatorSteps(for: .mailboxFull)
        #expect(results.last?["remedy"] as? [String] == remedy)
    }

    @Test func `JSON is one object with the keys of analyze`() async throws {
        let scene = try CommandScene()
        try scene.write("bounce.eml", Self.report)
        let path = "\(scene.folder)/bounce.eml"
        let outcome = try await Executable.run(["explain", path, "--format", "json"])
        #expect(outcome.status == 0 && outcome.lines.count == 1)
        let object = try #require(try objects(outcome).first)
        #expect(object["file"] as? String == path && object["kind"] as? String == "bounce")
        #expect(object["reporting_mta"] as? String == "mx.example.org")
        #expect(object["message_id"] as? String == "letter.1@example.org")
        let results = try #require(object["results"] as? [[String: Any]])
        #expect(
            results.map { $0["recipient"] as? String } == ["bob@example.net", "rob@example.net", "eve@example.com"]
        )
        #expect(results.map { $0["action"] as? String } == ["failed", "failed", "delayed"])
        #expect(results.map { $0["bounce"] as? String } == ["hard", "hard", "soft"])
        let analyzed = try await Executable.run(["analyze", path, "--format", "json"])
        #expect(analyzed.output == outcome.output)
    }

    @Test func `A file and a mail on standard input are told from a code by themselves`() async throws {
        let scene = try CommandScene()
        try scene.write("bounce.txt", Self.report)
        let named = try await Executable.run(["explain", "--mail", "\(scene.folder)/bounce.txt", "--locale", "en"])
        #expect(named.status == 0)
        let found = try await Executable.run(["explain", "\(scene.folder)/bounce.txt", "--locale", "en"])
        #expect(found.output == named.output && found.status == 0)
        for input in [Self.report, "From nobody Mon Jan  5 10:00:05 2026\n" + Self.report] {
            let piped = try await Executable.run(["explain", "-", "--locale", "en"], input: input)
            #expect(piped.output == named.output && piped.status == 0)
        }
    }

    @Test func `What a person copied out of a mail program is enough`() async throws {
        let words = ["explain", "--mail", "-", "--format", "json"]
        let object = try #require(try objects(try await Executable.run(words, input: Self.pasted)).first)
        #expect(object["kind"] as? String == "bounce")
        let result = try #require((object["results"] as? [[String: Any]])?.first)
        #expect(result["recipient"] as? String == "bob@example.net")
        #expect(result["status"] as? String == "5.1.1" && result["reply"] as? Int == 550)
        #expect(result["cause"] as? String == "user-unknown" && result["stage"] as? String == "rcpt")
        #expect(result["remote_mta"] as? String == "mail.example.net")
    }

    @Test func `A complaint is explained as what it is`() async throws {
        let words = ["explain", "--mail", "-", "--locale", "de"]
        let entry = Catalogue.de.entry(of: .complaint)
        let text = try await Executable.run(words, input: Self.complaint)
        #expect(text.status == 0)
        #expect(text.output == "<bob@example.net>\n\(entry.title)\n\(entry.what)\n")
        let json = try objects(try await Executable.run(words + ["--format", "json"], input: Self.complaint))
        let result = try #require((json.first?["results"] as? [[String: Any]])?.first)
        #expect(json.first?["kind"] as? String == "feedback" && result["title"] as? String == entry.title)
    }

    @Test(arguments: [letter, "Dear Olivia,\n\nthank you for the harvest.\n", ""])
    func `What is no report is 65, with what to do instead`(text: String) async throws {
        let outcome = try await Executable.run(["explain", "--mail", "-"], input: text)
        #expect(outcome.status == 65 && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("martlet: this is no report about mail; try the line with the code alone"))
        let json = try await Executable.run(["explain", "--mail", "-", "--format", "json"], input: text)
        #expect(json.status == 65)
        #expect(try objects(json).first?["kind"] as? String == "not-a-report")
    }

    @Test func `An operator's rules hold for reports too`() async throws {
        let scene = try CommandScene()
        try scene.write("r.csv", "rule,status,cause,basis\nours,X.1.1,mailbox-disabled,told by phone\n")
        let outcome = try await Executable.run(
            ["explain", "--mail", "-", "--rules", "\(scene.folder)/r.csv", "--format", "json"],
            input: Self.report
        )
        let results = try #require(try objects(outcome).first?["results"] as? [[String: Any]])
        #expect(results.map { $0["cause"] as? String } == ["mailbox-disabled", "mailbox-disabled", "mailbox-full"])
    }

    @Test func `An operator's rules hold for archives too, for mails alone and in an mbox`() async throws {
        let scene = try CommandScene()
        try scene.write("r.csv", "rule,status,cause,basis\nours,X.1.1,mailbox-disabled,told by phone\n")
        try scene.write("one.eml", Self.report)
        try scene.write("box", "From x@example.net Thu Jan  1 00:00:00 2026\n\(Self.report)\n")
        for file in ["one.eml", "box"] {
            let words = ["analyze", "\(scene.folder)/\(file)", "--format", "json"]
            func causes(_ more: [String]) async throws -> [String?] {
                let outcome = try await Executable.run(words + more)
                let results = try #require(try objects(outcome).first?["results"] as? [[String: Any]])
                return results.map { $0["cause"] as? String }
            }
            let (without, with) = (try await causes([]), try await causes(["--rules", "\(scene.folder)/r.csv"]))
            #expect(without == ["user-unknown", "user-unknown", "mailbox-full"])
            #expect(with == ["mailbox-disabled", "mailbox-disabled", "mailbox-full"])
        }
        let missing = try await Executable.run(["analyze", "\(scene.folder)/one.eml", "--rules", "/nowhere/r.csv"])
        #expect(missing.status == 74 && missing.output.isEmpty)
        let handed = try await Executable.run(["analyze", "--intake", "-", "--rules", "\(scene.folder)/r.csv"])
        #expect(handed.status == 64 && handed.errors.contains("the service judges"))
    }

    @Test func `Sisimai's keys are one object an address`() async throws {
        let outcome = try await Executable.run(["explain", "--mail", "-", "--format", "sisimai"], input: Self.report)
        let objects = try objects(outcome)
        #expect(objects.map { $0["reason"] as? String } == ["userunknown", "userunknown", "mailboxfull"])
        #expect(
            objects.map { $0["recipient"] as? String } == ["bob@example.net", "rob@example.net", "eve@example.com"]
        )
    }

    @Test(arguments: [
        (["explain"], 64, "Say what to explain"), (["explain", "5.1.1", "--mail", "-"], 64, "not both"),
        (["explain", "--mail", "/nowhere/x.eml"], 74, "/nowhere/x.eml cannot be read"),
        (["explain", "--mail", "-", "--stage", "rcpt"], 64, "leave out --stage and --provider"),
        (["explain", "/nowhere/x.eml"], 65, "--mail for a whole report"),
    ])
    func `What cannot be explained is said with an exit status`(words: [String], status: Int32, sentence: String)
        async throws
    {
        let outcome = try await Executable.run(words)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
    }

    @Test func `Questions go on line by line, however long one is`() async throws {
        let input = "550 5.1.1 x\r\n\n452 4.2.2 \u{E9}\n" + String(repeating: "x", count: 20_000) + "\n4.7.1"
        let outcome = try await Executable.run(["explain", "-", "--format", "json"], input: input)
        let objects = try objects(outcome)
        #expect(objects.map { $0["line"] as? Int } == [1, 3, 4, 5])
        #expect(objects.map { $0["kind"] as? String } == ["reply", "reply", "not-a-report", "code"])
    }
}
