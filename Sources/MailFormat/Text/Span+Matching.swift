extension Span where Element == UInt8 {
    /// Whether the lower-case word stands at `offset`, in any case of letters.
    @inlinable
    package func matches(_ word: StaticString, at offset: Int) -> Bool {
        let length = word.utf8CodeUnitCount
        guard offset >= 0, offset + length <= count else { return false }
        // A StaticString's bytes live as long as the program and `length` of them are there.
        let pointer = unsafe word.utf8Start
        // Nearly every comparison ends with its first byte.
        guard unsafe length == 0 || ASCII.lowered(self[offset]) == pointer[0] else { return false }
        for index in 0..<length where unsafe ASCII.lowered(self[offset + index]) != pointer[index] { return false }
        return true
    }

    /// Whether the range holds the lower-case word and nothing else, in any case of letters.
    @inlinable
    package func equals(_ word: StaticString, in range: ByteRange) -> Bool {
        range.count == word.utf8CodeUnitCount && matches(word, at: Int(range.start))
    }

    /// Whether the lower-case word stands somewhere, in any case of letters.
    package func contains(_ word: StaticString) -> Bool {
        var offset = 0
        let last = count - word.utf8CodeUnitCount
        while offset <= last {
            if matches(word, at: offset) { return true }
            offset += 1
        }
        return false
    }

    /// Copies a range.
    package func copy(_ range: ByteRange) -> [UInt8] {
        var copied: [UInt8] = []
        copied.append(self, range)
        return copied
    }
}
