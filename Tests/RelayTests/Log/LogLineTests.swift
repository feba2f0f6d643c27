import Foundation
import Testing

@testable import Relay

/// One JSON object a line, whatever is in it.
@Suite struct LogLineTests {
    private func line(_ write: (inout LogLine) -> Void) -> [UInt8] {
        var line = LogLine(into: [])
        write(&line)
        return line.finish()
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func `every octet comes out as JSON reads it, on the same line`() throws {
        for octet in UInt8.min...UInt8.max {
            let value: [UInt8] = [UInt8(ascii: "a"), octet, UInt8(ascii: "z")]
            let bytes = line { $0.field("k", bytes: value[...]) }
            #expect(try object(bytes)["k"] as? String == String(decoding: value, as: UTF8.self))
            #expect(bytes.last == 0x0A)
            #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        }
    }

    @Test(arguments: [
        "", "plain", #"a "quoted" \ local"#, "\u{0}\u{1F}\u{7F}", "\r\n{\"event\":\"forged\"}\r\n", "ä€🪿",
        "\u{2028}\u{85}",
    ])
    func `text comes out as it went in`(text: String) throws {
        let bytes = line { $0.field("k", text) }
        #expect(try object(bytes)["k"] as? String == text)
        #expect(bytes.count { $0 == 0x0A } == 1)
    }

    @Test(arguments: [
        [0xC3], [0xFF, 0xFE], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF5, 0x80, 0x80, 0x80], [0x80, 0x22, 0x0A],
    ])
    func `what is no UTF-8 is repaired`(octets: [UInt8]) throws {
        let bytes = line { $0.field("k", bytes: octets[...]) }
        #expect(String(validating: bytes, as: UTF8.self) != nil)
        #expect(try object(bytes)["k"] as? String == String(decoding: octets, as: UTF8.self))
    }

    @Test func `fields keep their order and their kinds`() throws {
        let bytes = line { line in
            line.field("text", "x")
            line.field("number", Int64.min)
            line.field("zero", 0)
            line.field("yes", true)
            line.field("no", false)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"text":"x","number":-9223372036854775808,"zero":0,"yes":true,"no":false}"# + "\n"
        )
        #expect(String(decoding: line { _ in }, as: UTF8.self) == "{}\n")
    }
}
