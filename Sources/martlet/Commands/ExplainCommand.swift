import ArgumentParser
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
              cut -f1 replies.txt | martlet explain - --format json

            With - each line of standard input is a question: plain text, or a JSON object with the keys text, stage, \
            status and provider.
            """
    )
    @Argument(help: "A code, a reply code, a whole reply line, a condition id, or - for standard input.")
    var what: [String]
    @Option(help: "Whose system said it: google, microsoft, …") var provider: String?
    @Option(help: "When it was said: connect, mail, rcpt, dot, …") var stage: String?
    @Option(help: "The language of the words: \(Catalogue.all.map(\.language).joined(separator: ", ")).")
    var locale: String?
    @Option(help: "text or json (one object a line).") var format: OutputFormat = .text

    /// The longest line of standard input that is a question; a longer one is cut.
    private static let longestQuestion = 8192

    func run() async throws {
        if what == ["-"] { return try explainLines() }
        let question = what.joined(separator: " ")
        guard let explanation = explain(question, stage: stage, status: nil, provider: provider) else {
            throw CommandFailure(
                .badData,
                "this is no status code and no reply: \(question.prefix(80)); try 5.1.1, 552, or a whole reply line"
            ).exit()
        }
        switch format {
        case .json: Standard.output(ExplainRecord(explanation: explanation, line: nil).json)
        case .text: Standard.output(explanation.description)
        }
    }

    private struct Question: Decodable {
        var text: String
        var stage: String?
        var status: String?
        var provider: String?
    }

    private func explainLines() throws {
        var number = 0
        while let line = readLine() {
            number += 1
            let text = String(line.prefix(Self.longestQuestion))
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            let question =
                (try? JSONDecoder().decode(Question.self, from: Data(text.utf8)))
                ?? Question(text: text, stage: stage, status: nil, provider: provider)
            let explanation = explain(
                question.text,
                stage: question.stage ?? stage,
                status: question.status,
                provider: question.provider ?? provider
            )
            switch (explanation, format) {
            case (let explanation?, .json): Standard.output(ExplainRecord(explanation: explanation, line: number).json)
            case (let explanation?, .text): Standard.output("\(number): \(explanation.description)")
            case (nil, .json): Standard.output("{\"line\":\(number),\"kind\":\"not-a-report\",\"results\":[]}")
            case (nil, .text): Standard.output("\(number): no status code and no reply")
            }
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

    private func explain(_ text: String, stage: String?, status: String?, provider: String?) -> Explanation? {
        Explanation(
            question: text,
            stage: stage.flatMap(Stage.init(rawValue:)) ?? .rcpt,
            status: status.flatMap(EnhancedStatusCode.init(_:)),
            provider: provider.map { Provider(name: $0.lowercased()) },
            in: catalogue
        )
    }
}
