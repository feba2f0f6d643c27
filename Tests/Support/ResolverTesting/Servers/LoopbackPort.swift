import Glibc

/// Ports of 127.0.0.1 for tests.
package enum LoopbackPort {
    /// A port that is free for UDP and TCP now.
    ///
    /// Somebody may take it before the server that it is meant for: such a server is started again.
    package static func free() throws -> UInt16 {
        for _ in 0..<20 {
            let datagram = try LoopbackSocket(SOCK_DGRAM, port: 0)
            if let stream = try? LoopbackSocket(SOCK_STREAM, port: datagram.port) {
                return stream.port
            }
        }
        throw ServerError("no port of 127.0.0.1 is free for UDP and TCP")
    }
}

/// A bound socket on 127.0.0.1, closed when it goes; it never answers.
package final class LoopbackSocket: Sendable {
    /// Its descriptor.
    let descriptor: Int32
    /// Its port.
    package let port: UInt16

    /// A UDP socket that nobody reads.
    package static func silent() throws -> LoopbackSocket { try LoopbackSocket(SOCK_DGRAM, port: 0) }

    init(_ type: __socket_type, port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        guard descriptor >= 0 else { throw ServerError("socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The pointers live for the length of the calls, and `length` is the structure's own.
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let bound = unsafe bind(descriptor, pointer, length)
                return bound == 0 ? unsafe getsockname(descriptor, pointer, &length) : bound
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw ServerError("bind: errno \(errno)")
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    /// Sends a datagram to a port of 127.0.0.1 and waits up to 100 ms for one to come back.
    func exchange(_ message: [UInt8], port: UInt16) -> [UInt8]? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // As above; `send` and `recv` get the length of the array that they are given.
        let sent = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe sendto(descriptor, message, message.count, 0, pointer, length)
            }
        }
        guard sent == message.count else { return nil }
        var patience = timeval(tv_sec: 0, tv_usec: 100_000)
        _ = unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var answer = [UInt8](repeating: 0, count: 1500)
        let count = unsafe recv(descriptor, &answer, answer.count, 0)
        return count > 0 ? Array(answer[..<count]) : nil
    }
}

/// A helper server that does not do what it should.
package struct ServerError: Error, CustomStringConvertible {
    /// What went wrong, and what to do.
    package let description: String
    /// An error with its sentence.
    package init(_ description: String) { self.description = description }
}
