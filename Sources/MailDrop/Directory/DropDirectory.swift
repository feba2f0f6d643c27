/// The folder in which local programs leave mail while no service answers.
///
/// One file a message. A writer makes it under a temporary name, syncs it and renames it, so that the service never sees
/// a part of one; the service makes it durable in the queue and only then removes it. The folder has mode 1730: the
/// group may put files in, but neither list it nor remove what others have put in. Its owner, the service, may do both.
package struct DropDirectory: Sendable {
    /// Where it is.
    package let path: String

    /// Names a folder; it need not be there yet.
    package init(path: String) { self.path = path }

    /// The largest file: a message of 64 MiB and an envelope of 8 MiB.
    package static let sizeLimit = 72 << 20
    /// The group that may put files in, where the system has it.
    package static let groupName = "martlet"
    /// The permissions of the folder.
    package static let mode: UInt32 = 0o1730
    /// The permissions of a file: its writer made it, the service reads it by its group.
    static let fileMode: UInt32 = 0o640
    /// The folder within for what is no message, or none that can be taken; nobody but the service gets in.
    static let asideName = "aside"

    /// The path of something in the folder.
    func path(of name: String) -> String { "\(path)/\(name)" }
}
