import Foundation
import MailFormat
import SMTPProtocol
import SMTPTransport

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The accounts on disk: one JSON object a line, the first for the file itself, mode 0600.
///
/// It is replaced as a whole and never written in place: a reader sees the old file or the new one, and a crash leaves
/// one of the two.
package struct AccountFile: Sendable {
    /// Where it is.
    package let path: String

    /// Names the file; it need not be there yet.
    package init(path: String) { self.path = path }

    /// A file that cannot be read, or written.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What went wrong, with the file's name.
        package let description: String
        init(_ description: String) { self.description = description }
    }

    /// Tells one version of the file from the next.
    struct Version: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    /// A file beyond this size is no accounts file.
    private static let sizeLimit = 256 * 1024 * 1024

    /// The version that is there; nil when there is none.
    func version() throws(Failure) -> Version? {
        var status = stat()
        // The structure outlives the call.
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", errno)
        }
        return Version(
            device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }

    /// Reads every account; an absent file is an empty book with a fresh secret.
    package func read() throws(Failure) -> AccountBook {
        guard let version = try version() else { return AccountBook(secret: CryptoPrimitives.randomOctets(32)) }
        guard version.size <= Self.sizeLimit else { throw Failure("\(path): larger than an accounts file can be") }
        guard let data = FileManager.default.contents(atPath: path) else { throw failure("read", errno) }
        let lines = data.split(separator: 0x0A)
        guard let first = lines.first else { return AccountBook(secret: CryptoPrimitives.randomOctets(32)) }
        let decoder = JSONDecoder()
        guard let header = try? decoder.decode(Header.self, from: first), header.format == Header.current,
            let secret = Data(base64Encoded: header.secret)
        else { throw Failure("\(path): line 1: not the first line of an accounts file of this version") }
        var accounts: [Account] = []
        for (index, line) in lines.dropFirst().enumerated() {
            guard index < AccountBook.limit else {
                throw Failure("\(path): more than \(AccountBook.limit) accounts")
            }
            // A broken line is not skipped: the next write would lose the account.
            guard let record = try? decoder.decode(AccountRecord.self, from: line), let account = record.account else {
                throw Failure("\(path): line \(index + 2): not an account")
            }
            accounts.append(account)
        }
        return AccountBook(secret: Array(secret), accounts: accounts)
    }

    /// Changes the file under a lock that other processes take too; what `change` returns comes back.
    @discardableResult
    package func update<Value>(_ change: (inout AccountBook) throws -> Value) throws -> Value {
        // Paths are bridged for the length of each call, here and below.
        let lock = unsafe open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure("lock", errno) }
        defer { close(lock) }
        // Waits: another `user` command takes milliseconds.
        guard flock(lock, LOCK_EX) == 0 else { throw failure("lock", errno) }
        var book = try read()
        let value = try change(&book)
        try write(book)
        return value
    }

    private func write(_ book: AccountBook) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = try encoder.encode(Header(secret: Data(book.secret).base64EncodedString()))
        text.append(0x0A)
        for account in book.all {
            text.append(try encoder.encode(AccountRecord(account)))
            text.append(0x0A)
        }
        try replace(with: text)
    }

    /// Write aside, fsync, rename, fsync the folder.
    private func replace(with text: Data) throws {
        let aside = "\(path).new"
        let file = unsafe open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("write", errno) }
        defer { close(file) }
        // A file left by a crash may have another mode.
        guard fchmod(file, 0o600) == 0 else { throw failure("write", errno) }
        try keepOwner(of: file)
        var rest = text[...]
        while !rest.isEmpty {
            // The pointer lives for the call.
            let count = unsafe rest.withUnsafeBytes { unsafe Self.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure("write", errno) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0, unsafe rename(aside, path) == 0 else { throw failure("write", errno) }
        let folder = unsafe open((path as NSString).deletingLastPathComponent.nonEmpty ?? ".", O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("write", errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("write", errno) }
    }

    /// Root changes accounts, the service reads them: the file belongs to whom it belonged, at first to whom the folder
    /// belongs.
    private func keepOwner(of file: Int32) throws {
        guard geteuid() == 0 else { return }
        var status = stat()
        let folder = (path as NSString).deletingLastPathComponent.nonEmpty ?? "."
        // The structure outlives the calls.
        guard unsafe (stat(path, &status) == 0 || stat(folder, &status) == 0) else { return }
        guard fchown(file, status.st_uid, status.st_gid) == 0 else { throw failure("write", errno) }
    }

    private static func write(_ file: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(file, start, count)
        #else
            unsafe Musl.write(file, start, count)
        #endif
    }

    private func failure(_ action: String, _ number: Int32) -> Failure {
        // The text is copied before the next call can change it.
        Failure("\(path): cannot \(action): \(unsafe String(cString: strerror(number)))")
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
