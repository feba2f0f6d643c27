#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Why a drop directory could not do what it was asked.
package struct DropFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble.
    package enum Code: Hashable, Sendable {
        /// The folder or the file is not there.
        case missing
        /// We may not.
        case notPermitted
        /// The folder is not one that only its group can write to: nothing is put into it, nothing taken from it.
        case unsafeFolder
        /// No space.
        case full
        /// More than `DropDirectory.sizeLimit`.
        case tooLarge
        /// No plain file, or an empty one, or one with a second name.
        case noMessage
        /// The operating system refused; the description says how.
        case inputOutput
    }

    /// What kind of trouble.
    package let code: Code
    /// What went wrong, with the path.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// A system call failed; `number` is its errno.
    init(_ call: String, _ path: String, _ number: Int32) {
        code =
            switch number {
            case ENOENT: .missing
            case EACCES, EPERM: .notPermitted
            case ENOSPC, EDQUOT: .full
            case ELOOP, EISDIR, ENXIO: .noMessage
            default: .inputOutput
            }
        // The text is copied before the next call can change it.
        description = "\(call) \(path): \(unsafe String(cString: strerror(number)))"
    }
}
