import Foundation
import ResolverTesting

/// A file system that a test mounts; unmounted when it is let go of, whatever happened.
final class Mount: Sendable {
    /// Where it is mounted.
    let path: String
    private let folder: TemporaryFolder

    /// Whether this process may mount: root with the right to it, which root in a container often has not.
    static let isPermitted = geteuid() == 0 && (try? Mount(tmpfs: 1)) != nil

    /// Whether a file can be mounted as an ext4 file system, and that be made to fail.
    static let canFail =
        isPermitted && (try? Mount.programs()) != nil && FileManager.default.isWritableFile(atPath: "/dev/loop-control")
        && FileManager.default.isWritableFile(atPath: "/sys/fs/ext4")

    /// A file system in memory of so many MiB.
    init(tmpfs mebibytes: Int) throws {
        folder = try TemporaryFolder("mount")
        path = "\(folder.path)/at"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try Self.mount(["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path])
    }

    /// An ext4 file system of so many MiB in a file, which becomes read-only at the first error, as most servers have it.
    init(ext4 mebibytes: Int) throws {
        folder = try TemporaryFolder("mount")
        path = "\(folder.path)/at"
        let image = "\(folder.path)/image"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        _ = try Programs.run(
            try Programs.path("truncate", package: "coreutils"),
            ["-s", "\(mebibytes)M", image],
            in: "/"
        )
        _ = try Programs.run(try Self.programs(), ["-q", "-F", image], in: "/")
        try Self.mount(["-o", "loop,errors=remount-ro", image, path])
    }

    deinit { try? Self.unmount(path) }

    /// Mounts it again with other options.
    func remount(_ options: String) throws { try Self.mount(["-o", "remount,\(options)", path]) }

    /// Unmounts it and mounts it again: what was only in memory is gone.
    func mountAnew() throws {
        try Self.unmount(path)
        try Self.mount(["-o", "loop,errors=remount-ro", "\(folder.path)/image", path])
    }

    /// Lets the kernel find an error in the file system: it becomes read-only under whoever writes to it.
    ///
    /// `mount -o remount,ro` cannot do that: it is refused while a file is open for writing.
    func fail() throws {
        let device = try Programs.run(
            try Programs.path("findmnt", package: "util-linux"),
            ["-n", "-o", "SOURCE", path],
            in: "/"
        )
        let name = URL(fileURLWithPath: device.trimmingCharacters(in: .whitespacesAndNewlines)).lastPathComponent
        try Data("martlet test\n".utf8).write(to: URL(fileURLWithPath: "/sys/fs/ext4/\(name)/trigger_fs_error"))
    }

    /// Takes all space that is left; a file that can be removed again.
    func fill() throws -> String {
        let ballast = "\(path)/ballast"
        let block = [UInt8](repeating: 0, count: 1 << 16)
        let descriptor = unsafe open(ballast, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw ServerError("\(ballast): errno \(errno)") }
        defer { close(descriptor) }
        // The last block may fit in part; then one octet does not.
        while unsafe write(descriptor, block, block.count) > 0 {}
        while unsafe write(descriptor, block, 1) > 0 {}
        guard errno == ENOSPC else { throw ServerError("\(ballast): errno \(errno)") }
        return ballast
    }

    private static func programs() throws -> String { try Programs.path("mkfs.ext4", package: "e2fsprogs") }

    private static func mount(_ arguments: [String]) throws {
        _ = try Programs.run(try Programs.path("mount", package: "mount"), arguments, in: "/")
    }

    private static func unmount(_ path: String) throws {
        // Lazily: a process that a failed test left behind must not keep the file system in place.
        _ = try Programs.run(try Programs.path("umount", package: "mount"), ["-l", path], in: "/")
    }
}
