import Delivery
import NIOCore
import SMTPProtocol

/// The content of one transaction on its way into a channel, slice by slice.
struct ContentFlow {
    /// Octets of one slice: what a connection holds of a large content at most.
    private static let sliceSize = 65_536

    let content: any MessageContent
    private var form: Form
    private var offset = 0

    enum Form {
        case dotStuffed(DotStuffer)
        case lines(LineEndGuard)
        case octets
    }

    init(_ content: any MessageContent, _ form: ContentForm) {
        self.content = content
        self.form =
            switch form {
            case .dotStuffed: .dotStuffed(DotStuffer())
            case .chunkOfLines: .lines(LineEndGuard())
            case .chunkOfOctets: .octets
            }
    }

    var isAtEnd: Bool { offset >= content.byteCount }
    var isResident: Bool { content.isResident }
    var nextRange: Range<Int> { offset..<min(offset + Self.sliceSize, content.byteCount) }

    /// Writes the next slice of resident content; what went wrong, or nil.
    mutating func writeResidentSlice(into buffer: inout ByteBuffer) -> ClientLoss? {
        let range = nextRange
        buffer.reserveCapacity(minimumWritableBytes: range.count + Self.spareForTheEnd)
        var form = form
        var written = 0
        var isClean = true
        do throws(ContentError) {
            try content.withBytes(in: range) { bytes in
                written = bytes.count
                isClean = form.write(bytes, into: &buffer)
            }
        } catch {
            return .unreadable(String(describing: error))
        }
        self.form = form
        return advance(by: written, isClean)
    }

    /// Writes a slice that was read elsewhere; what went wrong, or nil.
    mutating func write(_ slice: ByteBuffer, into buffer: inout ByteBuffer) -> ClientLoss? {
        let isClean = form.write(slice.readableBytesUInt8Span, into: &buffer)
        return advance(by: slice.readableBytes, isClean)
    }

    private mutating func advance(by count: Int, _ isClean: Bool) -> ClientLoss? {
        guard isClean else { return .bareLineEnd }
        guard count > 0 else { return .unreadable("content is shorter than recorded") }
        offset += count
        return nil
    }

    /// Writes what ends the content; what went wrong, or nil.
    func writeEnd(into buffer: inout ByteBuffer) -> ClientLoss? {
        switch form {
        case .dotStuffed(let stuffer):
            guard let terminator = stuffer.terminator else { return .bareLineEnd }
            buffer.writeStaticString(terminator)
        case .lines(let guardian):
            if !guardian.permitsEnd { return .bareLineEnd }
        case .octets: break
        }
        return nil
    }

    /// Room for the end and the commands that ride behind it, so that the buffer need not grow once more.
    private static let spareForTheEnd = 512

    /// Reads a slice, blocking; for a thread pool.
    static func read(_ content: any MessageContent, _ range: Range<Int>) -> Result<ByteBuffer, ContentError> {
        var buffer = ByteBufferAllocator().buffer(capacity: range.count)
        do throws(ContentError) {
            try content.withBytes(in: range) { bytes in buffer.append(bytes) }
            return .success(buffer)
        } catch {
            return .failure(error)
        }
    }
}

extension ContentFlow.Form {
    /// Writes octets in this form; false when they must not be written (`DotStuffer`, `LineEndGuard`).
    mutating func write(_ bytes: Span<UInt8>, into buffer: inout ByteBuffer) -> Bool {
        switch self {
        case .dotStuffed(var stuffer):
            var start = 0
            while start < bytes.count {
                guard case .run(let end, let thenDot) = stuffer.next(in: bytes, from: start) else { return false }
                buffer.append(bytes.extracting(start..<end))
                if thenDot { buffer.writeInteger(UInt8(ascii: ".")) }
                start = end
            }
            self = .dotStuffed(stuffer)
            return true
        case .lines(var guardian):
            guard guardian.permits(bytes) else { return false }
            self = .lines(guardian)
        case .octets: break
        }
        buffer.append(bytes)
        return true
    }
}
