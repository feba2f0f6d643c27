import Delivery
import MailFormat
import NIOCore
import SMTPProtocol
import StatusCodes

/// The content of one message while it arrives: in memory up to a bound, from there on in the host's sink.
///
/// Octets are appended straight from the read buffer. The trace field is written before the first of them, so that the
/// message lies in one piece and is never copied again.
struct ContentCollector: ~Copyable {
    /// Content above this goes to a sink (`docs/design/architecture.md` §4).
    static let memoryLimit = 65_536
    /// What is reserved for content of unknown size, to begin with.
    static let firstGuess = 8192
    /// Room for the trace field beside the content.
    static let traceAllowance = 1024

    let id: MessageID
    /// Octets of the memory budget that are ours to give back.
    private(set) var reserved: Int
    private(set) var buffer: ByteBuffer
    /// Where the client's header begins, behind our trace field and what was inserted.
    private(set) var headerStart = 0
    private(set) var sink: (any ContentSink)?
    /// The last octet has come; the sink has the rest, or gets it.
    var isComplete = false

    /// How much to reserve before the first octet.
    static func reservation(declaredSize: Int?) -> Int {
        min(memoryLimit, max(0, declaredSize ?? firstGuess)) + traceAllowance
    }

    init(id: MessageID, reserved: Int, trace: [UInt8], allocator: ByteBufferAllocator) {
        self.id = id
        self.reserved = reserved
        self.buffer = allocator.buffer(capacity: reserved)
        buffer.append(trace.span)
        self.headerStart = buffer.readableBytes
    }

    /// How many more octets must be reserved before `count` may be appended; 0 when there is room.
    func shortage(for count: Int) -> Int {
        guard sink == nil else { return 0 }
        let missing = buffer.readableBytes + count - reserved
        guard missing > 0 else { return 0 }
        // In steps, so that a long message asks a few times and not at each read.
        return max(missing, min(reserved, Self.memoryLimit))
    }

    mutating func granted(_ octets: Int) { reserved += octets }

    mutating func append(_ bytes: Span<UInt8>) { buffer.append(bytes) }

    /// Whether memory is full and the host's sink must take over.
    var mustSpill: Bool { sink == nil && buffer.readableBytes > Self.memoryLimit }

    /// Whether a sink should get what has gathered.
    var hasChunk: Bool { sink != nil && buffer.readableBytes >= Self.memoryLimit / 2 }

    mutating func spill(to sink: any ContentSink) { self.sink = sink }

    /// What has gathered, for the sink.
    mutating func takeChunk(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        let chunk = buffer
        buffer = allocator.buffer(capacity: isComplete ? 0 : Self.memoryLimit)
        return chunk
    }

    /// Puts lines between our trace field and the client's header: copies once, for the few messages that need it.
    mutating func insert(_ lines: [UInt8], _ allocator: ByteBufferAllocator) {
        guard !lines.isEmpty else { return }
        var whole = allocator.buffer(capacity: buffer.readableBytes + lines.count)
        whole.append(buffer.readableBytesUInt8Span.extracting(0..<headerStart))
        whole.append(lines.span)
        whole.append(buffer.readableBytesUInt8Span.extracting(headerStart..<buffer.readableBytes))
        buffer = whole
        headerStart += lines.count
    }
}
