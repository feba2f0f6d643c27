/// One pass over bytes for those that end a line or must not be there, sixteen at a time.
///
/// The comparisons are those of whole vectors: the operators that take a scalar, `any` and `min` are loops over lanes.
package enum ByteScan {
    private static var carriageReturns: SIMD16<UInt8> { SIMD16(repeating: ASCII.carriageReturn) }
    private static var lineFeeds: SIMD16<UInt8> { SIMD16(repeating: ASCII.lineFeed) }
    private static var nuls: SIMD16<UInt8> { SIMD16(repeating: 0) }

    /// The offset of the first CR or LF at or behind `start`; `bytes.count` when there is none.
    package static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        first(bytes, from: start, to: bytes.count) {
            ($0 .== carriageReturns) .| ($0 .== lineFeeds)
        } orByte: {
            $0 == ASCII.carriageReturn || $0 == ASCII.lineFeed
        }
    }

    /// The offset of the first CR, LF or another octet at or behind `start`; `bytes.count` when there is none.
    package static func lineEnd(_ bytes: Span<UInt8>, or octet: UInt8, from start: Int) -> Int {
        let octets = SIMD16(repeating: octet)
        return first(bytes, from: start, to: bytes.count) {
            ($0 .== carriageReturns) .| ($0 .== lineFeeds) .| ($0 .== octets)
        } orByte: {
            $0 == octet || $0 == ASCII.carriageReturn || $0 == ASCII.lineFeed
        }
    }

    /// The offset of the first LF at or behind `start`; `bytes.count` when there is none.
    package static func lineFeed(_ bytes: Span<UInt8>, from start: Int) -> Int {
        first(bytes, from: start, to: bytes.count) {
            $0 .== lineFeeds
        } orByte: {
            $0 == ASCII.lineFeed
        }
    }

    /// The offset of the first octet in `start..<limit` that is the given one but for some bits; `limit` when there is
    /// none.
    package static func first(
        _ bytes: Span<UInt8>,
        _ octet: UInt8,
        but bits: UInt8 = 0,
        from start: Int,
        to limit: Int
    ) -> Int {
        let (octets, rest) = (SIMD16(repeating: octet & ~bits), SIMD16(repeating: ~bits))
        return first(bytes, from: start, to: limit) {
            ($0 & rest) .== octets
        } orByte: {
            ($0 ^ octet) & ~bits == 0
        }
    }

    /// The offset of the first colon, or byte that is not visible, at or behind `start`; `bytes.count` when there is none.
    static func nameEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let (first, count) = (SIMD16<UInt8>(repeating: 0x21), SIMD16<UInt8>(repeating: 0x5E))
        let colons = SIMD16(repeating: UInt8(ascii: ":"))
        return ByteScan.first(bytes, from: start, to: bytes.count) {
            ($0 .== colons) .| (($0 &- first) .>= count)
        } orByte: {
            $0 == UInt8(ascii: ":") || !ASCII.isVisible($0)
        }
    }

    /// The offset of the first byte that no string of JSON has as it is, or that ends one, at or behind `start`;
    /// `bytes.count` when there is none.
    ///
    /// DEL counts as one: terminals may obey it.
    package static func escape(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let (controls, deletes) = (SIMD16<UInt8>(repeating: 0x20), SIMD16<UInt8>(repeating: 0x7F))
        let (quotes, escapes) = (SIMD16(repeating: UInt8(ascii: "\"")), SIMD16(repeating: UInt8(ascii: "\\")))
        return first(bytes, from: start, to: bytes.count) {
            ($0 .< controls) .| ($0 .== deletes) .| ($0 .== quotes) .| ($0 .== escapes)
        } orByte: {
            ASCII.isControl($0) || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
        }
    }

    /// The offset of the first byte in `start..<limit` of a kind, which is told of sixteen and of one; `limit` when there
    /// is none.
    @inline(__always)
    private static func first(
        _ bytes: Span<UInt8>,
        from start: Int,
        to limit: Int,
        _ lanes: (SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>>,
        orByte isHit: (UInt8) -> Bool
    ) -> Int {
        // The pointer stays within the closure, and every load lies within 0..<count.
        unsafe bytes.withUnsafeBytes { raw in
            let end = min(limit, raw.count)
            var offset = start
            while offset + 16 <= end {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                if let lane = firstSet(lanes(block)) { return offset + lane }
                offset += 16
            }
            while offset < end, unsafe !isHit(raw[offset]) { offset += 1 }
            return offset < end ? offset : limit
        }
    }

    /// The offset of the first line behind another one, from `start` on, that begins with an octet; `bytes.count` when
    /// none does.
    package static func line(_ bytes: Span<UInt8>, beginningWith octet: UInt8, from start: Int) -> Int {
        // As above; the octet before each is there, too.
        unsafe bytes.withUnsafeBytes { raw in
            let count = raw.count
            let octets = SIMD16(repeating: octet)
            var offset = max(start, 1)
            while offset + 16 <= count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                let before = unsafe raw.loadUnaligned(fromByteOffset: offset - 1, as: SIMD16<UInt8>.self)
                if let lane = firstSet((block .== octets) .& (before .== lineFeeds)) { return offset + lane }
                offset += 16
            }
            while offset < count, unsafe raw[offset] != octet || raw[offset - 1] != ASCII.lineFeed { offset += 1 }
            return min(offset, count)
        }
    }

    /// How many bytes `words` tells of.
    package static var block: Int { 64 }

    /// Which of the 64 bytes from `start` on are letters or digits of US-ASCII, and which begin a longer character: a bit
    /// for each, the lowest for the first; none at or behind `limit`.
    package static func words(_ bytes: Span<UInt8>, from start: Int, to limit: Int) -> (
        words: UInt64, characters: UInt64
    ) {
        // As above.
        unsafe bytes.withUnsafeBytes { raw in
            var words: UInt64 = 0
            var characters: UInt64 = 0
            let wanted = start + block <= limit ? UInt64.max : (1 << UInt64(max(0, limit - start))) - 1
            guard start + block <= raw.count else {
                for offset in start..<max(start, min(limit, raw.count)) {
                    let byte = unsafe raw[offset]
                    if ASCII.isLetterOrDigit(byte) { words |= 1 << UInt64(offset - start) }
                    if byte >= 0xC0 { characters |= 1 << UInt64(offset - start) }
                }
                return (words, characters)
            }
            for part in 0..<4 {
                let bytes = unsafe raw.loadUnaligned(fromByteOffset: start + 16 * part, as: SIMD16<UInt8>.self)
                let letters = ((bytes | letterCases) &- firstLetters) .< letterCounts
                let digits = (bytes &- firstDigits) .< digitCounts
                words |= bits(letters .| digits) << UInt64(16 * part)
                characters |= bits(bytes .>= leaders) << UInt64(16 * part)
            }
            return (words & wanted, characters & wanted)
        }
    }

    private static var letterCases: SIMD16<UInt8> { SIMD16(repeating: 0x20) }
    private static var firstLetters: SIMD16<UInt8> { SIMD16(repeating: UInt8(ascii: "a")) }
    private static var letterCounts: SIMD16<UInt8> { SIMD16(repeating: 26) }
    private static var firstDigits: SIMD16<UInt8> { SIMD16(repeating: UInt8(ascii: "0")) }
    private static var digitCounts: SIMD16<UInt8> { SIMD16(repeating: 10) }
    private static var leaders: SIMD16<UInt8> { SIMD16(repeating: 0xC0) }

    /// A bit for each lane.
    @inline(__always)
    private static func bits(_ mask: SIMDMask<SIMD16<Int8>>) -> UInt64 {
        // As in `firstSet`.
        let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        return gathered(words[0]) | gathered(words[1]) << 8
    }

    /// The lowest bit of each byte, side by side.
    @inline(__always)
    private static func gathered(_ word: UInt64) -> UInt64 {
        // No two products meet in a bit, and the eight wanted ones come to stand in the highest byte.
        ((UInt64(littleEndian: word) & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) >> 56
    }

    /// All bytes or-ed together, and whether an octet and a CR are among them.
    package static func survey(_ bytes: Span<UInt8>, for octet: UInt8) -> (
        union: UInt8, hasOctet: Bool, hasReturn: Bool
    ) {
        // As above.
        unsafe bytes.withUnsafeBytes { raw in
            let octets = SIMD16(repeating: octet)
            var offset = 0
            var union = nuls
            var found = SIMDMask<SIMD16<Int8>>(repeating: false)
            var returns = found
            while offset + 16 <= raw.count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                union |= block
                found = found .| (block .== octets)
                returns = returns .| (block .== carriageReturns)
                offset += 16
            }
            var seen = (folded(union), firstSet(found) != nil, firstSet(returns) != nil)
            while offset < raw.count {
                let byte = unsafe raw[offset]
                seen.0 |= byte
                if byte == octet { seen.1 = true }
                if byte == ASCII.carriageReturn { seen.2 = true }
                offset += 1
            }
            return seen
        }
    }

    /// The offset of the first CR, LF or NUL in `start..<limit`, `limit` when there is none; every byte before it is
    /// or-ed into `union`, so that a byte above 127 shows in its top bit.
    package static func contentStop(_ bytes: Span<UInt8>, from start: Int, to limit: Int, union: inout UInt8) -> Int {
        // As above; `limit` is at most `count`.
        let (stop, seen) = unsafe bytes.withUnsafeBytes { raw in
            let end = min(limit, raw.count)
            var offset = start
            var blocks = nuls
            while offset + 16 <= end {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                let hits = (block .== carriageReturns) .| (block .== lineFeeds) .| (block .== nuls)
                guard firstSet(hits) == nil else { break }
                blocks |= block
                offset += 16
            }
            var seen = folded(blocks)
            while offset < end {
                let byte = unsafe raw[offset]
                if byte == ASCII.carriageReturn || byte == ASCII.lineFeed || byte == 0 { break }
                seen |= byte
                offset += 1
            }
            return (offset, seen)
        }
        union |= seen
        return stop
    }

    /// The first lane that is set; nil when none is.
    @inline(__always)
    private static func firstSet(_ mask: SIMDMask<SIMD16<Int8>>) -> Int? {
        // A mask's lanes are bytes of all ones or all zeros; read as two words the lowest byte is the first lane.
        let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        if words[0] != 0 { return UInt64(littleEndian: words[0]).trailingZeroBitCount >> 3 }
        if words[1] != 0 { return 8 + UInt64(littleEndian: words[1]).trailingZeroBitCount >> 3 }
        return nil
    }

    /// All lanes or-ed together.
    private static func folded(_ block: SIMD16<UInt8>) -> UInt8 {
        let words = unsafe unsafeBitCast(block, to: SIMD2<UInt64>.self)
        var all = words[0] | words[1]
        all |= all >> 32
        all |= all >> 16
        all |= all >> 8
        return UInt8(truncatingIfNeeded: all)
    }
}
