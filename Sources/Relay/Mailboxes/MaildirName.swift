/// The name of a file in a Maildir: what is unique about it, and, behind `:2,`, the flags that mail programs give it.
struct MaildirName: Hashable, Sendable {
    /// What stays the same while the mail moves and its flags change.
    let base: String
    /// The flags: `S` was seen, `T` is to be deleted, and others that do not matter here.
    let flags: String

    private static let mark = ":2,"

    /// Takes a name apart.
    init(_ name: String) {
        guard let mark = name.firstRange(of: Self.mark) else {
            (base, flags) = (name, "")
            return
        }
        base = String(name[..<mark.lowerBound])
        flags = String(name[mark.upperBound...])
    }

    /// Whether a person, or we, have dealt with it.
    var isDealtWith: Bool { flags.contains("S") || flags.contains("T") }

    /// The name of the mail when it was seen; flags stand in the order of the alphabet.
    var seen: String { base + Self.mark + String(Set(flags + "S").sorted()) }
}
