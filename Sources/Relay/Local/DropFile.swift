import Foundation
import MailDrop

/// A message as it lies in the drop directory: a line of JSON with its envelope, then its content.
///
/// ```text
/// {"bytes":11,"format":1,"message":{"sender":"me@example.org","recipients":["you@example.net"],…}}
/// Subject: x
/// ```
package enum DropFile {
    /// Why a file is no message.
    package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// A sentence for the log.
        package let description: String
    }

    /// The only form there is so far.
    private static let format = 1
    /// The longest first line: 10,000 recipients with everything that can be said of them.
    static let headLimit = 8 << 20
    /// The largest content, so that a whole file is never too large for the folder.
    package static let contentLimit = DropDirectory.sizeLimit - headLimit

    /// The first line.
    private struct Head: Codable {
        var format: Int
        /// How long the content is: a file that was cut short is noticed.
        var bytes: Int
        /// The message without its content.
        var message: ControlRequest.Message
    }

    /// The file of a message.
    package static func encode(_ message: ControlRequest.Message) throws -> [UInt8] {
        var head = Head(format: format, bytes: message.content.count, message: message)
        head.message.content = Data()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = Array(try encoder.encode(head))
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: message.content)
        return bytes
    }

    /// The message of a file.
    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> ControlRequest.Message {
        guard let end = bytes.prefix(headLimit).firstIndex(of: UInt8(ascii: "\n")) else {
            throw Malformed(description: "its first line has no end within \(headLimit) bytes")
        }
        let head: Head
        do {
            head = try JSONDecoder().decode(Head.self, from: Data(bytes[..<end]))
        } catch {
            throw Malformed(description: "its first line is no envelope")
        }
        guard head.format == format else { throw Malformed(description: "form \(head.format) is not known here") }
        let content = bytes[(end + 1)...]
        guard content.count == head.bytes, !content.isEmpty else {
            throw Malformed(description: "it has \(content.count) bytes of content, and says \(head.bytes)")
        }
        var message = head.message
        message.content = Data(content)
        return message
    }
}
