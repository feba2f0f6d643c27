extension String {
    /// The bytes of US-ASCII in a range, A…Z folded to a…z.
    package init(lowering bytes: Span<UInt8>, _ range: ByteRange) {
        let start = Int(range.start)
        // As many octets are written as are said to be, each within the buffer.
        self = unsafe String(unsafeUninitializedCapacity: range.count) { buffer in
            for index in 0..<range.count { unsafe buffer[index] = ASCII.lowered(bytes[start + index]) }
            return range.count
        }
    }

    /// The UTF-8 in a range; what is none shows as U+FFFD.
    package init(decoding bytes: Span<UInt8>, _ range: ByteRange) {
        // The pointer is used within this call only, for as many bytes as it covers.
        self = unsafe bytes.extracting(range.offsets).withUnsafeBufferPointer { part in
            unsafe String(decoding: part, as: UTF8.self)
        }
    }
}
