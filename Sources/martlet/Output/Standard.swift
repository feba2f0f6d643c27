import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The standard streams.
enum Standard {
    /// Whether a person looks at standard output.
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// One line to standard output.
    static func output(_ line: String) { put(Array((line + "\n").utf8)) }

    /// Text to standard output, as it is.
    static func put(text: String) { put(Array(text.utf8)) }

    /// Octets to standard output.
    ///
    /// When nobody reads them any more the program ends, as programs do: `martlet queue list | head`.
    static func put(_ bytes: [UInt8]) {
        guard let number = write(bytes, to: STDOUT_FILENO) else { return }
        if number == EPIPE {
            // Event loops ignore the signal that would have ended us.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        }
        // The text is copied before the next call can change it.
        error("standard output cannot be written: \(unsafe String(cString: strerror(number)))")
        exit(CommandFailure.Status.inputOutput.rawValue)
    }

    /// One line to standard error, with our name before it; where it cannot be written there is nobody to tell.
    static func error(_ line: String) { _ = write(Array(("martlet: " + line + "\n").utf8), to: STDERR_FILENO) }

    /// Writes all of it; what the system said when it cannot.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            // The pointer does not leave the closure.
            let count = unsafe bytes[written...].withUnsafeBytes { part in
                #if canImport(Glibc)
                    unsafe Glibc.write(descriptor, part.baseAddress, part.count)
                #else
                    unsafe Musl.write(descriptor, part.baseAddress, part.count)
                #endif
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return errno }
            written += count
        }
        return nil
    }
}
