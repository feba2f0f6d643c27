import Delivery
import Foundation
import MailFormat
import NIOPosix
@testable import Relay
import ResolverTesting
import SMTPTransport
import StatusCodes
import Synchronization
import Testing

/// A mailbox in a folder of its own, and a queue thread that answers as told.
final class MailboxScene {
    /// Where the mailbox is.
    let path: String
    let queue: AnsweringQueue
    /// The mailboxes of the configuration, which a test may change as a reload does.
    let plan: PlanBox
    private let folder: TemporaryFolder
    private let logFile = LogFile()
    private let local: LocalIntake
    private let files: NIOThreadPool
    private var polling: MailboxPolling?

    final class PlanBox: Sendable {
        let plan: Mutex<MailboxPolling.Plan?>
        init(_ plan: MailboxPolling.Plan?) { self.plan = Mutex(plan) }
    }

    /// Makes an empty mailbox.
    static func with(_ kind: ReportMailbox.Kind, _ body: (MailboxScene) async throws -> Void) async throws {
        let files = NIOThreadPool(numberOfThreads: 1)
        files.start()
        let scene = try MailboxScene(kind, files)
        try await body(scene)
        await scene.queue.stop()
        try await files.shutdownGracefully()
    }

    private init(_ kind: ReportMailbox.Kind, _ files: NIOThreadPool) throws {
        folder = try TemporaryFolder("mailbox")
        path = "\(folder.path)/box"
        self.files = files
        if kind == .maildir {
            for name in ["new", "cur", "tmp"] {
                try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
            }
        } else {
            try Data().write(to: URL(fileURLWithPath: path))
        }
        let intake = Intake()
        queue = AnsweringQueue(intake, folder: kind == .maildir ? "\(path)/new" : folder.path)
        local = LocalIntake(
            intake: intake,
            identifiers: MessageIDSource(node: 0),
            clock: RelayClock(),
            spool: MemorySpool(),
            files: files
        )
        var configuration = RelayConfiguration(hostname: "relay.test", spool: "")
        configuration.bounces = BounceAddresses(
            signer: ReturnPathSigner(
                domain: "bounces.test",
                keys: [Array("a key of many octets".utf8)],
                primitives: CryptoPrimitives()
            ),
            feedback: "fbl"
        )
        configuration.reportMailboxes = [
            ReportMailbox(name: "exchange", path: path, kind: kind, interval: ReportMailbox.leastInterval)
        ]
        plan = PlanBox(MailboxPolling.Plan(configuration))
    }

    /// Looks into the mailbox; how many reports were handed over.
    func sweep() async -> Int {
        var polling = polling ?? freshPolling()
        defer { self.polling = polling }
        return await polling.sweep()
    }

    /// Forgets what was looked at, as the end of the service does.
    func restart() { polling = nil }

    /// What polls the mailbox and knows nothing yet.
    func freshPolling(shelf: BounceShelf = BounceShelf()) -> MailboxPolling {
        MailboxPolling(
            local: local,
            shelf: shelf,
            clock: RelayClock(),
            log: logFile.log,
            files: files
        ) { [plan] in plan.plan.withLock { $0 } }
    }

    // MARK: Mails

    /// A bounce; another one for each address.
    static func report(_ address: String = "anna@example.net") -> String {
        """
        From: mailer-daemon@mx.example.net
        Subject: Undelivered Mail
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=x

        --x
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; \(address)
        Action: failed
        Status: 5.1.1

        --x--

        """
    }

    static let ordinary = "From: a@example.org\nSubject: Hello\n\nHow are you?\n"
    static let outOfOffice = """
        From: a@example.org
        Auto-Submitted: auto-replied
        Subject: Out of office

        I am away.

        """

    /// Mails as they lie in an mbox.
    static func mbox(_ mails: String...) -> String {
        mails.map { "From x@example.net Thu Jan  1 00:00:00 2026\n\($0)\n" }.joined()
    }

    // MARK: Files

    /// Puts a file into the mailbox, below its path.
    func put(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)\(name)", atomically: false, encoding: .utf8)
    }

    /// Appends to the mbox, as a mail program does.
    func append(_ text: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    /// Names in a folder of the mailbox.
    func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
    }

    /// What the file holds.
    func text(_ name: String = "") throws -> String { try String(contentsOfFile: "\(path)\(name)", encoding: .utf8) }

    /// The number of the mbox in its file system.
    func inode() throws -> UInt64? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
    }

    /// The events that were logged.
    func events() throws -> [String] { try logFile.events() }
    /// Everything that was logged.
    var log: String { logFile.text }

    /// The keys of what was handed over.
    var keys: [String] { queue.taken.compactMap { $0.idempotency?.key } }
}
