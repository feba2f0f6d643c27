/// Writes header fields, folded (RFC 5322 §2.2.3).
public struct HeaderWriter: Sendable {
    /// Where lines should end (RFC 5322 §2.1.1: 78 characters).
    public static let preferredLength = 78
    /// Where lines must end (RFC 5322 §2.1.1: 998 octets).
    public static let hardLength = 998
    /// Octets of the longest character in UTF-8, for which room is kept.
    private static let longestCharacter = 4

    /// The header so far.
    public private(set) var bytes: [UInt8]
    private var column = 0

    /// Starts with what is there already.
    public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// Writes a field of US-ASCII, or UTF-8 where the message may have it, folded at blanks.
    ///
    /// Line ends and other control characters of the value become blanks, so that a value can never begin a field or
    /// end the header.
    public mutating func field(_ name: StaticString, _ value: String) {
        begin(name)
        write(Array(value.utf8))
        end()
    }

    /// Writes a field from bytes, under the rules of `field(_:_:)`.
    public mutating func field(_ name: StaticString, bytes value: [UInt8]) {
        begin(name)
        write(value)
        end()
    }

    /// Writes a field whose value comes in pieces, each on a line of its own; pieces of blanks are left out.
    public mutating func field(_ name: StaticString, lines: [[UInt8]]) {
        begin(name)
        // RFC 5322 §3.2.2: no folded line consists of blanks only.
        for (index, line) in lines.filter({ !$0.allSatisfy(Self.isBlank) }).enumerated() {
            if index > 0 { fold() }
            write(line)
        }
        end()
    }

    /// Writes an unstructured field of any text: as it is when US-ASCII, else as encoded words (RFC 2047 §5).
    public mutating func unstructured(_ name: StaticString, _ text: String) {
        field(name, bytes: EncodedWord.encode(text, prefixLength: name.utf8CodeUnitCount + 2))
    }

    /// Writes a date (RFC 5322 §3.3).
    public mutating func date(_ name: StaticString, _ timestamp: Timestamp) {
        begin(name)
        MailDate.append(timestamp, to: &bytes)
        end()
    }

    /// Ends the header with its empty line and gives everything back.
    public consuming func finished() -> [UInt8] {
        bytes.append("\r\n")
        return bytes
    }

    private mutating func begin(_ name: StaticString) {
        bytes.append(name)
        bytes.append(": ")
        column = name.utf8CodeUnitCount + 2
    }

    private mutating func end() { bytes.append("\r\n") }

    private mutating func fold() {
        bytes.append("\r\n ")
        column = 1
    }

    private mutating func write(_ value: [UInt8]) {
        var isFirstWord = true
        // Several blanks in a row are kept, for they may belong to a quoted local part.
        let words = value.split(omittingEmptySubsequences: false, whereSeparator: Self.isBlank)
        let last = words.lastIndex { !$0.isEmpty } ?? words.startIndex
        for word in words[...last].drop(while: \.isEmpty) {
            if !isFirstWord {
                if !word.isEmpty, column + 1 + word.count > Self.preferredLength {
                    fold()
                } else if column < Self.hardLength - Self.longestCharacter {
                    // More blanks than a line holds are nobody's local part: the rest of them is left out.
                    bytes.append(ASCII.space)
                    column += 1
                }
            }
            isFirstWord = false
            write(word: word)
        }
    }

    /// Line ends and other control characters stand for blanks.
    private static func isBlank(_ byte: UInt8) -> Bool { byte <= ASCII.space || byte == 0x7F }

    /// Writes a word; one that is longer than a line may ever be is cut, never inside a UTF-8 character.
    private mutating func write(word: ArraySlice<UInt8>) {
        for byte in word {
            // What goes on without beginning a character is not UTF-8, and may be cut anywhere.
            let isFull = column > Self.hardLength - Self.longestCharacter && byte & 0xC0 != 0x80
            if isFull || column >= Self.hardLength { fold() }
            bytes.append(byte)
            column += 1
        }
    }
}
