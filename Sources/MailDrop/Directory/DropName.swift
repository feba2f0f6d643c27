/// The names of files in a drop directory.
enum DropName {
    /// How many characters the name of a message has.
    static let length = 32
    /// What the names of unfinished files begin with.
    static let temporaryPrefix = "new-"

    /// A name that nobody has used and nobody can guess.
    static func fresh() -> String {
        hexadecimal(.random(in: 0...UInt64.max)) + hexadecimal(.random(in: 0...UInt64.max))
    }

    /// Whether it is the name of a finished message.
    static func isMessage(_ name: some StringProtocol) -> Bool {
        name.utf8.count == length && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Whether it is the name of a file that is being written.
    static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(temporaryPrefix) && isMessage(name.dropFirst(temporaryPrefix.count))
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: length / 2 - digits.count) + digits
    }
}
