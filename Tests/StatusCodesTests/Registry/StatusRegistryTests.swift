import Foundation
import StatusCodes
import Testing

/// A newer registry that is loaded without a release.
@Suite struct StatusRegistryTests {
    private func file(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: folder.appending(path: "Registry/\(name).csv")))
    }

    @Test func `the registry's own files read at run time are what is compiled`() throws {
        let statuses = try file("enhanced-status-codes")
        let replies = try file("reply-codes")
        let registry = try StatusRegistry.builtIn.replacingStatuses(with: statuses.span)
            .replacingReplies(with: replies.span)
        #expect(registry.statuses == RegisteredStatus.all)
        #expect(registry.replies == ReplyMeaning.all)
    }

    @Test func `a code registered tomorrow is explained by its title`() throws {
        let text =
            "code,title,classes,classes_basis,basic_codes,reference,submitter_or_changed_by,notes\n"
            + "X.7.99,Message from the future,\"4,5\",stated,550;450,RFC9999,A. Clerk,\n"
        let file = Array(text.utf8)
        let registry = try StatusRegistry.builtIn.replacingStatuses(with: file.span)
        let explanation = try #require(Explanation(question: "5.7.99", registry: registry))
        #expect(explanation.title == "Message from the future")
        #expect(explanation.registration?.reference == "RFC9999")
        #expect(explanation.registration?.replyCodes.map(\.rawValue) == [550, 450])
        #expect(try #require(Explanation(question: "5.7.99")).registration == nil)
    }

    @Test func `a code registered tomorrow is no longer one that nobody registered`() throws {
        let file = Array("code,title,classes\nX.7.55,Message from the future,5\nX.9.1,Beyond all subjects,5\n".utf8)
        let registry = try StatusRegistry.builtIn.replacingStatuses(with: file.span)
        let text = Array("rule,status,cause,basis\nours,vague,spam,we asked\n".utf8)
        let rules = try DecisionRules(adding: text.span)
        let newer = rules.following(registry)
        func rule(_ line: String, _ rules: DecisionRules) -> String {
            rules.decide(Evidence(stage: .rcpt, reply: PrintedReply(parsing: line))).rule.name
        }
        #expect(rule("550 5.7.55 x", rules) == "ours")
        #expect(rule("550 5.7.55 x", newer) != "ours")
        // What the newer file lacks is registered no more; a subject that nobody knows stays vague.
        #expect(rule("550 5.7.2 x", rules) != "ours")
        #expect(rule("550 5.7.2 x", newer) == "ours")
        #expect(rule("550 5.9.1 x", newer) == "ours")
        #expect(newer.version != rules.version && newer.version.hasPrefix(rules.version))
        #expect(newer.rules.map(\.name) == rules.rules.map(\.name))
        // The same registry changes nothing.
        #expect(rules.following(.builtIn).version == rules.version)
    }

    @Test func `a reply code registered tomorrow has its meaning`() throws {
        let file = Array(
            "code,meaning,standard,reference,emit_enhanced,context\n599,Come back,yes,RFC9999,5.7.1,any\n".utf8
        )
        let registry = try StatusRegistry.builtIn.replacingReplies(with: file.span)
        let explanation = try #require(Explanation(question: "599", registry: registry))
        #expect(explanation.replyMeanings.map(\.meaning) == ["Come back"])
        #expect(registry.statuses == RegisteredStatus.all)
    }

    @Test(arguments: [
        ("code,title,classes\n5.1.1,x,5\n", "line 2: code: 5.1.1 is not of the form X.1.2"),
        ("code,title,classes\nX.1.1,x,3\n", "line 2: classes: 3 is not 2, 4 or 5"),
        ("code,title,classes\nX.1.1,,5\n", "line 2: title: there is none"),
        ("code,title,classes\nX.1.1,x,5\nX.1.1,y,5\n", "line 3: code: X.1.1 is there twice"),
        ("code,title\n", "line 1: the column classes is missing"),
    ])
    func `a wrong status file is refused with its line`(text: String, message: String) {
        let file = Array(text.utf8)
        let error = #expect(throws: DataFileError.self) {
            try StatusRegistry.builtIn.replacingStatuses(with: file.span)
        }
        #expect(error.map(String.init(describing:)) == message)
    }

    @Test(arguments: [
        ("code,meaning,standard\n5x0,x,yes\n", "line 2: code: 5x0 is not three digits"),
        ("code,meaning,standard\n550,x,perhaps\n", "line 2: standard: yes or no is expected"),
        ("code,meaning,standard,emit_enhanced\n550,x,yes,5.1\n", "line 2: emit_enhanced: 5.1 is no code"),
    ])
    func `a wrong file of reply codes is refused with its line`(text: String, message: String) {
        let file = Array(text.utf8)
        let error = #expect(throws: DataFileError.self) { try StatusRegistry.builtIn.replacingReplies(with: file.span) }
        #expect(error.map(String.init(describing:)) == message)
    }
}
