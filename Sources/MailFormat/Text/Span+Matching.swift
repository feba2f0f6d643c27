extension Span where Element == UInt8 {
    /// Whether the lower-case word, which is not empty, stands at `offset`, in any case of letters.
    @inlinable
    @inline(__always)
    package func matches(_ word: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, offset + word.utf8CodeUnitCount <= count else { return false }
        // A StaticString's bytes live as long as the program. Nearly every comparison ends with its first one.
        return unsafe ASCII.lowered(self[offset]) == word.utf8Start.pointee && goesOn(word, at: offset)
    }

    /// Whether the lower-case word stands at `offset`, where as many bytes are.
    @usableFromInline
    func goesOn(_ word: StaticString, at offset: Int) -> Bool {
        // As above.
        let pointer = unsafe word.utf8Start
        for index in 0..<word.utf8CodeUnitCount
        where unsafe ASCII.lowered(self[offset + index]) != pointer[index] {
            return false
        }
        return true
    }

    /// Whether the range holds the lower-case word and nothing else, in any case of letters.
    @inlinable
    package func equals(_ word: StaticString, in range: ByteRange) -> Bool {
        range.count == word.utf8CodeUnitCount && matches(word, at: Int(range.start))
    }

    /// Whether the lower-case word stands somewhere, in any case of letters.
    package func contains(_ word: StaticString) -> Bool {
        // A StaticString's bytes live as long as the program; it is not empty.
        let first = unsafe word.utf8Start.pointee
        let behind = count - word.utf8CodeUnitCount + 1
        var offset = 0
        while offset < behind {
            // A letter of either case, or some other octet that is told apart below.
            offset = ByteScan.first(self, first, but: ASCII.isLetter(first) ? 0x20 : 0, from: offset, to: behind)
            if offset < behind, goesOn(word, at: offset) { return true }
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
