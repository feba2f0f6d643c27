public import Delivery
package import MailFormat
internal import Testing

/// The invariants hold.
func expectSound(_ store: any QueueStore, _ location: SourceLocation = #_sourceLocation) throws {
    #expect(try store.check() == [], sourceLocation: location)
}

/// The recipient stands where it should; nil for one that is done.
func expectState(
    _ store: any QueueStore,
    _ recipient: RecipientID,
    _ state: RecipientState?,
    _ location: SourceLocation = #_sourceLocation
) throws {
    let message = try store.message(recipient.message)
    let actual = message?.recipients.first { $0.index == recipient.index }?.state
    #expect(actual == state, sourceLocation: location)
}

/// The message is there with its content, or gone with it.
func expectContent(
    _ store: any QueueStore,
    _ id: MessageID,
    _ bytes: [UInt8]?,
    _ location: SourceLocation = #_sourceLocation
) throws {
    guard let bytes else {
        #expect(try store.message(id) == nil, sourceLocation: location)
        let error = #expect(throws: StoreError.self, sourceLocation: location) { try store.content(of: id) }
        #expect(error?.code == .invalid, sourceLocation: location)
        return
    }
    #expect(try store.content(of: id).bytes() == bytes, sourceLocation: location)
}

/// `body` fails with this kind of error.
func expectError(
    _ code: StoreError.Code,
    _ location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let error = #expect(throws: StoreError.self, sourceLocation: location) { try body() }
    #expect(error?.code == code, sourceLocation: location)
}

extension MessageContent {
    /// All bytes, read from first to last.
    public func bytes() throws(ContentError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < byteCount {
            try withBytes(in: bytes.count..<byteCount) { part in
                for index in part.indices { bytes.append(part[index]) }
            }
        }
        return bytes
    }
}

extension RecipientTransition {
    /// A recipient of message `number` is done.
    package static func done(
        _ number: Int,
        _ index: Int = 0,
        fence: Int64? = 1,
        attempt: AttemptRecord? = nil
    ) -> RecipientTransition {
        RecipientTransition(recipient: Samples.recipient(number, index), fence: fence, next: .done, attempt: attempt)
    }

    /// A recipient of message `number` stands somewhere else.
    package static func to(
        _ state: RecipientState,
        _ number: Int,
        _ index: Int = 0,
        fence: Int64? = 1,
        attempt: AttemptRecord? = nil,
        notice: Bool = false,
        ignoresAge: Bool = false
    ) -> RecipientTransition {
        RecipientTransition(
            recipient: Samples.recipient(number, index),
            fence: fence,
            next: .state(state),
            attempt: attempt,
            delayNoticeSent: notice,
            ignoresAge: ignoresAge
        )
    }
}

extension Timestamp {
    /// So many seconds after the start of the test.
    package static func after(_ seconds: Int64) -> Timestamp { Timestamp(seconds: Samples.start.seconds + seconds) }
}
