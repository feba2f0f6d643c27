import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Reading from an open file, a pipe or a terminal.
enum Descriptor {
    /// The next octets, as many as there are at the moment; none at the end.
    static func read(_ descriptor: Int32, most: Int) throws(POSIXError) -> [UInt8] {
        var failure: Int32 = 0
        // The system writes no more than there is room for, and says how much that was.
        let octets = unsafe [UInt8](unsafeUninitializedCapacity: most) { room, count in
            while true {
                #if canImport(Glibc)
                    let taken = unsafe Glibc.read(descriptor, room.baseAddress, most)
                #else
                    let taken = unsafe Musl.read(descriptor, room.baseAddress, most)
                #endif
                if taken < 0, errno == EINTR { continue }
                failure = taken < 0 ? errno : 0
                count = max(0, taken)
                return
            }
        }
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
        return octets
    }
}
