/// One key of the configuration file: where it stands, what it takes, what it does, what it is when absent.
package struct Setting: Sendable {
    /// The way to it, `delivery.retry.lifetime`; `*` stands for a name that the operator chooses.
    package let path: String
    /// What it takes.
    package let kind: Kind
    /// What it is when absent, as YAML; nil when it then simply is not there.
    package let standard: String?
    /// What it does, for the person who reads `config default`.
    package let help: String
    /// What makes a change of it take effect.
    package let change: Change

    /// What makes a change take effect.
    package enum Change: Hashable, Sendable {
        /// Reading the file again (SIGHUP).
        case reload
        /// Starting the service again; until then the old value stays.
        case restart
    }

    /// What a key takes.
    package enum Kind: Hashable, Sendable {
        /// Any text.
        case text
        /// A whole number within bounds.
        case number(ClosedRange<Int>)
        /// `true` or `false`.
        case flag
        /// A length of time: `30s`, `10m`, `4h`, `5d`, or several of them in a row, `1h30m`.
        case duration
        /// An amount of bytes: `64KiB`, `50MiB`, `1GiB`, or a plain number.
        case size
        /// One of some words.
        case choice([String])
        /// A list of texts, or one text.
        case list
        /// A file's or folder's path.
        case path
    }

    package init(_ path: String, _ kind: Kind, _ standard: String?, _ help: String, change: Change = .reload) {
        self.path = path
        self.kind = kind
        self.standard = standard
        self.help = help
        self.change = change
    }

    /// The parts of the path.
    package var steps: [String] { path.split(separator: ".").map(String.init) }
}
