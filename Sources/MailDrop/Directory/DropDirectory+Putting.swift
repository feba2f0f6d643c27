#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

// The writer's half: whoever is of the group, or the setgid helper for those who are not.
extension DropDirectory {
    /// Puts a message in; when it returns, the message is on disk, and the service finds it.
    ///
    /// - Parameter bytes: a whole file; what is in it is between the writer and the service.
    /// - Returns: The name of the file.
    /// - Throws: Why it is not there; nothing is left behind then.
    @discardableResult
    package func put(_ bytes: Span<UInt8>) throws(DropFailure) -> String {
        guard bytes.count > 0 else { throw DropFailure(.noMessage, "there is nothing to put into \(path)") }
        guard bytes.count <= Self.sizeLimit else {
            throw DropFailure(.tooLarge, "\(bytes.count) bytes are more than \(path) takes (\(Self.sizeLimit))")
        }
        let group = try groupOfSafeFolder()
        let name = DropName.fresh()
        let temporary = path(of: DropName.temporaryPrefix + name)
        let file = try DropDescriptor(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        do throws(DropFailure) {
            try give(file, to: group)
            try file.write(bytes)
            try file.synchronize()
            guard unsafe rename(temporary, path(of: name)) == 0 else { throw DropFailure("rename", temporary, errno) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        try makeNameDurable(file)
        return name
    }

    /// The group of the folder, if it is a drop directory by its permissions.
    ///
    /// The setgid helper takes its path from whoever calls it: a folder of another kind that the group can write to must
    /// not be filled that way.
    private func groupOfSafeFolder() throws(DropFailure) -> gid_t {
        var status = stat()
        // The structure outlives the call.
        guard unsafe stat(path, &status) == 0 else { throw DropFailure("stat", path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o7777 == Self.mode else {
            throw DropFailure(
                .unsafeFolder,
                "\(path) is no drop directory: it needs mode 1730, which the service gives it"
            )
        }
        return status.st_gid
    }

    /// Lets the service read a file, by the folder's group.
    private func give(_ file: borrowing DropDescriptor, to group: gid_t) throws(DropFailure) {
        if try file.status().st_gid != group {
            // The owner of a file may give it to any group that he is in.
            guard fchown(file.number, uid_t.max, group) == 0 else { throw DropFailure("chown", file.path, errno) }
        }
        guard fchmod(file.number, Self.fileMode) == 0 else { throw DropFailure("chmod", file.path, errno) }
    }

    /// The group may not read the folder and hence not sync it.
    ///
    /// The file was changed by its rename, and journaling file systems (ext4, XFS, Btrfs) write its new name with it.
    private func makeNameDurable(_ file: borrowing DropDescriptor) throws(DropFailure) {
        let folder: DropDescriptor
        do throws(DropFailure) {
            folder = try DropDescriptor(path, O_RDONLY | O_DIRECTORY)
        } catch {
            guard error.code == .notPermitted else { throw error }
            return try file.synchronize()
        }
        try folder.synchronize()
    }

    /// Reads standard input to its end; one byte more than `sizeLimit` is enough to know that it is too large.
    package static func readStandardInput() throws(DropFailure) -> [UInt8] {
        let input = try DropDescriptor(duplicating: STDIN_FILENO, "standard input")
        return try input.read(limit: sizeLimit)
    }
}
