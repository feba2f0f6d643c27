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
