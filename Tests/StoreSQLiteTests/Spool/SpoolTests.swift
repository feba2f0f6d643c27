import Delivery
import Foundation
import MailFormat
import StoreSQLite
import StoreTesting
import Testing

@Suite struct SpoolTests {
    private let files = LossyFiles()
    private let fixture: SQLiteFixture
    private var store: SQLiteStore { fixture.sqlite }

    init() throws {
        let calls = files.calls
        fixture = try SQLiteFixture { $0.calls = calls }
    }

    private var directory: String { fixture.configuration.spoolDirectory }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory) }

    /// Content in the spool, written in parts.
    private func spooled(_ bytes: [UInt8], part: Int = 50_000) throws -> any MessageContent {
        let writer = try store.spool.begin()
        var rest = bytes[...]
        while !rest.isEmpty {
            let next = Array(rest.prefix(part))
            try writer.append(next.span)
            rest = rest.dropFirst(part)
        }
        return try writer.finish()
    }

    private func submission(_ number: Int, _ content: any MessageContent, recipients: Int = 1) -> Submission {
        var submission = Samples.submission(number, recipients: recipients)
        submission.content = content
        return submission
    }

    @Test func `large content is read back to the byte, by any part`() throws {
        let bytes = Samples.content(1, byteCount: 300_001)
        _ = try store.write(.submitting(submission(1, try spooled(bytes))))
        let content = try store.content(of: Samples.id(1))
        #expect(!content.isResident && content.byteCount == bytes.count)
        #expect(try content.bytes() == bytes)
        var part: [UInt8] = []
        try content.withBytes(in: 299_990..<300_001) { span in
            for index in span.indices { part.append(span[index]) }
        }
        #expect(part == Array(bytes[299_990...]))
        var count: Int?
        try content.withBytes(in: 7..<7) { count = $0.count }
        #expect(count == 0)
        try fixture.reopen()
        #expect(try store.content(of: Samples.id(1)).bytes() == bytes)
        #expect(try store.check() == [])
    }

    @Test func `writes that take only a part are continued`() throws {
        files.limitWrites(to: 777)
        let bytes = Samples.content(1, byteCount: 100_000)
        _ = try store.write(.submitting(submission(1, try spooled(bytes))))
        #expect(try store.content(of: Samples.id(1)).bytes() == bytes)
    }

    @Test func `the file goes after the commit that ends the message, and not before`() throws {
        _ = try store.write(
            .submitting(submission(1, try spooled(Samples.content(1, byteCount: 99_999)), recipients: 2))
        )
        _ = try store.write(.moving(.done(1, 0)))
        #expect(try store.check() == [])
        #expect(try names().count == 1)
        _ = try store.write(.moving(.done(1, 1)))
        #expect(try store.check() == [], "waits for the removal")
        #expect(try names().isEmpty)
    }

    @Test func `the file goes with a message that the operator deletes`() throws {
        _ = try store.write(.submitting(submission(1, try spooled([1, 2, 3]))))
        _ = try store.write(.deleting(Samples.id(1)))
        #expect(try store.check() == [])
        #expect(try names().isEmpty)
    }

    @Test func `who reads a message that ends can read it to its end`() throws {
        let bytes = Samples.content(1, byteCount: 200_000)
        _ = try store.write(.submitting(submission(1, try spooled(bytes))))
        let content = try store.content(of: Samples.id(1))
        try content.withBytes(in: 0..<1) { _ in }
        _ = try store.write(.moving(.done(1)))
        #expect(try store.check() == [])
        #expect(try names().isEmpty)
        #expect(try content.bytes() == bytes)
        // Its twin, which had not begun, says what is the matter.
        _ = try store.write(.submitting(submission(2, try spooled(bytes))))
        let late = try store.content(of: Samples.id(2))
        _ = try store.write(.moving(.done(2)))
        #expect(try store.check() == [])
        let error = #expect(throws: ContentError.self) { try late.withBytes(in: 0..<1) { _ in } }
        #expect(error?.code == .missing)
    }

    @Test func `content that is given up leaves no file`() throws {
        let writer = try store.spool.begin()
        try writer.append([1, 2, 3].span)
        #expect(try names().count == 1)
        #expect(try store.check() == [], "a file being received is no orphan")
        writer.discard()
        #expect(throws: StoreError.self) { try writer.append([4].span) }
        #expect(throws: StoreError.self) { try writer.finish() }
        _ = try spooled([1])
        _ = try store.spool.begin()
        #expect(try store.check() == [])
        #expect(try names().isEmpty)
    }

    @Test func `content of a refused, repeated or conflicting submission leaves no file`() throws {
        let key = IdempotencyKey(owner: "anna", key: "k", digest: [1])
        var first = submission(1, try spooled([1]))
        first.idempotency = key
        _ = try store.write(.submitting(first))
        do {
            var second = submission(2, try spooled([2]))
            second.idempotency = key
            #expect(try store.write(.submitting(second)).repeated.count == 1)
            let third = submission(1, try spooled([3]))
            #expect(throws: StoreError.self) { try store.write(.submitting(third)) }
        }
        #expect(try store.check() == [])
        #expect(try names().count == 1)
        #expect(try store.content(of: Samples.id(1)).bytes() == [1])
    }

    @Test func `content that lies elsewhere is refused`() throws {
        let other = try SQLiteFixture()
        let content = try other.sqlite.spool.begin().finish()
        let error = #expect(throws: StoreError.self) { try store.write(.submitting(submission(1, content))) }
        #expect(error?.code == .invalid)
    }

    @Test func `files that no message names go at the next start, and no others`() throws {
        let bytes = Samples.content(1, byteCount: 70_000)
        _ = try store.write(.submitting(submission(1, try spooled(bytes))))
        for name in ["orphan", "zz-1"] { try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/\(name)")) }
        #expect(try store.check().count == 2)
        try fixture.reopen()
        #expect(try names().count == 1)
        #expect(try store.check() == [])
        #expect(try store.content(of: Samples.id(1)).bytes() == bytes)
    }

    @Test func `a file that is gone or of another size is found by the audit, and half content is never given`() throws
    {
        for number in 1...2 {
            _ = try store.write(.submitting(submission(number, try spooled(Array(repeating: 7, count: 9)))))
        }
        let paths = try names().map { "\(directory)/\($0)" }
        try FileManager.default.removeItem(atPath: paths[0])
        try Data([7, 7]).write(to: URL(fileURLWithPath: paths[1]))
        let violations = try store.check()
        #expect(violations.count == 2)
        #expect(violations.contains { $0.contains("lost its file") })
        #expect(violations.contains { $0.contains("another size") })
        var codes: [ContentError.Code] = []
        for number in 1...2 {
            do { _ = try store.content(of: Samples.id(number)).bytes() } catch let error as ContentError {
                codes.append(error.code)
            }
        }
        #expect(Set(codes) == [.missing, .damaged])
    }

    @Test func `a full disk ends one message, a failing one all work`() throws {
        let writer = try store.spool.begin()
        files.fail(write: ENOSPC)
        let full = #expect(throws: StoreError.self) { try writer.append([1].span) }
        #expect(full?.code == .full)
        writer.discard()
        files.fail()
        // The next message finds space.
        _ = try store.write(.submitting(submission(1, try spooled([1, 2]))))
        #expect(try store.content(of: Samples.id(1)).bytes() == [1, 2])
        files.fail(write: EIO)
        let failing = #expect(throws: StoreError.self) { try spooled([3]) }
        #expect(failing?.code == .inputOutput)
        files.fail()
        #expect(throws: StoreError.self) { try store.spool.begin() }
        #expect(throws: StoreError.self) { try store.write(.submitting(Samples.submission(2))) }
    }

    @Test(arguments: [EIO, ENOSPC]) func `a failed fsync ends all work, whatever it says`(errno: Int32) throws {
        let writer = try store.spool.begin()
        try writer.append([1].span)
        files.fail(sync: errno)
        let error = #expect(throws: StoreError.self) { try writer.finish() }
        #expect(error?.code == .inputOutput)
        files.fail()
        #expect(throws: StoreError.self) { try writer.finish() }
        let refused = #expect(throws: StoreError.self) { try store.write(.submitting(Samples.submission(2))) }
        #expect(refused?.code == .inputOutput)
    }

    @Test(arguments: [false, true]) func `a power cut leaves what was submitted, where fsync works`(isIgnored: Bool)
        throws
    {
        if isIgnored { files.ignoreSyncs() }
        let bytes = Samples.content(1, byteCount: 150_000)
        _ = try store.write(.submitting(submission(1, try spooled(bytes))))
        // One more was on its way.
        let writer = try store.spool.begin()
        try writer.append(Samples.content(2, byteCount: 80_000).span)
        try files.cutPower(in: directory)
        let content = try store.content(of: Samples.id(1))
        if isIgnored {
            // The twin: this very look finds the loss.
            #expect(throws: ContentError.self) { try content.bytes() }
        } else {
            #expect(try content.bytes() == bytes)
            #expect(try names().count == 1)
        }
    }
}
