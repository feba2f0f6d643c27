package import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// Who asks at the control socket, as the kernel says: what a client tells about itself is only a claim.
package struct ControlPeer: Hashable, Sendable {
    /// The number of the user whose process connected; nil where the system does not tell.
    package let userID: UInt32?

    /// Makes a peer.
    package init(userID: UInt32?) { self.userID = userID }

    /// Asks the kernel who is at the other end of a Unix socket.
    package init(of channel: any Channel) async {
        guard let provider = channel as? any SocketOptionProvider else {
            self.init(userID: nil)
            return
        }
        do {
            let credentials: Credentials = try await provider.unsafeGetSocketOption(
                level: .socket,
                name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
            ).get()
            self.init(userID: credentials.userID)
        } catch {
            // It has gone already, or the socket is of another kind: whoever it is stays unknown.
            self.init(userID: nil)
        }
    }

    /// The kernel's `struct ucred`, which the C library shows to GNU sources only.
    private struct Credentials: Sendable {
        var processID: Int32
        var userID: UInt32
        var groupID: UInt32
    }

    /// Room for one entry of the user database; longer ones are shown by number.
    private static let entrySize = 16_384

    /// The user's name, or number where it has no name; nil where the system does not tell.
    ///
    /// Blocks while the user database is read.
    package var name: String? {
        guard let userID else { return nil }
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: Self.entrySize)
        // The entry's texts lie in `room`, and are copied before it goes.
        let name = unsafe room.withUnsafeMutableBufferPointer { room -> String? in
            guard let start = room.baseAddress,
                unsafe getpwuid_r(userID, &entry, start, room.count, &found) == 0,
                let found = unsafe found, let text = unsafe found.pointee.pw_name
            else { return nil }
            return unsafe String(cString: text)
        }
        return name ?? "uid \(userID)"
    }
}
