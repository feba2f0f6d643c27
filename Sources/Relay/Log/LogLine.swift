/// One JSON object being written as bytes: the log's hot path makes no strings.
package struct LogLine {
    private(set) var bytes: [UInt8]
    private var isFirst = true

    init(into bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes.append(UInt8(ascii: "{"))
    }

    consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Adds a text field.
    package mutating func field(_ name: StaticString, _ value: some StringProtocol) {
        start(name)
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 { append(escaped: byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds a text field from bytes; what is not UTF-8 is repaired.
    package mutating func field(_ name: StaticString, bytes value: ArraySlice<UInt8>) {
        if value.allSatisfy({ $0 < 0x80 }) {
            start(name)
            bytes.append(UInt8(ascii: "\""))
            for byte in value { append(escaped: byte) }
            bytes.append(UInt8(ascii: "\""))
        } else {
            field(name, String(decoding: value, as: UTF8.self))
        }
    }

    /// Adds a number.
    package mutating func field(_ name: StaticString, _ value: some BinaryInteger) {
        start(name)
        Self.append(decimal: Int64(value), to: &bytes)
    }

    /// Adds true or false.
    package mutating func field(_ name: StaticString, _ value: Bool) {
        start(name)
        bytes.append(contentsOf: value ? [0x74, 0x72, 0x75, 0x65] : [0x66, 0x61, 0x6C, 0x73, 0x65])
    }

    private mutating func start(_ name: StaticString) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        bytes.append(static: name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(ascii: "n"))
        case 0..<0x20, 0x7F:
            let digits: [UInt8] = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        default: bytes.append(byte)
        }
    }

    static func append(decimal value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var magnitude = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        bytes[start...].reverse()
    }
}

extension [UInt8] {
    /// Appends the text of a literal without making a string.
    mutating func append(static text: StaticString) {
        // A StaticString's bytes live as long as the process; the pointer does not leave this call.
        text.withUTF8Buffer { buffer in unsafe self.append(contentsOf: buffer) }
    }
}
