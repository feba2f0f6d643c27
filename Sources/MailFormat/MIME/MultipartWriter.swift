/// Writes the parts of a multipart body (RFC 2046 §5.1.1).
public struct MultipartWriter: Sendable {
    /// The boundary, without its hyphens.
    public let boundary: String
    private var bytes: [UInt8]

    /// Starts the body behind a finished header.
    ///
    /// - Parameters:
    ///   - header: What the body is appended to, its empty line included.
    ///   - boundary: A boundary that occurs in no part; see `boundary(seed:avoiding:)`.
    public init(after header: [UInt8], boundary: String) {
        self.bytes = header
        self.boundary = boundary
    }

    /// A boundary that does not occur in bytes of foreign origin.
    ///
    /// `=_` occurs neither in quoted-printable nor in base64 (RFC 2045 §6.7).
    public static func boundary(seed: String, avoiding content: Span<UInt8>) -> String {
        // FNV-1a: spreads the seed over the boundary. The seed is unique, which is all that matters here.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in seed.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        while true {
            let hex = String(hash, radix: 16)
            let boundary = "=_" + String(repeating: "0", count: 16 - hex.utf8.count) + hex
            if !occurs(Array(boundary.utf8), in: content) { return boundary }
            hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
        }
    }

    private static func occurs(_ pattern: [UInt8], in content: Span<UInt8>) -> Bool {
        guard content.count >= pattern.count else { return false }
        for start in 0...(content.count - pattern.count) where content[start] == pattern[0] {
            var length = 1
            while length < pattern.count, content[start + length] == pattern[length] { length += 1 }
            if length == pattern.count { return true }
        }
        return false
    }

    /// Begins a part: writes the boundary and the part's header, its empty line included.
    public mutating func beginPart(_ writeHeader: (inout HeaderWriter) -> Void) {
        bytes.append("--")
        bytes.append(boundary)
        bytes.append("\r\n")
        var header = HeaderWriter()
        writeHeader(&header)
        bytes += header.finished()
    }

    /// Appends to the part's body.
    public mutating func append(_ body: [UInt8]) { bytes += body }

    /// Appends a part of foreign bytes to the part's body.
    public mutating func append(_ body: Span<UInt8>, _ range: ByteRange) { bytes.append(body, range) }

    /// Ends a part: the line end before the next boundary belongs to the boundary.
    public mutating func endPart() { bytes.append("\r\n") }

    /// Writes the closing boundary and gives everything back.
    public consuming func finished() -> [UInt8] {
        bytes.append("--")
        bytes.append(boundary)
        bytes.append("--\r\n")
        return bytes
    }
}
