import ArgumentParser
import Foundation
import MailFormat
import Relay

/// `martlet sendmail`, also as a program called `sendmail`: takes a message from standard input.
struct SendmailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sendmail",
        abstract: "Take a message from standard input, as the classic sendmail does.",
        discussion: """
            Example:
              printf 'Subject: hello\\n\\nHello.\\n' | martlet sendmail -f me@example.org you@example.net
            """
    )
    @OptionGroup var service: ServiceOptions
    @Flag(name: .customShort("t"), help: "Recipients from To, Cc and Bcc; Bcc is removed.") var fromHeader = false
    @Flag(name: .customShort("i"), help: "A line with a single dot does not end the message.") var ignoreDots = false
    @Option(name: .customShort("f"), help: "The reverse-path.") var sender: String?
    @Option(name: .customShort("r"), help: "The same as -f.") var senderToo: String?
    @Option(name: .customShort("F"), help: "The sender's full name, for a missing From.") var fullName: String?
    @Option(name: .customShort("N"), help: "NOTIFY: never, or success,failure,delay.") var notify: String?
    @Option(name: .customShort("R"), help: "RET: full or hdrs.") var returned: String?
    @Option(name: .customShort("V"), help: "ENVID.") var envelopeID: String?
    @Option(name: .customShort("B"), help: "BODY: 7BIT or 8BITMIME; found out from the message anyway.") var body:
        String?
    @Argument(help: "Recipients.") var recipients: [String] = []

    func run() async throws {
        let input = try LocalMessage.readStandardInput(endsAtDot: !ignoreDots)
        var message = LocalMessage(input)
        let host = try service.hostname()
        var all = recipients.map { LocalMessage.qualified($0, host: host) }
        if fromHeader { all += message.takeRecipients().map { LocalMessage.qualified($0, host: host) } }
        guard !all.isEmpty else { throw CommandFailure(.usage, "no recipients: name them, or use -t").exit() }
        let from = LocalMessage.qualified(sender ?? senderToo ?? LocalMessage.user, host: host)
        message.complete(from: from, fullName: fullName, host: host, now: Moment.now)
        let request = ControlRequest(
            .submit,
            message: .init(
                sender: from == "<>" ? "" : from,
                recipients: all,
                content: message.bytes,
                notify: notify,
                returned: returned,
                envelopeID: envelopeID
            )
        )
        try await service.send(request) { _ in }
    }
}
