import ArgumentParser
import BounceAnalysis
import Foundation
import StatusCodes

/// `martlet explain`: what a code or a reply means, whose turn it is, what to do.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what a status code or a reply means, whose turn it is and what to do. Offline.",
        discussion: """
            Examples:
              martlet explain 5.1.1
              martlet explain 552
              martlet explain "450 4.7.1 Greylisted, please try again in 300 seconds"
              martlet explain 5.7.1-relay-denied --locale de
              martlet explain bounce.eml
              martlet explain --mail -            and then paste the report that came back
              cut -f1 replies.txt | martlet explain - --format json

            With - each line of standard input is a question: plain text, or a JSON object with the keys text, stage, \
            status and provider; a whole mail is recognised as one. --mail takes a report about mail with or without its \
            header. --format sisimai prints an object a line with the keys and reasons of Sisimai's dump.
            """
    )
    @Argument(help: "A code, a reply code, a reply line, a condition id, a file with a bounce; - for standard input.")
    var what: [String] = []
    @Option(help: "A file with a report about mail, or - to paste one.") var mail: String?
    @Option(help: "Whose system said it: google, microsoft, …") var provider: String?
    @Option(help: "When it was said: connect, mail, rcpt, dot, …") var stage: String?
    @Option(help: "The language of the words: \(Catalogue.all.map(\.language).joined(separator: ", ")).")
    var locale: String?
    @Option(help: "text, json (one object a line), or sisimai (the keys of Sisimai's dump).")
    var format: Format = .text
    @OptionGroup var files: TableOptions

    /// How an explanation is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case sisimai
    }

    /// The longest line of standard input that is a question, in octets; a longer one is cut.
    private static let longestQuestion = 8192

    func validate() throws {
        guard what.isEmpty == (mail == nil) else { return }
        throw ValidationError("Say what to explain, or --mail, and not both.")
    }

    func run() async throws {
        let tables = try files.tables()
        if let mail = mail ?? mailFile { return try explain(try Self.ending { try PastedMail(path: mail) }, tables) }
        if what == ["-"] { return try Self.ending { try explainInput(tables) } }
        let question = Question(text: what.joined(separator: " "), stage: stage, provider: provider)
        guard let explanation = explain(question, .person, tables) else {
            throw CommandFailure(
                .badData,
                "this is no status code and no reply: \(question.text.prefix(80)); try 5.1.1, 552, a whole reply line, or "
                    + "--mail for a whole report"
            ).exit()
        }
        switch format {
        case .json: Standard.output(ExplainRecord(explanation: explanation, line: nil).json)
        case .sisimai: Standard.output(SisimaiExplanation(explanation, text: question.text, line: nil).json)
        case .text: Standard.output(explanation.description)
        }
    }

    /// The only word, when it is the path of a file and no code.
    private var mailFile: String? {
        guard what.count == 1, let path = what.first, path != "-" else { return nil }
        var isFolder: ObjCBool = false
        // The function fills the variable in before it returns.
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            return nil
        }
        return Explanation(question: path).map { $0.kind == .reply } ?? true ? path : nil
    }

    private static func ending<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let failure as CommandFailure { throw failure.exit() }
    }

    private func explain(_ mail: PastedMail, _ tables: StatusTables) throws {
        guard stage == nil, provider == nil else {
            let sentence = "a report tells stage and provider itself: leave out --stage and --provider"
            throw CommandFailure(.usage, sentence).exit()
        }
        let analysis = mail.analysis(tables.rules)
        let place = MailPlace(file: mail.name)
        switch format {
        case .json:
            let explanations = ExplanationMembers(catalogue: catalogue, registry: tables.registry)
            Standard.output(AnalysisRecord(analysis: analysis, place: place, explanations: explanations).json)
        case .sisimai: for result in analysis.results { Standard.output(SisimaiRecord(analysis, result, place).json) }
        case .text:
            let text = MailExplanation(analysis: analysis, catalogue: catalogue, registry: tables.registry).text
            if !text.isEmpty { Standard.output(text) }
        }
        guard analysis.kind == .notAReport else { return }
        throw CommandFailure(
            .badData,
            "\(mail.name ?? "this") is no report about mail; try the line with the code alone: martlet explain \"550 …\""
        ).exit()
    }

    private struct Question: Decodable {
        var text: String
        var stage: String?
        var status: String?
        var provider: String?
    }

    private func explainInput(_ tables: StatusTables) throws {
        var input = InputLines(longest: Self.longestQuestion)
        var number = 0
        while let line = try input.next() {
            number += 1
            if number == 1, PastedMail.begins(with: line) {
                let rest = try input.rest(limit: PastedMail.mostOctets - line.count - 1)
                return try explain(PastedMail(bytes: line + [0x0A] + rest), tables)
            }
            let text = String(decoding: line, as: UTF8.self)
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            explain(line: number, text, tables)
        }
    }

    private func explain(line number: Int, _ text: String, _ tables: StatusTables) {
        let object = try? JSONDecoder().decode(Question.self, from: Data(text.utf8))
        let question = object ?? Question(text: text)
        let explanation = explain(question, object == nil ? .person : .report, tables)
        switch (explanation, format) {
        case (_, .sisimai): Standard.output(SisimaiExplanation(explanation, text: question.text, line: number).json)
        case (let explanation?, .json): Standard.output(ExplainRecord(explanation: explanation, line: number).json)
        case (let explanation?, .text): Standard.output("\(number): \(explanation.description)")
        case (nil, .json): Standard.output("{\"line\":\(number),\"kind\":\"not-a-report\",\"results\":[]}")
        case (nil, .text): Standard.output("\(number): no status code and no reply")
        }
    }

    /// The language asked for; in text that of the terminal when none was, in JSON English, so that a script's output
    /// does not change with the place where it runs.
    private var catalogue: Catalogue {
        if let locale { return Catalogue.best(for: [locale]) }
        guard format == .text else { return .en }
        let environment = ProcessInfo.processInfo.environment
        // POSIX: the first of these that is set decides.
        let named = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
        return Catalogue.best(for: named.map { [$0] } ?? [])
    }

    private func explain(_ question: Question, _ source: Explanation.Source, _ tables: StatusTables) -> Explanation? {
        Explanation(
            question: question.text,
            stage: (question.stage ?? stage).flatMap { Stage(said: $0) },
            status: question.status.flatMap(EnhancedStatusCode.init(_:)),
            provider: (question.provider ?? provider).map { Provider(name: $0.lowercased()) },
            source: source,
            rules: tables.rules,
            registry: tables.registry,
            in: catalogue
        )
    }
}

extension Stage {
    /// A stage by its name, or by the SMTP verb that people and reports use for it, in any case.
    init?(said name: String) {
        let name = name.lowercased()
        switch name {
        case "ehlo", "lhlo": self = .helo
        case "conn": self = .connect
        default: self.init(rawValue: name)
        }
    }
}
