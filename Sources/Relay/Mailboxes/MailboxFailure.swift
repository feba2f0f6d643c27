#if canImport(Glibc)
    import Glibc
#endif

/// Why something cannot be done with a mailbox.
struct MailboxFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What follows from it.
    enum Code: Hashable, Sendable {
        /// It is not there, or not any more: somebody else has moved it.
        case gone
        /// Another program has it now.
        case locked
        /// The mail is larger than any report.
        case tooLarge
        /// A person has to do something.
        case obstacle
    }

    /// What follows from it.
    let code: Code
    /// What went wrong, with the path.
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// A system call failed; `number` is its errno.
    init(_ call: String, _ path: String, _ number: Int32) {
        code = number == ENOENT ? .gone : .obstacle
        // The text is copied before the next call can change it.
        description = "\(call) \(path): \(unsafe String(cString: strerror(number)))"
    }
}
