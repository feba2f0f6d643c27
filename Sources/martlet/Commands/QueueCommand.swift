import ArgumentParser
import Foundation
import Relay

/// `martlet queue …`: what waits, why, and what to do about it.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Look at the queue and act on it.",
        discussion: """
            Selectors choose recipients; all that are given must hold. Ids may come from standard input with `-`.

            Examples:
              martlet queue list
              martlet queue why 01m5x2k8q4r7t
              martlet queue retry --destination example.net
              martlet queue list --format json | jq -r .queue_id | martlet queue hold - --reason "looking into it"
            """,
        subcommands: [
            List.self, Show.self, Why.self, Retry.self, HoldCommand.self, Release.self, Fail.self, Delete.self,
            Check.self,
        ],
        defaultSubcommand: List.self
    )
}

/// Which recipients a queue command is about.
struct QueueSelector: ParsableArguments {
    @Argument(help: "Queue ids, or - to read them from standard input.")
    var ids: [String] = []
    @Option(help: "Only this recipient address.")
    var recipient: String?
    @Option(help: "Only this sender (reverse-path); <> for reports.")
    var sender: String?
    @Option(help: "Only recipients of this domain.")
    var destination: String?
    @Option(help: "Only recipients whose last status is this: 4.7.1, 4.7.* or 4.*.")
    var status: String?
    @Flag(help: "Everything in the queue.")
    var all = false

    func selector(required: Bool) throws -> ControlRequest.Selector {
        var ids = ids
        if ids == ["-"] {
            ids = []
            while let line = readLine() {
                let id = line.trimmingCharacters(in: .whitespaces)
                if !id.isEmpty { ids.append(id) }
            }
            guard !ids.isEmpty else { throw CommandFailure(.negative, "no ids on standard input").exit() }
        }
        let isEmpty = ids.isEmpty && recipient == nil && sender == nil && destination == nil && status == nil
        if required && isEmpty && !all {
            throw CommandFailure(.usage, "say which recipients: ids, a selector such as --destination, or --all").exit()
        }
        return ControlRequest.Selector(
            ids: ids.isEmpty ? nil : ids,
            recipient: recipient,
            sender: sender,
            destination: destination,
            status: status,
            all: all ? true : nil
        )
    }
}

extension QueueCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "One line a message.")
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selector: QueueSelector
        @Option(help: "text or json (one object a line, keys of postqueue -j first).")
        var format: OutputFormat = .text

        func run() async throws {
            var count = 0
            try await service.messages(ControlRequest(.queueList, selector: try selector.selector(required: false))) {
                item in
                count += 1
                switch format {
                case .json: Standard.output(item.json)
                case .text:
                    if count == 1 { Standard.output(QueueText.header) }
                    Standard.output(QueueText.row(item))
                }
            }
            if format == .text {
                Standard.output(count == 0 ? "The queue is empty." : "\(count) message\(count == 1 ? "" : "s").")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "One message with everything known about it."
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "The queue id.") var id: String
        @Option(help: "text or json.") var format: OutputFormat = .text

        func run() async throws { try await show(.queueShow, service, id, format, text: QueueText.details) }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "why",
            abstract:
                "Why a message is still here: each attempt, its finding and rule, what it waits for; what became of one that is not."
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "The queue id.") var id: String
        @Option(help: "text or json.") var format: OutputFormat = .text

        func run() async throws { try await show(.queueWhy, service, id, format, text: QueueText.why) }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Attempt the selected recipients now."
        )
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selector: QueueSelector

        func run() async throws {
            try await act(.queueRetry, service, selector, reason: nil, done: "will be attempted now")
        }
    }

    struct HoldCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hold",
            abstract: "Stop the selected recipients until they are released; expiry goes on."
        )
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selector: QueueSelector
        @Option(help: "Why; shown by queue why.") var reason: String
        @Option(help: "Who wants it, beside the user who runs this command; shown by queue why.")
        var by: String?

        func run() async throws { try await act(.queueHold, service, selector, reason: reason, by: by, done: "held") }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "release", abstract: "Let held recipients go on.")
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selector: QueueSelector

        func run() async throws { try await act(.queueRelease, service, selector, reason: nil, done: "released") }
    }

    struct Fail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fail",
            abstract: "Give up on the selected recipients; their senders get a report."
        )
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selector: QueueSelector
        @Option(help: "Why; goes into the report.") var reason: String = "cancelled by the operator"

        func run() async throws { try await act(.queueFail, service, selector, reason: reason, done: "failed") }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Remove messages without delivery or report; audited."
        )
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selector: QueueSelector
        @Option(help: "Why; kept in the audit record.") var reason: String = "deleted by the operator"
        @Option(help: "Who wants it, beside the user who runs this command; kept in the audit record.")
        var by: String?

        func run() async throws {
            try await act(.queueDelete, service, selector, reason: reason, by: by, done: "deleted")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract:
                "Prove that every recipient is done, leased, scheduled or held, and that no content is lost or left."
        )
        @OptionGroup var service: ServiceOptions
        @Option(help: "text or json (one object a problem).") var format: OutputFormat = .text

        func run() async throws {
            var problems = 0
            try await service.send(ControlRequest(.queueCheck)) { answer in
                guard case .line(let sentence) = answer else { return }
                problems += 1
                switch format {
                case .text: Standard.output(sentence)
                case .json:
                    var object = OrderedObject()
                    object.add("problem", sentence)
                    Standard.output(object.text)
                }
            }
            guard problems == 0 else { throw ExitCode(CommandFailure.Status.negative.rawValue) }
            if format == .text { Standard.output("The queue is sound.") }
        }
    }

    private static func show(
        _ verb: ControlRequest.Verb,
        _ service: ServiceOptions,
        _ id: String,
        _ format: OutputFormat,
        text: (QueueItem) -> [String]
    ) async throws {
        var found = false
        try await service.messages(ControlRequest(verb, selector: .init(ids: [id]))) { item in
            found = true
            switch format {
            case .json: Standard.output(item.json)
            case .text: text(item).forEach(Standard.output)
            }
        }
        guard found else {
            throw CommandFailure(
                .negative,
                "no message \(id) in the queue: it was delivered, returned or deleted; see the log"
            ).exit()
        }
    }

    private static func act(
        _ verb: ControlRequest.Verb,
        _ service: ServiceOptions,
        _ selector: QueueSelector,
        reason: String?,
        by: String? = nil,
        done: String
    ) async throws {
        var count = 0
        let request = ControlRequest(verb, selector: try selector.selector(required: true), reason: reason, by: by)
        try await service.send(request) { answer in if case .end(let touched) = answer { count = touched } }
        guard count > 0 else { throw CommandFailure(.negative, "nothing in the queue matches").exit() }
        Standard.output("\(count) \(verb == .queueDelete ? "message" : "recipient")\(count == 1 ? "" : "s") \(done).")
    }
}
