package import Delivery
import Foundation
import MailFormat
import SMTPProtocol
import StatusCodes

/// Carries out what the command line asks.
package struct ControlHandler: Sendable {
    let reader: any QueueReader
    let intake: Intake
    let clock: RelayClock
    private let local: LocalIntake
    private let reload: @Sendable () async throws -> Void
    private let status: @Sendable () -> [String]

    /// Makes a handler.
    package init(
        reader: any QueueReader,
        intake: Intake,
        clock: RelayClock,
        local: LocalIntake,
        reload: @escaping @Sendable () async throws -> Void,
        status: @escaping @Sendable () -> [String]
    ) {
        self.reader = reader
        self.intake = intake
        self.clock = clock
        self.local = local
        self.reload = reload
        self.status = status
    }

    /// Messages of one request: a transaction of bounded size.
    private static let chunk = 200

    /// Answers one request; whatever goes wrong is said to the asker.
    package func answer(
        _ request: ControlRequest,
        from peer: ControlPeer,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        if let excess = request.excess { return try await emit(.failure(excess, exit: 65)) }
        do {
            try await perform(request, peer, emit)
        } catch let error as QueueSelection.Unreadable {
            try await emit(.failure(error.sentence, exit: 65))
        } catch let error as SuppressionSelection.Unreadable {
            try await emit(.failure(error.sentence, exit: 65))
        } catch let error as CommandRefusal {
            try await emit(.failure(error.reason, exit: 75))
        } catch let error as StoreError {
            try await emit(.failure("the store cannot be read: \(error.detail)", exit: 74))
        }
    }

    private func perform(
        _ request: ControlRequest,
        _ peer: ControlPeer,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        switch request.verb {
        case .queueList: try await list(request, emit, withHistory: false)
        case .queueShow: try await list(request, emit, withHistory: true)
        case .queueWhy: try await why(request, emit)
        case .queueRetry: try await act(.command(.retry), request, emit)
        case .queueHold:
            try await act(
                .command(
                    .hold(
                        by: request.author(peer),
                        reason: request.reason ?? "held by the operator",
                        reviewAt: nil,
                        stopsExpiry: false
                    )
                ),
                request,
                emit
            )
        case .queueRelease: try await act(.command(.release), request, emit)
        case .queueFail: try await act(.command(.fail), request, emit)
        case .queueDelete:
            let reason = request.reason ?? "deleted by the operator"
            try await act(.delete(by: request.author(peer), reason: reason), request, emit)
        case .queueCheck:
            let problems = try reader.check()
            for problem in problems { try await emit(.line(problem)) }
            try await emit(.end(count: problems.count))
        case .events:
            let feed = EventFeed(after: request.after ?? 0, since: request.since.map(Timestamp.init(milliseconds:)))
            let position = try await feed.forEach(in: reader) { try await emit(.event($0)) }
            try await emit(.position(position))
            try await emit(.end(count: 0))
        case .suppressionList, .suppressionShow, .suppressionPreview, .suppressionAdd, .suppressionRemove,
            .suppressionImport, .suppressionUndo:
            try await suppression(request, peer, emit)
        case .submit: try await submit(request, emit)
        case .reload:
            do {
                try await reload()
                try await emit(.end(count: 1))
            } catch {
                try await emit(.failure("\(error)", exit: 78))
            }
        case .status:
            for line in status() { try await emit(.line(line)) }
            try await emit(.end(count: 0))
        }
    }

    private func list(
        _ request: ControlRequest,
        _ emit: @Sendable (ControlAnswer) async throws -> Void,
        withHistory: Bool
    ) async throws {
        var count = 0
        try await QueueSelection(request.selector).forEach(in: reader) { message in
            count += 1
            try await emit(.message(QueueItem(message, withHistory: withHistory)))
        }
        try await emit(.end(count: count))
    }

    private func why(
        _ request: ControlRequest,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        var count = 0
        try await QueueStory(request.selector).forEach(in: reader, waits: waits) { item in
            count += 1
            try await emit(.message(item))
        }
        try await emit(.end(count: count))
    }

    private func waits(of message: QueuedMessage) async -> [Int32: DeliveryWait] {
        await withCheckedContinuation { continuation in
            intake.ask(WaitQuestion(message) { continuation.resume(returning: $0) })
        }
    }

    private func act(
        _ verb: OperatorRequest.Verb,
        _ request: ControlRequest,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        var targets: [QueuedMessage] = []
        var touched = 0
        try await QueueSelection(request.selector).forEach(in: reader) { message in
            targets.append(message)
            if targets.count >= Self.chunk {
                touched += try await carryOut(verb, targets)
                targets = []
            }
        }
        if !targets.isEmpty { touched += try await carryOut(verb, targets) }
        try await emit(.end(count: touched))
    }

    private func carryOut(_ verb: OperatorRequest.Verb, _ targets: [QueuedMessage]) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            intake.request(
                OperatorRequest(verb, targets) { continuation.resume(with: $0.mapError { $0 as any Error }) }
            )
        }
    }

    private func submit(
        _ request: ControlRequest,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        guard let message = request.message else {
            return try await emit(.failure("a submission without a message", exit: 65))
        }
        switch await local.submit(message) {
        case .queued(let id):
            try await emit(.line(id.description))
            try await emit(.end(count: 1))
        case .invalid(let sentence): try await emit(.failure(sentence, exit: 65))
        case .refused(let reply):
            let exit: Int32 = reply.code.severity == .permanentNegative ? 65 : 75
            try await emit(.failure("the message was not taken: \(reply.condition.text)", exit: exit))
        }
    }
}
