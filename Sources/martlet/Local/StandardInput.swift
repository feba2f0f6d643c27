import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Standard input as it comes: unlike a file handle's `read(upToCount:)` it does not wait until all is there.
enum StandardInput {
    private static let chunk = 1 << 16

    /// The next octets; none at the end.
    static func read() throws(CommandFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: chunk)
        while true {
            // The pointer does not leave the closure.
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                #if canImport(Glibc)
                    unsafe Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
                #else
                    unsafe Musl.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
                #endif
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure(.inputOutput, "standard input cannot be read") }
            return Array(bytes[..<count])
        }
    }
}
