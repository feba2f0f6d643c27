import ArgumentParser
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import SMTPTransport

/// `martlet user …`: the accounts that may log in.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Manage the accounts that may log in to submit mail.",
        discussion: """
            A running service sees every change at the next login.

            Examples:
              martlet user add alice@example.net
              martlet user add printer --sender scanner@example.net --password-file /root/printer.password
              martlet user update alice@example.net --disable
              martlet user list --format json
            """,
        subcommands: [Add.self, List.self, Show.self, Update.self, Remove.self]
    )
}

/// Where the accounts are.
struct AccountOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file (default: \(ConfigurationPlaces.text)).")
    var config: String?
    @Option(name: .long, help: "The accounts file, where the configuration file is not at hand.")
    var accounts: String?

    func file() throws -> AccountFile {
        AccountFile(path: try accounts ?? Settings(try ConfigurationPlaces.load(config)).accounts)
    }

    /// Runs work on the file; what goes wrong with it is this command's exit.
    func run<Value>(_ work: (AccountFile) throws -> Value) throws -> Value {
        do {
            return try work(try file())
        } catch let failure as AccountFile.Failure {
            throw CommandFailure(.inputOutput, failure.description).exit()
        } catch let failure as PasswordHashError {
            throw CommandFailure(.internalError, "the password cannot be hashed: \(failure)").exit()
        } catch let failure as CommandFailure {
            throw failure.exit()
        }
    }
}

/// Where a password comes from: never from the command line, which everybody on the machine can read.
struct PasswordOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "Read the password from the first line of this file instead of asking; - is standard input."
    )
    var passwordFile: String?

    func read() throws -> [UInt8] {
        let text: [UInt8]
        switch passwordFile {
        case nil where isatty(STDIN_FILENO) == 1: text = try ask()
        case nil, "-": text = Array((readLine(strippingNewline: true) ?? "").utf8)
        case let file?:
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure(.inputOutput, "\(file) cannot be read")
            }
            text = Array(data.prefix { $0 != 0x0A && $0 != 0x0D })
        }
        guard !text.isEmpty else { throw CommandFailure(.usage, "the password is empty") }
        return text
    }

    private func ask() throws -> [UInt8] {
        let first = try Self.prompt("New password: ")
        guard try first == Self.prompt("Once more: ") else {
            throw CommandFailure(.usage, "the two passwords differ; nothing was changed")
        }
        return first
    }

    /// Asks on the terminal without showing what is typed.
    private static func prompt(_ text: String) throws -> [UInt8] {
        FileHandle.standardError.write(Data(text.utf8))
        var settings = termios()
        // The structures outlive the calls.
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw CommandFailure(.inputOutput, "the terminal cannot be read; use --password-file")
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else {
            throw CommandFailure(.inputOutput, "the terminal would show the password; use --password-file")
        }
        defer {
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return Array((readLine(strippingNewline: true) ?? "").utf8)
    }
}

extension UserCommand {
    /// An account with the secrets of a password.
    fileprivate static func make(_ name: String, _ password: [UInt8]) throws -> Account {
        let made = try Account.make(
            name: name,
            password: password,
            now: Moment.now,
            cost: PasswordHash.Cost(),
            primitives: CryptoPrimitives(),
            salt: CryptoPrimitives.randomOctets(SCRAMVerifier.saltLength)
        )
        guard let made else {
            throw CommandFailure(
                .badData,
                "the password has characters that no client can send (RFC 4013), or is longer than \(PasswordHash.passwordLimit) bytes"
            )
        }
        return made
    }

    fileprivate static func missing(_ name: String) -> CommandFailure {
        CommandFailure(.negative, "there is no account \(name); see: martlet user list")
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Add an account; its password is asked for."
        )
        @Argument(help: "The name to log in with, an address as a rule.")
        var name: String
        @Option(help: "A reverse-path it may use, or @domain for a whole domain; may be repeated. Without: any.")
        var sender: [String] = []
        @Flag(help: "Refuse mechanisms that show the password (PLAIN, LOGIN).")
        var scramOnly = false
        @OptionGroup var password: PasswordOptions
        @OptionGroup var options: AccountOptions

