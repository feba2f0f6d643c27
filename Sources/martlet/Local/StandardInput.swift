import Foundation

/// Standard input as it comes: unlike a file handle's `read(upToCount:)` it does not wait until all is there.
enum StandardInput {
    private static let chunk = 1 << 16

    /// The next octets; none at the end.
    static func read() throws(CommandFailure) -> [UInt8] {
        do throws(POSIXError) {
            return try Descriptor.read(FileHandle.standardInput.fileDescriptor, most: chunk)
        } catch {
            throw CommandFailure(.inputOutput, "standard input cannot be read")
        }
    }
}
