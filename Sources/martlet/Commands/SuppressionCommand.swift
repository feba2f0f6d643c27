import ArgumentParser
import Foundation
import MailFormat
import Relay
import StoreSQLite

/// `martlet suppression …`: who gets no more mail, why, and what to do about it.
struct SuppressionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppression",
        abstract: "Who gets no more mail and why; add, lift, import, export, undo.",
        discussion: """
            An address is suppressed by findings that were its own fault, often enough and far enough apart, or because \
            somebody said so. Mail for it is refused at submission, and fails in the queue without a connection, with \
            the old evidence.

            Examples:
              martlet suppression list --domain example.net
              martlet suppression show anna@example.net
              cut -f1 recipients.txt | martlet suppression preview - --format json
              martlet suppression undo --rule 5.1.1 --since 6h
            """,
        subcommands: [
            List.self, Show.self, Preview.self, Add.self, Remove.self, Import.self, Export.self, Undo.self,
        ],
        defaultSubcommand: List.self
    )
}

extension SuppressionCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "One line a suppressed address or domain."
        )
        @OptionGroup var service: ServiceOptions
        @OptionGroup var filter: SuppressionFilter
        @Option(help: "text or json (one object a line).") var format: OutputFormat = .text

        func run() async throws {
            var count = 0
            try await service.suppressions(.suppressionList, try filter.request()) { item in
                count += 1
                Standard.output(format == .json ? item.json : SuppressionText.row(item))
            }
            guard format == .text else { return }
            Standard.output(count == 0 ? "Nobody is suppressed." : "\(count) address\(count == 1 ? "" : "es").")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Everything that is known against an address or a domain."
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "An address, or @domain.") var address: String
        @Option(help: "text or json.") var format: OutputFormat = .text

        func run() async throws {
            var isKnown = false
            var request = SuppressionRequest()
            request.subjects = [address]
            try await service.suppressions(.suppressionShow, request) { item in
                isKnown = true
                switch format {
                case .json: Standard.output(item.json)
                case .text: SuppressionText.details(item).forEach(Standard.output)
                }
            }
            guard isKnown else {
                throw CommandFailure(.negative, "nothing is known against \(address)").exit()
            }
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "preview",
            abstract: "What would become of mail for addresses, before it is sent.",
            discussion: """
                Without addresses: those that are not suppressed yet, and that one more refusal like the latest would \
                suppress. Exit status 1 when any of the addresses is suppressed.
                """
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "Addresses, or - to read them from standard input, one a line.") var addresses: [String] = []
        @Option(help: "text or json (one object a line).") var format: OutputFormat = .text

        func run() async throws {
            var suppressed = 0
            func show(_ item: SuppressionItem) {
                suppressed += item.suppressed ? 1 : 0
                Standard.output(format == .json ? item.json : SuppressionText.preview(item))
            }
            guard !addresses.isEmpty else {
                return try await service.suppressions(.suppressionPreview, SuppressionRequest(), each: show)
            }
            try await SubjectLines(addresses).forEachChunk { subjects in
                var request = SuppressionRequest()
                request.subjects = subjects
                try await service.suppressions(.suppressionPreview, request, each: show)
            }
            guard suppressed == 0 else { throw ExitCode(CommandFailure.Status.negative.rawValue) }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Suppress addresses or whole domains."
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "Addresses, @domain, or - to read them from standard input, one a line.")
        var addresses: [String]
        @Option(help: "Why; quoted wherever the suppression has an effect.") var reason: String
        @Option(name: .customLong("for"), help: "For how long, such as 30d; until it is lifted when absent.")
        var length: String?
        @Option(help: "Who wants it, beside the user who runs this command.") var by: String?

        func run() async throws {
            let now = Moment.now
            let until = try length.map { text throws(CommandFailure) in try Since.ahead(text, now: now) }
            var count = 0
            try await SubjectLines(addresses).forEachChunk { subjects in
                var question = SuppressionRequest()
                question.subjects = subjects
                question.until = until?.milliseconds
                count += try await service.change(.suppressionAdd, question, reason: reason, by: by)
            }
            Standard.output("\(count) suppressed.")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Lift suppressions, and forget their evidence."
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "Addresses, @domain, or - to read them from standard input, one a line.")
        var addresses: [String]
        @Option(help: "Who wants it, beside the user who runs this command.") var by: String?

        func run() async throws {
            var count = 0
            try await SubjectLines(addresses).forEachChunk { subjects in
                var question = SuppressionRequest()
                question.subjects = subjects
                count += try await service.change(.suppressionRemove, question, reason: nil, by: by)
            }
            guard count > 0 else { throw CommandFailure(.negative, "nothing is known against any of them").exit() }
            Standard.output("\(count) lifted.")
        }
    }

    struct Undo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "undo",
            abstract: "Take back what a rule, or an import, has said since an instant.",
            discussion: """
                After a provider's mistake, or a wrong list: evidence of that rule is forgotten, and whoever is \
                suppressed by it alone gets mail again. --rule takes the id of a rule, with or without its version, or \
                import, complaint, operator.
                """
        )
        @OptionGroup var service: ServiceOptions
        @Option(help: "The rule; see: martlet suppression show.") var rule: String
        @Option(help: "Since when: 2026-01-31T08:00:00Z (RFC 3339), or how long ago: 2h, 1d12h.") var since: String
        @Flag(help: "Only show what would be taken back.") var dryRun = false
        @Option(help: "Who wants it, beside the user who runs this command.") var by: String?

        func run() async throws {
            var question = SuppressionRequest()
            question.rule = rule
            question.since = try Since.read(since, now: Moment.now).milliseconds
            question.all = true
            question.isTrial = dryRun ? true : nil
            let count = try await service.change(.suppressionUndo, question, reason: nil, by: by) { item in
                Standard.output(SuppressionText.row(item))
            }
            guard count > 0 else { throw CommandFailure(.negative, "no evidence of that rule since then").exit() }
            let verb = dryRun ? "would be corrected" : "corrected"
            Standard.output("\(count) address\(count == 1 ? "" : "es") \(verb).")
        }
    }
}

/// Which suppressions a listing shows: all that is given must hold.
struct SuppressionFilter: ParsableArguments {
    @Option(help: "Only addresses of this domain.") var domain: String?
    @Option(help: "Only what rests on this cause, such as user-unknown.") var cause: String?
    @Option(help: "Only what rests on this rule, or comes from: operator, import, complaint.") var rule: String?
    @Option(help: "Only what was seen or said since then: 2026-01-31T08:00:00Z (RFC 3339), or how long ago: 2h, 1d12h.")
    var since: String?
    @Flag(help: "Also what is not enough to suppress, and what is over.") var all = false

    func request() throws -> SuppressionRequest {
        var request = SuppressionRequest()
        request.domain = domain
        request.cause = cause
        request.rule = rule
        request.since = try since.map { try Since.read($0, now: Moment.now).milliseconds }
        request.all = all ? true : nil
        return request
    }
}
