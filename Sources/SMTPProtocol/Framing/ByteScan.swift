/// One pass over bytes for those that end a line or must not be there, sixteen at a time.
package enum ByteScan {
    /// The offset of the first CR or LF at or behind `start`; `bytes.count` when there is none.
    package static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        // The pointer stays within the closure, and every load lies within 0..<count.
        unsafe bytes.withUnsafeBytes { raw in
            var offset = start
            while offset + 16 <= raw.count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                let hits = (block .== 0x0D) .| (block .== 0x0A)
                if any(hits) { return offset + firstSet(hits) }
                offset += 16
            }
            while offset < raw.count, unsafe raw[offset] != 0x0D, unsafe raw[offset] != 0x0A { offset += 1 }
            return offset
        }
    }

    /// The offset of the first CR, LF or NUL in `start..<limit`, `limit` when there is none; every byte before it is
    /// or-ed into `union`, so that a byte above 127 shows in its top bit.
    package static func contentStop(_ bytes: Span<UInt8>, from start: Int, to limit: Int, union: inout UInt8) -> Int {
        var seen = union
        // As above; `limit` is at most `count`.
        let stop = unsafe bytes.withUnsafeBytes { raw in
            let end = min(limit, raw.count)
            var offset = start
            var blocks = SIMD16<UInt8>(repeating: 0)
            while offset + 16 <= end {
                let block = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                if any((block .== 0x0D) .| (block .== 0x0A) .| (block .== 0)) { break }
                blocks |= block
                offset += 16
            }
            for lane in blocks.indices { seen |= blocks[lane] }
            while offset < end {
                let byte = unsafe raw[offset]
                if byte == 0x0D || byte == 0x0A || byte == 0 { break }
                seen |= byte
                offset += 1
            }
            return offset
        }
        union = seen
        return stop
    }

    private static func firstSet(_ mask: SIMDMask<SIMD16<Int8>>) -> Int {
        let places = SIMD16<UInt8>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        return Int(places.replacing(with: 16, where: .!mask).min())
    }
}
