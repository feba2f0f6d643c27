import Foundation
import MailDrop
import Relay
import Testing

@Suite struct `Drop file` {
    private static let message = {
        var message = ControlRequest.Message(
            sender: "me@example.org",
            recipients: ["you@example.net", "küche@example.com"],
            content: Data("Subject: x\r\n\r\n{\"no\":\"envelope\"}\r\n".utf8),
            notify: "never",
            returned: "hdrs",
            envelopeID: "QQ 1"
        )
        message.key = "k1"
        message.details = [.init(index: 1, notify: "success", originalRecipient: "rfc822;them@example.com")]
        return message
    }()

    private func text(_ message: ControlRequest.Message) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(message), as: UTF8.self)
    }

    @Test func `A message comes back as it was written`() throws {
        let file = try DropFile.encode(Self.message)
        #expect(try text(DropFile.decode(file)) == text(Self.message))
        #expect(file.starts(with: Array("{\"bytes\":33,\"format\":1,\"message\":".utf8)))
    }

    /// What may have happened to a file.
    enum Damage: String, CaseIterable {
        case empty, noEnd, cutShort, tooLong, noContent, noJSON, otherForm, otherKeys
    }

    @Test(arguments: Damage.allCases)
    func `A damaged file is no message`(_ damage: Damage) throws {
        var file = try DropFile.encode(Self.message)
        let end = try #require(file.firstIndex(of: UInt8(ascii: "\n")))
        switch damage {
        case .empty: file = []
        case .noEnd: file = Array(file[..<end])
        case .cutShort: file.removeLast()
        case .tooLong: file.append(0x0A)
        case .noContent: file = Array("{\"bytes\":0,\"format\":1,\"message\":{}}\n".utf8)
        case .noJSON: file[0] = UInt8(ascii: "[")
        case .otherForm:
            let head = String(decoding: file, as: UTF8.self).replacing("\"format\":1", with: "\"format\":2")
            file = Array(head.utf8)
        case .otherKeys: file = Array("{\"bytes\":1,\"format\":1}\nx".utf8)
        }
        #expect(throws: DropFile.Malformed.self) { try DropFile.decode(file) }
    }

    @Test func `A first line without end is not read to its end`() {
        let file = [UInt8](repeating: 0x20, count: DropDirectory.sizeLimit - DropFile.contentLimit + 2)
        #expect(throws: DropFile.Malformed.self) { try DropFile.decode(file) }
    }
}
