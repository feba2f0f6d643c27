import Delivery
import MailFormat

// What the command line asks about the suppression list.
extension ControlHandler {
    /// Answers a question or carries out a change.
    func suppression(
        _ request: ControlRequest,
        _ peer: ControlPeer,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        let question = request.suppression ?? SuppressionRequest()
        let lines = max(question.subjects?.count ?? 0, question.entries?.count ?? 0)
        guard lines <= SuppressionRequest.limit else {
            return try await emit(.failure("more than \(SuppressionRequest.limit) lines in one request", exit: 65))
        }
        let now = clock.now
        let selection = try SuppressionSelection(question, at: now)
        switch request.verb {
        case .suppressionList, .suppressionShow:
            var count = 0
            let withHistory = request.verb == .suppressionShow
            try await selection.forEach(in: reader) { record in
                count += 1
                try await emit(.suppression(SuppressionItem(record, at: now, withHistory: withHistory)))
            }
            try await emit(.end(count: count))
        case .suppressionPreview:
            var count = 0
            try await selection.preview(in: reader) { item in
                count += item.suppressed ? 1 : 0
                try await emit(.suppression(item))
            }
            try await emit(.end(count: count))
        case .suppressionAdd: try await emit(.end(count: try await add(question, request, peer)))
        case .suppressionRemove: try await emit(.end(count: try await remove(question, request.author(peer))))
        case .suppressionImport: try await emit(.end(count: try await take(question, request.author(peer))))
        case .suppressionUndo: try await undo(question, selection, request.author(peer), emit)
        default: try await emit(.failure("this is no question about the suppression list", exit: 65))
        }
    }

    private func add(_ question: SuppressionRequest, _ request: ControlRequest, _ peer: ControlPeer) async throws -> Int
    {
        let author = request.author(peer)
        let entry = SuppressionEntry(
            origin: .operator,
            at: clock.now,
            by: author,
            reason: request.reason ?? "suppressed by the operator",
            until: question.until.map(Timestamp.init(milliseconds:))
        )
        let changes = try (question.subjects ?? []).map { text in
            SuppressionChange(try SuppressionSelection.subject(text), .listed(entry))
        }
        return try await change(changes, by: author)
    }

    private func remove(_ question: SuppressionRequest, _ author: String) async throws -> Int {
        let changes = try (question.subjects ?? []).compactMap { text -> SuppressionChange? in
            let subject = try SuppressionSelection.subject(text)
            return try reader.suppression(of: subject) == nil ? nil : SuppressionChange(subject, .removed)
        }
        return try await change(changes, by: author)
    }

    /// Lines of another list; what an operator has said here stands.
    private func take(_ question: SuppressionRequest, _ author: String) async throws -> Int {
        let now = clock.now
        let changes = try (question.entries ?? []).compactMap { line -> SuppressionChange? in
            let subject = try SuppressionSelection.subject(line.address)
            guard try reader.suppression(of: subject)?.entry == nil else { return nil }
            let since = line.at.map { ", there since \(ISO8601.text(Timestamp(milliseconds: $0)))" } ?? ""
            let entry = SuppressionEntry(
                origin: line.isComplaint ? .complaint : .imported,
                // When it came here is what an undo goes by.
                at: now,
                by: author,
                reason: line.reason + since,
                until: line.until.map(Timestamp.init(milliseconds:))
            )
            return SuppressionChange(subject, .listed(entry))
        }
        guard question.isTrial != true else { return changes.count }
        return try await change(changes, by: author)
    }

    private func undo(
        _ question: SuppressionRequest,
        _ selection: SuppressionSelection,
        _ author: String,
        _ emit: @Sendable (ControlAnswer) async throws -> Void
    ) async throws {
        guard question.rule != nil, question.since != nil else {
            return try await emit(.failure("an undo needs a rule and an instant", exit: 64))
        }
        let retraction = selection.retraction
        let now = clock.now
        var changes: [SuppressionChange] = []
        var touched = 0
        try await selection.forEach(in: reader) { record in
            touched += 1
            if question.isTrial == true { return try await emit(.suppression(SuppressionItem(record, at: now))) }
            changes.append(SuppressionChange(record.subject, .retracted(retraction)))
            if changes.count == SuppressionRequest.limit {
                _ = try await change(changes, by: author)
                changes = []
            }
        }
        _ = try await change(changes, by: author)
        try await emit(.end(count: touched))
    }

    private func change(_ changes: [SuppressionChange], by author: String) async throws -> Int {
        guard !changes.isEmpty else { return 0 }
        return try await withCheckedThrowingContinuation { continuation in
            intake.request(
                OperatorRequest(.suppress(changes, by: author), []) {
                    continuation.resume(with: $0.mapError { $0 as any Error })
                }
            )
        }
    }
}
