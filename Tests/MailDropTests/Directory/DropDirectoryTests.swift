import Foundation
import MailDrop
import MailFormat
import Testing

@Suite final class `Drop directory` {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("drop-\(UUID().uuidString)").path
    private var directory: DropDirectory { DropDirectory(path: path) }
    private let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func mode(_ name: String = "") throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: name.isEmpty ? path : "\(path)/\(name)")
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func put(_ text: String) throws -> String {
        let bytes = Array(text.utf8)
        return try directory.put(bytes.span)
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    private func failure(_ body: () throws -> Void) -> DropFailure.Code? {
        do { try body() } catch let failure as DropFailure { return failure.code } catch { return nil }
        return nil
    }

    @Test func `The service makes it with mode 1730, and a place for what it cannot take`() throws {
        try directory.prepare()
        #expect(try mode() == 0o1730)
        #expect(try mode("aside") == 0o700)
        #expect(try directory.contents(limit: 10, now: now) == DropContents())
    }

    @Test func `What is put in is found whole, readable for the group and for nobody else`() throws {
        try directory.prepare()
        let name = try put("one")
        #expect(try names() == [name, "aside"].sorted())
        #expect(try mode(name) == 0o640)
        #expect(try directory.contents(limit: 10, now: now) == DropContents(messages: [name], strays: []))
        let file = try directory.read(name)
        #expect(file.bytes == Array("one".utf8))
        #expect(file.user == geteuid())
        try directory.remove(name)
        #expect(try names() == ["aside"])
    }

    @Test func `A folder of another mode is left alone by writers, and mended by the service`() throws {
        try directory.prepare()
        try FileManager.default.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: path)
        #expect(failure { _ = try put("one") } == .unsafeFolder)
        #expect(try names() == ["aside"])
        try directory.prepare()
        #expect(failure { _ = try put("one") } == nil)
        #expect(try names().count == 2)
    }

    @Test func `A folder that is not there is missing`() {
        #expect(failure { _ = try put("one") } == .missing)
        #expect(failure { _ = try directory.contents(limit: 1, now: now) } == .missing)
    }

    @Test func `Nothing at all and too much are refused, and leave nothing behind`() throws {
        try directory.prepare()
        #expect(failure { _ = try put("") } == .noMessage)
        let large = [UInt8](repeating: 0x61, count: DropDirectory.sizeLimit + 1)
        #expect(failure { _ = try directory.put(large.span) } == .tooLarge)
        #expect(try names() == ["aside"])
    }

    @Test func `An unfinished file is not seen, until nobody can be writing it any more`() throws {
        try directory.prepare()
        let name = "new-0123456789abcdef0123456789abcdef"
        #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data("half".utf8)))
        #expect(try directory.contents(limit: 10, now: now) == DropContents())
        let tomorrow = now.advanced(by: .seconds(25 * 3600))
        #expect(try directory.contents(limit: 10, now: tomorrow) == DropContents(messages: [], strays: [name]))
    }

    @Test func `Another name is a stray; a limit and names of no interest are heard`() throws {
        try directory.prepare()
        #expect(FileManager.default.createFile(atPath: "\(path)/letter.txt", contents: Data("x".utf8)))
        let all = try directory.contents(limit: 10, now: now)
        #expect(all.strays == ["letter.txt"])
        let name = try put("one")
        #expect(try directory.contents(skipping: ["letter.txt"], limit: 1, now: now).messages == [name])
        let one = try directory.contents(limit: 1, now: now)
        #expect(one.messages.count + one.strays.count == 1)
    }

    /// What somebody may make in place of a file.
    enum Trap: CaseIterable { case link, secondName, pipe, folder }

    @Test(arguments: Trap.allCases)
    func `What is no plain file of its own is not read`(_ trap: Trap) throws {
        try directory.prepare()
        let other = "\(path)/aside/secret"
        #expect(FileManager.default.createFile(atPath: other, contents: Data("secret".utf8)))
        let name = "0123456789abcdef0123456789abcdef"
        let place = "\(path)/\(name)"
        switch trap {
        case .link: try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: other)
        case .secondName: try FileManager.default.linkItem(atPath: other, toPath: place)
        case .pipe: #expect(unsafe mkfifo(place, 0o600) == 0)
        case .folder: try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        }
        #expect(try directory.contents(limit: 10, now: now).messages == [name])
        #expect(failure { _ = try directory.read(name) } == .noMessage)
        let moved = try directory.setAside(name)
        #expect(moved == "\(path)/aside/\(name)")
        #expect(try directory.contents(limit: 10, now: now) == DropContents())
    }

    @Test func `What is set aside never replaces what lies there`() throws {
        try directory.prepare()
        for text in ["one", "two"] {
            #expect(FileManager.default.createFile(atPath: "\(path)/letter", contents: Data(text.utf8)))
            try directory.setAside("letter")
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(path)/aside")
        let texts = kept.compactMap { FileManager.default.contents(atPath: "\(path)/aside/\($0)") }
        #expect(Set(texts.map { String(decoding: $0, as: UTF8.self) }) == ["one", "two"])
    }

    @Test func `Removing what is gone is no failure`() throws {
        try directory.prepare()
        let name = try put("one")
        try directory.remove(name)
        #expect(failure { try directory.remove(name) } == nil)
        #expect(failure { _ = try directory.read(name) } == .missing)
    }
}