        func run() async throws {
            try options.run { file in
                guard let prepared = CryptoPrimitives().prepare(Array(name.utf8)), !prepared.isEmpty,
                    prepared.count <= 320
                else { throw CommandFailure(.badData, "\(name) is no name that a client can log in with") }
                guard try file.read()[name] == nil else {
                    throw CommandFailure(.negative, "there is an account \(name) already; see: martlet user update")
                }
                var account = try make(String(decoding: prepared, as: UTF8.self), try password.read())
                account.senders = sender
                account.demandsSCRAM = scramOnly
                try file.update { book in
                    guard book[name] == nil else {
                        throw CommandFailure(.negative, "there is an account \(name) already; see: martlet user update")
                    }
                    book[name] = account
                }
                Standard.output("Added \(account.name).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "One line an account.")
        @Option(help: "text or json (one object a line).")
        var format: OutputFormat = .text
        @OptionGroup var options: AccountOptions

        func run() async throws {
            let accounts = try options.run { try $0.read() }.all
            for account in accounts { Standard.output(AccountText(account).line(format)) }
            if accounts.isEmpty && format == .text { Standard.output("No accounts.") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Everything about one account but its secrets."
        )
        @Argument(help: "The account's name.")
        var name: String
        @Option(help: "text or json.")
        var format: OutputFormat = .text
        @OptionGroup var options: AccountOptions

        func run() async throws {
            try options.run { file in
                guard let account = try file.read()[name] else { throw missing(name) }
                let text = AccountText(account)
                if format == .json { return Standard.output(text.line(.json)) }
                for line in text.lines { Standard.output(line) }
            }
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "update", abstract: "Change an account.")
        @Argument(help: "The account's name.")
        var name: String
        @Flag(help: "Set a new password; it is asked for.")
        var password = false
        @Flag(help: "Close it: the right password is answered with 525 5.7.13.")
        var disable = false
        @Flag(help: "Open it again.")
        var enable = false
        @Flag(help: "Refuse mechanisms that show the password (PLAIN, LOGIN).")
        var scramOnly = false
        @Flag(help: "Take every mechanism.")
        var anyMechanism = false
        @Option(help: "Reverse-paths it may use from now on, or @domain; may be repeated.")
        var sender: [String] = []
        @Flag(help: "Let it use any reverse-path.")
        var anySender = false
        @OptionGroup var source: PasswordOptions
        @OptionGroup var options: AccountOptions

        func validate() throws {
            let isSet = password || source.passwordFile != nil
            guard isSet || disable || enable || scramOnly || anyMechanism || anySender || !sender.isEmpty else {
                throw ValidationError("say what to change, for example --password or --disable")
            }
            guard !(disable && enable), !(scramOnly && anyMechanism), !(anySender && !sender.isEmpty) else {
                throw ValidationError("two of these contradict each other")
            }
        }

        func run() async throws {
            try options.run { file in
                guard let known = try file.read()[name] else { throw missing(name) }
                let isSet = password || source.passwordFile != nil
                let fresh = isSet ? try make(known.name, try source.read()) : nil
                try file.update { book in
                    guard var account = book[name] else { throw missing(name) }
                    if let fresh {
                        account.password = fresh.password
                        account.verifier = fresh.verifier
                        account.passwordSet = fresh.passwordSet
                    }
                    if disable || enable { account.isDisabled = disable }
                    if scramOnly || anyMechanism { account.demandsSCRAM = scramOnly }
                    if anySender || !sender.isEmpty { account.senders = sender }
                    book[name] = account
                }
                Standard.output("Changed \(known.name).")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove an account.")
        @Argument(help: "The account's name.")
        var name: String
        @OptionGroup var options: AccountOptions

        func run() async throws {
            try options.run { file in
                try file.update { book in
                    guard book[name] != nil else { throw missing(name) }
                    book[name] = nil
                }
                Standard.output("Removed \(name).")
            }
        }
    }
}

/// An account as people and scripts see it: no hash, no verifier.
struct AccountText {
    let name: String
    let disabled: Bool
    let mechanisms: [String]
    let senders: [String]
    let created: String
    let passwordSet: String

    init(_ account: Account) {
        name = account.name
        disabled = account.isDisabled
        mechanisms = AuthenticationMechanism.allCases.filter { mechanism in
            account.permits(mechanism) && (mechanism != .scramSHA256 || account.verifier != nil)
        }.map(\.name)
        senders = account.senders
        created = Moment.iso(account.created.seconds)
        passwordSet = Moment.iso(account.passwordSet.seconds)
    }

    /// One line a listing.
    func line(_ format: OutputFormat) -> String {
        switch format {
        case .json: json
        case .text:
            name + (disabled ? "  (disabled)" : "") + (senders.isEmpty ? "" : "  as " + senders.joined(separator: ", "))
        }
    }

    private var json: String {
        var object = OrderedObject()
        object.add("name", name)
        object.add("disabled", disabled)
        object.add("mechanisms", mechanisms)
        object.add("senders", senders)
        object.add("created", created)
        object.add("password_set", passwordSet)
        return object.text
    }

    /// Everything, a line a fact.
    var lines: [String] {
        [
            "name:          \(name)", "state:         \(disabled ? "disabled" : "enabled")",
            "mechanisms:    \(mechanisms.joined(separator: " "))",
            "senders:       \(senders.isEmpty ? "any" : senders.joined(separator: " "))", "added:         \(created)",
            "password set:  \(passwordSet)",
        ]
    }
}
