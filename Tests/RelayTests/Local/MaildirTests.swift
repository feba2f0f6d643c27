import Delivery
import Foundation
import Relay
import StatusCodes
import Testing

@Suite struct `Maildir delivery` {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("maildir-\(UUID().uuidString)").path

    @Test func `A message lies in new with its header before it`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let content = ResidentContent(Array("Subject: x\r\n\r\nbody\r\n".utf8))
        try Maildir(path: folder).deliver(name: "m1", header: Array("Return-Path: <>\r\n".utf8), content: content)
        let data = try #require(FileManager.default.contents(atPath: "\(folder)/new/m1"))
        #expect(String(decoding: data, as: UTF8.self) == "Return-Path: <>\r\nSubject: x\r\n\r\nbody\r\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tmp").isEmpty)
    }

    @Test func `The same delivery twice makes one file`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let content = ResidentContent(Array("a".utf8))
        try Maildir(path: folder).deliver(name: "m1", header: [], content: content)
        try Maildir(path: folder).deliver(name: "m1", header: [], content: content)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/new") == ["m1"])
    }

    @Test func `A mailbox that is no folder is a condition, not a crash`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(FileManager.default.createFile(atPath: folder, contents: Data()))
        let failure = try #require(throws: Maildir.Failure.self) {
            try Maildir(path: folder).deliver(name: "m1", header: [], content: ResidentContent([1]))
        }
        #expect(failure.condition == .mailboxOther)
    }

    @Test func `Content that cannot be read leaves nothing behind`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let failure = try #require(throws: Maildir.Failure.self) {
            try Maildir(path: folder).deliver(name: "m1", header: [], content: BrokenContent())
        }
        #expect(failure.condition == .contentUnreadable)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tmp").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/new").isEmpty)
    }
}

private final class BrokenContent: MessageContent {
    var byteCount: Int { 10 }
    var isResident: Bool { false }
    func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        throw ContentError(code: .missing)
    }
}
