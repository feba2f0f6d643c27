package import MailFormat

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What lies in a drop directory.
package struct DropContents: Hashable, Sendable {
    /// The names of finished messages.
    package var messages: [String] = []
    /// The names of what is neither a message nor being written.
    package var strays: [String] = []

    /// Makes the contents of a folder.
    package init(messages: [String] = [], strays: [String] = []) {
        self.messages = messages
        self.strays = strays
    }
}

/// A file taken from a drop directory.
package struct DroppedFile: Hashable, Sendable {
    /// All of it.
    package var bytes: [UInt8]
    /// The number of the user who left it.
    package var user: UInt32
}

// The service's half: the folder is its own.
extension DropDirectory {
    /// Makes the folder where it is not there, and gives it its mode and group.
    package func prepare() throws(DropFailure) {
        // Nobody else gets in before it has the mode it must have.
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw DropFailure("mkdir", path, errno) }
        let folder = try DropDescriptor(path, O_RDONLY | O_DIRECTORY)
        let status = try folder.status()
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw DropFailure(.unsafeFolder, "\(path) belongs to user \(status.st_uid), not to the service")
        }
        let aside = path(of: Self.asideName)
        guard unsafe mkdir(aside, 0o700) == 0 || errno == EEXIST else { throw DropFailure("mkdir", aside, errno) }
        if let group = Self.group(), status.st_gid != group, fchown(folder.number, uid_t.max, group) != 0 {
            // A service that is not of the group serves its own group: who is in that may leave mail.
            guard errno == EPERM else { throw DropFailure("chown", path, errno) }
        }
        // After the change of group, which may clear bits.
        guard fchmod(folder.number, Self.mode) == 0 else { throw DropFailure("chmod", path, errno) }
        try folder.synchronize()
    }

    /// The number of the group, where the system has it.
    private static func group() -> gid_t? {
        // The entry is read before the next call can change it; only the start of the service asks.
        guard let entry = unsafe getgrnam(groupName) else { return nil }
        return unsafe entry.pointee.gr_gid
    }

    /// How long a file may be in the writing: whoever began it has died meanwhile.
    static let longestWriting: Int64 = 24 * 3600

    /// Looks into the folder.
    ///
    /// - Parameters:
    ///   - skipping: names that are of no interest, and do not count.
    ///   - limit: at most so many names; the others are there the next time.
    ///   - now: what tells an unfinished file from one that nobody finishes.
    /// - Returns: What is there.
    /// - Throws: Why it cannot be seen.
    package func contents(
        skipping: Set<String> = [],
        limit: Int,
        now: Timestamp
    ) throws(DropFailure) -> DropContents {
        guard let stream = unsafe opendir(path) else { throw DropFailure("opendir", path, errno) }
        defer { unsafe closedir(stream) }
        var contents = DropContents()
        // The entry is valid until the next readdir; its name is copied at once.
        while contents.messages.count + contents.strays.count < limit, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            switch name {
            case ".", "..", Self.asideName: continue
            case _ where skipping.contains(name): continue
            case _ where DropName.isMessage(name): contents.messages.append(name)
            case _ where DropName.isTemporary(name) && isYoung(name, now): continue
            default: contents.strays.append(name)
            }
        }
        return contents
    }

    private func isYoung(_ name: String, _ now: Timestamp) -> Bool {
        var status = stat()
        // The structure outlives the call. One that is gone was renamed meanwhile.
        guard unsafe lstat(path(of: name), &status) == 0 else { return true }
        return now.seconds - Int64(status.st_mtim.tv_sec) < Self.longestWriting
    }

    /// Reads a message; it stays where it is.
    package func read(_ name: String) throws(DropFailure) -> DroppedFile {
        // A pipe must not make us wait, and a link not lead us elsewhere.
        let file = try DropDescriptor(path(of: name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw DropFailure(.noMessage, "\(name) is no plain file") }
        // A second name for a file that the service can read and the writer cannot would send it to the writer.
        guard status.st_nlink == 1 else { throw DropFailure(.noMessage, "\(name) has a second name elsewhere") }
        guard status.st_size <= Self.sizeLimit else {
            throw DropFailure(.tooLarge, "\(name) has \(status.st_size) bytes, more than \(Self.sizeLimit)")
        }
        let bytes = try file.read(limit: Self.sizeLimit)
        guard bytes.count <= Self.sizeLimit else { throw DropFailure(.tooLarge, "\(name) grows while it is read") }
        return DroppedFile(bytes: bytes, user: status.st_uid)
    }

    /// Removes a message that is durable elsewhere.
    package func remove(_ name: String) throws(DropFailure) {
        guard unsafe unlink(path(of: name)) == 0 || errno == ENOENT else { throw DropFailure("unlink", name, errno) }
    }

    /// Moves something out of the way, to be looked at by a person; nothing is ever lost.
    ///
    /// - Returns: Where it lies now.
    @discardableResult
    package func setAside(_ name: String) throws(DropFailure) -> String {
        let plain = path(of: "\(Self.asideName)/\(name)")
        let isFree = unsafe access(plain, F_OK) != 0
        let place = isFree ? plain : "\(plain)-\(DropName.fresh())"
        guard unsafe rename(path(of: name), place) == 0 else { throw DropFailure("rename", path(of: name), errno) }
        return place
    }
}
