/// Encoded words (RFC 2047): text beyond US-ASCII in header fields.
public enum EncodedWord {
    /// The longest encoded word (RFC 2047 §2: 75 characters).
    static let longest = 75

    /// The text as it may stand in an unstructured field: itself when it is printable US-ASCII, else encoded words
    /// with blanks between them, at which the writer folds.
    public static func encode(_ text: String, prefixLength: Int = 0) -> [UInt8] {
        var scalars = text.unicodeScalars[...]
        let isPlain = scalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F } && !text.contains("=?")
        if isPlain { return Array(text.utf8) }
        let special = text.utf8.count { !isPlainInQ($0) }
        // Q costs two characters more per special byte, B a third of everything (RFC 2047 §4).
        let isQ = special * 6 <= text.utf8.count * 2
        var encoded: [UInt8] = []
        // The first word shares its line with the field's name.
        var room = longest - min(prefixLength, 30)
        while !scalars.isEmpty {
            if !encoded.isEmpty { encoded.append(ASCII.space) }
            let chunk = takeChunk(&scalars, isQ: isQ, room: room - 12)
            encoded.append(isQ ? "=?utf-8?Q?" : "=?utf-8?B?")
            if isQ {
                for byte in chunk { appendQ(byte, to: &encoded) }
            } else {
                Base64.encode(chunk.span, to: &encoded)
            }
            encoded.append("?=")
            room = longest
        }
        return encoded
    }

    /// RFC 2047 §5 (3): the characters that are safe everywhere, phrases included.
    private static func isPlainInQ(_ byte: UInt8) -> Bool {
        ASCII.isLetterOrDigit(byte) || byte == ASCII.space || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "*")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/")
    }

    private static func appendQ(_ byte: UInt8, to encoded: inout [UInt8]) {
        if byte == ASCII.space {
            encoded.append(UInt8(ascii: "_"))
        } else if isPlainInQ(byte) {
            encoded.append(byte)
        } else {
            encoded.append(UInt8(ascii: "="))
            encoded.append(ASCII.hexDigit(byte >> 4))
            encoded.append(ASCII.hexDigit(byte & 15))
        }
    }

    /// The UTF-8 of as many characters as fit (RFC 2047 §5: a character is never divided between words).
    private static func takeChunk(_ scalars: inout Substring.UnicodeScalarView, isQ: Bool, room: Int) -> [UInt8] {
        var chunk: [UInt8] = []
        var used = 0
        while let scalar = scalars.first {
            let utf8 = Array(String(scalar).utf8)
            let cost = isQ ? utf8.reduce(0) { $0 + (isPlainInQ($1) ? 1 : 3) } : utf8.count
            let total = isQ ? used + cost : (chunk.count + cost + 2) / 3 * 4
            if total > room, !chunk.isEmpty { break }
            used += cost
            chunk += utf8
            scalars.removeFirst()
        }
        return chunk
    }

    /// Appends a value with its encoded words decoded to UTF-8, and unfolded.
    ///
    /// Words in a charset that is not known here, and words that are broken, stay as they are written: a person may
    /// still make sense of them.
    public static func decode(_ bytes: Span<UInt8>, _ value: ByteRange, to decoded: inout [UInt8]) {
        decoded.reserveCapacity(decoded.count + value.count)
        guard mayHaveWords(bytes, value) else {
            return Unfolding.append(bytes, withoutLastBlanks(bytes, value), to: &decoded)
        }
        var offset = Int(value.start)
        let end = Int(value.end)
        var pendingBlanks = ByteRange(offset, offset)
        var previous: Charset?
        // Bytes of the current run of encoded words in one charset: a character may be divided between words by
        // careless senders, hence converted at the end of the run.
        var run: [UInt8] = []
        func flush(_ decoded: inout [UInt8]) {
            if let previous { previous.append(run.span, to: &decoded) }
            run.removeAll(keepingCapacity: true)
        }
        while offset < end {
            if bytes[offset] == UInt8(ascii: "="), let word = Word(bytes, at: offset, end: end) {
                if previous == nil {
                    Unfolding.append(bytes, pendingBlanks, to: &decoded)
                } else if previous != word.charset {
                    flush(&decoded)
                }
                // RFC 2047 §6.2: blanks between encoded words are not shown.
                word.appendContent(bytes, to: &run)
                previous = word.charset
                offset = word.end
                pendingBlanks = ByteRange(offset, offset)
            } else if ASCII.isBlank(bytes[offset]) || bytes[offset] == ASCII.carriageReturn
                || bytes[offset] == ASCII.lineFeed
            {
                offset += 1
                pendingBlanks = ByteRange(Int(pendingBlanks.start), offset)
            } else {
                flush(&decoded)
                previous = nil
                Unfolding.append(bytes, pendingBlanks, to: &decoded)
                decoded.append(bytes[offset])
                offset += 1
                pendingBlanks = ByteRange(offset, offset)
            }
        }
        flush(&decoded)
    }

    /// Whether an encoded word may begin somewhere: most values have none.
    private static func mayHaveWords(_ bytes: Span<UInt8>, _ value: ByteRange) -> Bool {
        for offset in value.offsets.dropLast() {
            if bytes[offset] == UInt8(ascii: "="), bytes[offset + 1] == UInt8(ascii: "?") { return true }
        }
        return false
    }

    /// A value without the blanks at its end.
    private static func withoutLastBlanks(_ bytes: Span<UInt8>, _ value: ByteRange) -> ByteRange {
        var end = Int(value.end)
        while end > Int(value.start), StructuredText.isSpace(bytes[end - 1]) { end -= 1 }
        return ByteRange(Int(value.start), end)
    }

    /// The decoded value as a text.
    public static func text(_ bytes: Span<UInt8>, _ value: ByteRange) -> String {
        guard mayHaveWords(bytes, value) else { return Unfolding.text(bytes, withoutLastBlanks(bytes, value)) }
        var decoded: [UInt8] = []
        decode(bytes, value, to: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }

    /// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="` with its parts found.
    private struct Word {
        let charset: Charset
        let isQ: Bool
        let content: ByteRange
        let end: Int

        init?(_ bytes: Span<UInt8>, at start: Int, end limit: Int) {
            guard start + 8 <= limit, bytes[start + 1] == UInt8(ascii: "?") else { return nil }
            var marks = (0, 0, 0)
            var count = 0
            var offset = start + 2
            // Some systems write words far longer than the RFC allows; still bounded.
            let last = min(limit, start + 1024)
            while offset < last, count < 3 {
                let byte = bytes[offset]
                if byte == UInt8(ascii: "?") {
                    switch count {
                    case 0: marks.0 = offset
                    case 1: marks.1 = offset
                    default: marks.2 = offset
                    }
                    count += 1
                } else if !ASCII.isVisible(byte), !(count == 2 && byte == ASCII.space) {
                    return nil
                }
                offset += 1
            }
            guard count == 3, offset < limit, bytes[offset] == UInt8(ascii: "="), marks.1 == marks.0 + 2 else {
                return nil
            }
            // RFC 2231 §5: a language may follow the charset behind an asterisk.
            var charsetEnd = start + 2
            while charsetEnd < marks.0, bytes[charsetEnd] != UInt8(ascii: "*") { charsetEnd += 1 }
            guard let charset = Charset(bytes, ByteRange(start + 2, charsetEnd)) else { return nil }
            switch ASCII.lowered(bytes[marks.0 + 1]) {
            case UInt8(ascii: "q"): isQ = true
            case UInt8(ascii: "b"): isQ = false
            default: return nil
            }
            self.charset = charset
            self.content = ByteRange(marks.1 + 1, marks.2)
            self.end = offset + 1
        }

        func appendContent(_ bytes: Span<UInt8>, to run: inout [UInt8]) {
            guard isQ else {
                Base64.decode(bytes, content, to: &run)
                return
            }
            var offset = Int(content.start)
            while offset < Int(content.end) {
                let byte = bytes[offset]
                if byte == UInt8(ascii: "="), offset + 2 < Int(content.end),
                    let high = ASCII.hexValue(bytes[offset + 1]),
                    let low = ASCII.hexValue(bytes[offset + 2])
                {
                    run.append(high << 4 | low)
                    offset += 3
                } else {
                    run.append(byte == UInt8(ascii: "_") ? ASCII.space : byte)
                    offset += 1
                }
            }
        }
    }
}
