import Delivery
import MailFormat
import NIOCore
import SMTPProtocol
import StatusCodes

// Content: room, collecting, spilling, submitting.
extension ServerHandler {
    func reserveContent() -> ServerAction? {
        guard let context, let info else { return nil }
        let size = ContentCollector.reservation(declaredSize: session.declaredSize ?? session.chunkSize)
        switch host.reserveContent(bytes: size, session: info) {
        case .refused(let reply): return session.contentRefused(reply, at: now)
        case .granted(let id):
            content = ContentCollector(
                id: id,
                reserved: size,
                trace: trace(id, info),
                allocator: context.channel.allocator
            )
            return session.contentReserved(at: now)
        }
    }

    func trace(_ id: MessageID, _ info: SessionInfo) -> [UInt8] {
        var transmission: ReceivedField.Transmission = info.isExtended ? .extended : []
        if info.tls != nil { transmission.insert(.encrypted) }
        if info.account != nil { transmission.insert(.authenticated) }
        if session.envelope?.smtpUTF8 == true { transmission.insert(.internationalized) }
        let field = ReceivedField(
            clientName: info.helo,
            clientAddress: info.peer.address?.ipAddress == nil ? "" : info.peer.addressText,
            hostname: listener.configuration.hostname,
            transmission: transmission,
            id: id.description,
            date: listener.wallClock()
        )
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        field.append(to: &bytes)
        return bytes
    }

    func collect(_ range: ByteRange) -> ServerAction? {
        guard content != nil else { return nil }
        let shortage = content?.shortage(for: range.count) ?? 0
        if shortage > 0 {
            if let refusal = host.extendReservation(bytes: shortage) { return session.contentFailed(refusal) }
            content?.granted(shortage)
        }
        content?.append(input.readableBytesUInt8Span.extracting(range.offsets))
        return content?.mustSpill == true ? spill() : nil
    }

    /// Memory is full: the host's sink gets what there is, and everything from now on.
    func spill() -> ServerAction? {
        guard let id = content?.id, let info else { return nil }
        if let refusal = fixUp(needsWholeHeader: true) { return session.contentFailed(refusal) }
        let ownOctets = content?.headerStart ?? 0
        content?.spill(to: host.contentSink(for: id, session: info, ownOctets: ownOctets))
        return nil
    }

    /// Gives the sink what has gathered, and waits where it says so.
    func feedSink() {
        guard let context, let sink = content?.sink, let chunk = content?.takeChunk(context.channel.allocator) else {
            return
        }
        let later: LaterAnswer<SinkProgress> = laterAnswer(context)
        question.sinkDeadline = context.eventLoop.now + TimeAmount(listener.configuration.limits.commitTimeout)
        guard let progress = sink.append(chunk, later: later) else { return }
        question.answered()
        apply(.progress(progress))
    }

    func sinkIsReady() {
        session.contentResumed(at: now)
        if content?.isComplete == true { finishSink() }
    }

    func sinkHasFailed(_ reply: Reply) {
        guard content?.isComplete == true else { return follow(session.contentFailed(reply)) }
        dropContent()
        follow(session.committed(reply, at: now))
    }

    func finishSink() {
        guard let context, let sink = content?.sink else { return }
        let later: LaterAnswer<SinkOutcome> = laterAnswer(context)
        question.sinkDeadline = context.eventLoop.now + TimeAmount(listener.configuration.limits.commitTimeout)
        sink.finish(later: later)
    }

    func dropContent() {
        guard let dropped = content.take() else { return }
        dropped.sink?.abort()
        if dropped.reserved > 0 { host.releaseReservation(bytes: dropped.reserved) }
    }

    /// The message is complete: the sink makes it durable first, where there is one.
    func commit() -> ServerAction? {
        guard content != nil else { return session.committed(Reply(.localError), at: now) }
        content?.isComplete = true
        guard content?.sink == nil else {
            if content?.buffer.readableBytes == 0 { finishSink() } else { feedSink() }
            return nil
        }
        if let refusal = fixUp(needsWholeHeader: false) {
            dropContent()
            return session.committed(refusal, at: now)
        }
        guard let buffer = content?.buffer, let reserved = content?.reserved else { return nil }
        submit(BufferContent(buffer), reserved: reserved)
        return nil
    }

    func submit(_ stored: any MessageContent, reserved: Int) {
        guard let context, let info, let collected = content.take(), let submission = session.submission else { return }
        // A sink's content holds no memory any more.
        if reserved == 0, collected.reserved > 0 { host.releaseReservation(bytes: collected.reserved) }
        let later: LaterAnswer<Reply> = laterAnswer(context)
        host.submit(
            ReceivedMessage(
                id: collected.id,
                envelope: submission.envelope,
                content: stored,
                reservedBytes: reserved,
                session: info,
                facts: submission.facts
            ),
            later: later
        )
    }

    /// Submission only: adds missing fields, or refuses the header (RFC 6409 §6.3, §8).
    func fixUp(needsWholeHeader: Bool) -> Reply? {
        guard listener.configuration.role == .submission, let context, let id = content?.id,
            let start = content?.headerStart
        else { return nil }
        let fixUp = SubmissionFixUp(
            hostname: listener.configuration.hostname,
            id: id.description,
            date: listener.wallClock(),
            sender: listener.configuration.addsSender ? session.account : nil
        )
        let bytes = content?.buffer ?? ByteBuffer()
        switch fixUp.examine(bytes.readableBytesUInt8Span, from: start, needsWholeHeader: needsWholeHeader) {
        case .refuse(let reply): return reply
        case .prepend(let lines):
            content?.insert(lines, context.channel.allocator)
            return nil
        }
    }
}
