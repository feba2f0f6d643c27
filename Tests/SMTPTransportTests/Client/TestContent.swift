import Delivery

/// Content from an array: in memory, or pretending to be a file that gives small pieces and may fail.
final class TestContent: MessageContent {
    private let octets: [UInt8]
    private let pieceSize: Int?
    private let failsAt: Int?

    init(_ octets: [UInt8]) {
        self.octets = octets
        self.pieceSize = nil
        self.failsAt = nil
    }

    /// Content that is not resident, gives at most `pieceSize` octets a time, and fails from an offset on.
    init(_ octets: [UInt8], inPiecesOf pieceSize: Int, failsAt: Int? = nil) {
        self.octets = octets
        self.pieceSize = pieceSize
        self.failsAt = failsAt
    }

    var byteCount: Int { octets.count }
    var isResident: Bool { pieceSize == nil }

    func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        if let failsAt, range.lowerBound >= failsAt { throw ContentError(code: .damaged) }
        let end = min(range.upperBound, range.lowerBound + (pieceSize ?? range.count))
        let piece = Array(octets[range.lowerBound..<end])
        body(piece.span)
    }
}
