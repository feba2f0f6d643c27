/// One pass over bytes for those that end a line or must not be there, sixteen at a time.
///
/// The comparisons are those of whole vectors: the operators that take a scalar, `any` and `min` are loops over lanes.
package enum ByteScan {
    private static var carriageReturns: SIMD16<UInt8> { SIMD16(repeating: ASCII.carriageReturn) }
    private static var lineFeeds: SIMD16<UInt8> { SIMD16(repeating: ASCII.lineFeed) }
    private static var nuls: SIMD16<UInt8> { SIMD16(repeating: 0) }

    /// The offset of the first CR or LF at or behind `start`; `bytes.count` when there is none.
    package static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        // The pointer stays within the closure, and every load lies within 0..<count.
        unsafe bytes.withUnsafeBytes { raw in
            let count = raw.count
            var offset = start
            while offset + 16 <= count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                if let lane = firstSet((block .== carriageReturns) .| (block .== lineFeeds)) { return offset + lane }
                offset += 16
            }
            while offset < count, unsafe raw[offset] != ASCII.carriageReturn, unsafe raw[offset] != ASCII.lineFeed {
                offset += 1
            }
            return offset
        }
    }

    /// The offset of the first LF at or behind `start`; `bytes.count` when there is none.
    package static func lineFeed(_ bytes: Span<UInt8>, from start: Int) -> Int {
        // As above.
        unsafe bytes.withUnsafeBytes { raw in
            let count = raw.count
            var offset = start
            while offset + 16 <= count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                if let lane = firstSet(block .== lineFeeds) { return offset + lane }
                offset += 16
            }
            while offset < count, unsafe raw[offset] != ASCII.lineFeed { offset += 1 }
            return min(offset, count)
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
