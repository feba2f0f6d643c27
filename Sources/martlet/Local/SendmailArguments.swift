/// The command line of the classic `sendmail`: clusters of one-letter flags, values joined or apart.
struct SendmailArguments: Hashable {
    /// What is wanted.
    enum Mode: Hashable {
        /// Take a message from standard input (`-bm`, and without any `-b`).
        case deliver
        /// Speak SMTP on standard input and output (`-bs`).
        case converse
        /// List the queue (`-bp`, and as `mailq`).
        case list
        /// Build the alias database (`-bi`, and as `newaliases`).
        case aliases
        /// Attempt what waits (`-q`).
        case retry(Choice)
    }

    /// What of the queue `-q` means.
    enum Choice: Hashable {
        case all
        /// One message (`-qIid`).
        case id(String)
        /// Recipients of a domain (`-qRdomain`).
        case destination(String)
        /// Mail of a sender (`-qSaddress`).
        case sender(String)
    }

    var mode = Mode.deliver
    /// Recipients come from the header (`-t`).
    var readsHeader = false
    /// A line with a single dot does not end the message (`-i`, `-oi`).
    var ignoresDots = false
    /// Say what became of it (`-v`).
    var isVerbose = false
    /// It is another system's message (`-G`).
    var isForeign = false
    /// The reverse-path (`-f`, `-r`).
    var sender: String?
    /// The sender's name (`-F`).
    var fullName: String?
    /// NOTIFY (`-N`).
    var notify: String?
    /// RET (`-R`).
    var returned: String?
    /// ENVID (`-V`).
    var envelopeID: String?
    /// BODY (`-B`).
    var body: Body?
    /// The configuration file.
    var config: String?
    /// The control socket.
    var control: String?
    /// Everything that is no flag.
    var recipients: [String] = []

    /// What `-B` says of the body; the message itself decides.
    enum Body: String, Hashable {
        case sevenBit = "7BIT"
        case eightBitMIME = "8BITMIME"
    }

    /// Reads a command line, without the program's name.
    init(_ arguments: [String]) throws(CommandFailure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                recipients += rest
                break
            } else if argument.hasPrefix("--") {
                try readLong(argument, &rest)
            } else if argument.hasPrefix("-q") {
                mode = .retry(try Self.choice(argument.dropFirst(2)))
            } else if argument.hasPrefix("-"), argument != "-" {
                try readCluster(argument.dropFirst(), &rest)
            } else {
                recipients.append(argument)
            }
        }
    }

    /// Flags with a value, joined to the letter or the next argument.
    private static let withValue = Set("fFrNRVBboOhLCAXpe")

    private mutating func readCluster(_ flags: Substring, _ rest: inout ArraySlice<String>) throws(CommandFailure) {
        var flags = flags
        while let flag = flags.popFirst() {
            guard Self.withValue.contains(flag) else {
                try set(flag)
                continue
            }
            guard let value = flags.isEmpty ? rest.popFirst() : String(flags) else {
                throw CommandFailure(.usage, "-\(flag) needs a value; see: martlet sendmail --help")
            }
            return try set(flag, value)
        }
    }

    private mutating func set(_ flag: Character) throws(CommandFailure) {
        switch flag {
        case "t": readsHeader = true
        case "i": ignoresDots = true
        case "v": isVerbose = true
        case "G": isForeign = true
        // Old switches that have no meaning here: no aliases, no expansion of the sender, a first submission.
        case "n", "m", "U": return
        default: throw CommandFailure(.usage, "there is no flag -\(flag); see: martlet sendmail --help")
        }
    }

    private mutating func set(_ flag: Character, _ value: String) throws(CommandFailure) {
        switch flag {
        case "f", "r": sender = value
        case "F": fullName = value
        case "N": notify = value
        case "R": returned = value
        case "V": envelopeID = value
        case "B": body = try Self.body(value)
        case "b": mode = try Self.mode(value)
        case "o": if value == "i" { ignoresDots = true }
        // Options of other programs: hop count, log label, configuration, trace file, protocol, error mode.
        default: return
        }
    }

    private static func mode(_ value: String) throws(CommandFailure) -> Mode {
        switch value {
        case "m": return .deliver
        case "s": return .converse
        case "p": return .list
        case "i": return .aliases
        case "d", "D": throw CommandFailure(.usage, "the service is started with: martlet serve")
        default: throw CommandFailure(.usage, "there is no mode -b\(value); see: martlet sendmail --help")
        }
    }

    private static func body(_ value: String) throws(CommandFailure) -> Body {
        guard let body = Body(rawValue: value.uppercased()) else {
            throw CommandFailure(.usage, "-B takes 7BIT or 8BITMIME, not \(value)")
        }
        return body
    }

    private static func choice(_ value: Substring) throws(CommandFailure) -> Choice {
        let name = String(value.dropFirst())
        switch value.first {
        case nil, "f"?: return .all
        // An interval: there is always a service that attempts what is due.
        case let first? where first.isNumber: return .all
        case "I"? where !name.isEmpty: return .id(name)
        case "R"? where !name.isEmpty: return .destination(name)
        case "S"? where !name.isEmpty: return .sender(name)
        default: throw CommandFailure(.usage, "-q takes nothing, Iid, Rdomain or Saddress, not \(value)")
        }
    }

    private mutating func readLong(_ argument: String, _ rest: inout ArraySlice<String>) throws(CommandFailure) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard ["--config", "--control"].contains(parts[0]) else {
            throw CommandFailure(.usage, "there is no option \(parts[0]); see: martlet sendmail --help")
        }
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
            throw CommandFailure(.usage, "\(parts[0]) needs a value; see: martlet sendmail --help")
        }
        if parts[0] == "--config" { config = value } else { control = value }
    }
}
