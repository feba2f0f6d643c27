import ArgumentParser
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes

/// `martlet sendmail`, also as a program called `sendmail`, `mailq` or `newaliases`.
struct SendmailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sendmail",
        abstract: "Take a message from standard input, as the classic sendmail does.",
        discussion: """
            Flags, as of old, also in clusters (-ti) and with their values joined (-fme@example.org):
              -t            recipients from To, Cc and Bcc, beside those named; Bcc is removed
              -i, -oi       a line with a single dot does not end the message
              -f ADDRESS    the reverse-path; <> for none. -r is the same
              -F NAME       the sender's full name, for a missing From
              -N WHEN       NOTIFY: never, or some of success,failure,delay
              -R WHAT       RET: full or hdrs
              -V ID         ENVID
              -B TYPE       BODY: 7BIT or 8BITMIME; found out from the message anyway
              -G            another system's message: no field is added, no name completed
              -v            say the queue id
              -bm           take a message (the default)
              -bs           speak SMTP on standard input and output
              -bp           list the queue, as mailq does
              -bi           as newaliases: there is no alias database to build
              -q            attempt now what waits; -qIid, -qRdomain, -qSaddress a part of it
            Any other -o…, and -A -C -L -O -U -X -e -h -m -n -p, are taken and mean nothing here.

            Names without a domain get ours. While no service answers, the message is left in the drop directory (the \
            key drop of the configuration), and the service takes it when it is back.

            Example:
              printf 'Subject: hello\\n\\nHello.\\n' | martlet sendmail -f me@example.org you@example.net
            """
    )
    @OptionGroup var service: ServiceOptions
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Flags and recipients.", valueName: "flags-and-recipients")
    )
    var arguments: [String] = []

    func run() async throws {
        guard !arguments.contains("--help") else { throw CleanExit.helpRequest(self) }
        let arguments = try SendmailArguments(arguments)
        var service = service
        service.config = arguments.config ?? service.config
        service.control = arguments.control ?? service.control
        switch arguments.mode {
        case .deliver: try await deliver(arguments, service)
        case .converse: try await converse(service)
        case .list: try await QueueCommand.List.parse(service.arguments).run()
        case .aliases: Standard.output("There is no alias database: mailboxes are in the configuration file.")
        case .retry(let choice):
            try await service.send(ControlRequest(.queueRetry, selector: choice.selector)) { _ in }
        }
    }

    /// The login name of the caller.
    private static var user: String { NSUserName().isEmpty ? "postmaster" : NSUserName() }

    // MARK: One message

    private func deliver(_ arguments: SendmailArguments, _ service: ServiceOptions) async throws {
        let host = try service.hostname()
        let input = try Self.standardInput()
        let message = try LocalMessage(LocalMessage.lines(input, endsAtDot: !arguments.ignoresDots))
        var recipients = arguments.recipients.flatMap { AddressList.addresses($0) }
        if arguments.readsHeader { recipients += message.recipients }
        guard !recipients.isEmpty else {
            throw arguments.readsHeader
                ? CommandFailure(.badData, "no recipients: there are none in To, Cc and Bcc, and none are named")
                : CommandFailure(.usage, "no recipients: name them, or use -t")
        }
        var completion = LocalMessage.Completion(
            sender: try Self.sender(arguments.sender ?? Self.user, host: host),
            host: host,
            now: Moment.now,
            id: UUID().uuidString.lowercased()
        )
        completion.fullName = arguments.fullName
        completion.dropsBlindCopies = arguments.readsHeader
        completion.isForeign = arguments.isForeign
        var request = ControlRequest.Message(
            sender: completion.sender,
            recipients: Self.unique(recipients.map { $0.qualified(host) }),
            content: Data(message.content(completion)),
            notify: arguments.notify,
            returned: arguments.returned,
            envelopeID: arguments.envelopeID
        )
        request.key = completion.id
        let outcome = try await service.submission().submit(request)
        guard arguments.isVerbose else { return }
        switch outcome {
        case .queued(let id): Standard.output("queued as \(id)")
        case .dropped: Standard.output("left in the drop directory for the service")
        }
    }

    /// The reverse-path: one address, a bare name with our domain, or none for `<>`.
    private static func sender(_ text: String, host: String) throws(CommandFailure) -> String {
        let plain = text.filter { !$0.isWhitespace }
        if plain.isEmpty || plain == "<>" { return "" }
        let found = AddressList.addresses(text)
        guard let first = found.first, found.count == 1 else {
            throw CommandFailure(.badData, "\(text) is not one mail address")
        }
        return first.qualified(host)
    }

    /// Each address once, in the order of their first mention.
    private static func unique(_ addresses: [String]) -> [String] {
        var seen: Set<String> = []
        return addresses.filter { seen.insert($0).inserted }
    }

    private static func standardInput() throws -> [UInt8] {
        var input: [UInt8] = []
        while true {
            let chunk = try StandardInput.read()
            guard !chunk.isEmpty else { return input }
            input += chunk
            guard input.count <= LocalMessage.sizeLimit else {
                throw CommandFailure(.badData, "the message is larger than \(LocalMessage.sizeLimit >> 20) MiB")
            }
        }
    }

    // MARK: SMTP

    private func converse(_ service: ServiceOptions) async throws {
        let host = try service.hostname()
        let submission = try service.submission()
        let world = LocalSession.World(
            read: { try StandardInput.read() },
            write: { Standard.put($0) },
            submit: { await Self.reply(to: $0, host: host, submission) }
        )
        try await LocalSession(hostname: host, world: world).run()
    }

    private static func reply(
        to taken: LocalSession.Message,
        host: String,
        _ submission: LocalSubmission
    ) async -> Reply {
        let id = UUID().uuidString.lowercased()
        var completion = LocalMessage.Completion(
            sender: taken.envelope.text(taken.envelope.reversePath),
            host: host,
            now: Moment.now,
            id: id
        )
        completion.trace = trace(taken, host: host, id: id, completion.now)
        do {
            let content = try LocalMessage(taken.content).content(completion)
            var request = ControlRequest.Message(taken.envelope, content: Data(content), host: host)
            request.key = id
            switch try await submission.submit(request) {
            case .queued(let id): return Reply(.queued, "queued as \(id)")
            case .dropped: return Reply(.queued, "left in the drop directory for the service")
            }
        } catch let failure as CommandFailure {
            let isForEver = failure.status == CommandFailure.Status.badData.rawValue
            return Reply(isForEver ? .contentMalformed : .localError, failure.description)
        } catch {
            return Reply(.localError)
        }
    }

    /// RFC 5321 §4.4: whoever takes a message by SMTP says so.
    private static func trace(_ taken: LocalSession.Message, host: String, id: String, _ now: Timestamp) -> [UInt8] {
        var transmission: ReceivedField.Transmission = taken.isExtended ? .extended : []
        if taken.envelope.smtpUTF8 { transmission.insert(.internationalized) }
        var bytes: [UInt8] = []
        ReceivedField(
            clientName: taken.client,
            clientAddress: "",
            hostname: host,
            transmission: transmission,
            id: id,
            date: now
        ).append(to: &bytes)
        return bytes
    }
}

extension SendmailArguments.Choice {
    /// The recipients that it means.
    fileprivate var selector: ControlRequest.Selector {
        switch self {
        case .all: ControlRequest.Selector(all: true)
        case .id(let id): ControlRequest.Selector(ids: [id])
        case .destination(let domain): ControlRequest.Selector(destination: domain)
        case .sender(let address): ControlRequest.Selector(sender: address)
        }
    }
}
