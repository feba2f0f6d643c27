package import Delivery
package import MailFormat

/// Which records of the suppression list a question means.
package struct SuppressionSelection {
    private let request: SuppressionRequest
    private let subjects: [SuppressionSubject]?
    private let now: Timestamp

    /// A question that cannot be read.
    package struct Unreadable: Error {
        /// What is wrong with it.
        package let sentence: String
    }

    /// Reads a question; an empty one means everything that suppresses now.
    package init(_ request: SuppressionRequest, at now: Timestamp) throws(Unreadable) {
        self.request = request
        self.now = now
        subjects = try request.subjects.map { texts throws(Unreadable) in
            try texts.map { text throws(Unreadable) in try Self.subject(text) }
        }
    }

    /// Reads an address or `@domain`.
    package static func subject(_ text: String) throws(Unreadable) -> SuppressionSubject {
        guard let subject = SuppressionSubject(text) else {
            throw Unreadable(
                sentence: "\(text) is no address; write name@example.net, or @example.net for a whole domain"
            )
        }
        return subject
    }

    /// The matching records, a page at a time, so that no reader holds the store for long.
    package func forEach(
        in reader: any QueueReader,
        _ body: (SuppressionRecord) async throws -> Void
    ) async throws {
        if let subjects {
            for subject in subjects { if let record = try reader.suppression(of: subject) { try await body(record) } }
            return
        }
        try await walk(reader) { record in if matches(record) { try await body(record) } }
    }

    /// All records, a page at a time.
    private func walk(_ reader: any QueueReader, _ body: (SuppressionRecord) async throws -> Void) async throws {
        var last: SuppressionSubject?
        while true {
            let page = try reader.suppressions(after: last, limit: Self.pageSize)
            for record in page { try await body(record) }
            guard page.count == Self.pageSize, let end = page.last else { return }
            last = end.subject
        }
    }

    /// What would become of mail for each address that was asked about; without any, those that one more refusal
    /// suppresses.
    package func preview(in reader: any QueueReader, _ body: (SuppressionItem) async throws -> Void) async throws {
        if let subjects {
            for subject in subjects { try await body(try preview(subject, reader)) }
            return
        }
        try await walk(reader) { record in
            guard record.suppression?.holds(at: now) != true, record.outlook(at: now) != nil else { return }
            try await body(SuppressionItem(previewing: record, at: now))
        }
    }

    private func preview(_ subject: SuppressionSubject, _ reader: any QueueReader) throws -> SuppressionItem {
        let own = try reader.suppression(of: subject)
        let domain = try SuppressionSubject("@\(subject.domain)").flatMap { try reader.suppression(of: $0) }
        // A whole domain stops the address as well; its own record says more, where that stops it too.
        if own?.suppression?.holds(at: now) != true, let domain, domain.suppression?.holds(at: now) == true {
            var item = SuppressionItem(previewing: domain, at: now)
            item.address = subject.text
            return item
        }
        return own.map { SuppressionItem(previewing: $0, at: now) } ?? SuppressionItem(unknown: subject, at: now)
    }

    private static let pageSize = 200

    private func matches(_ record: SuppressionRecord) -> Bool {
        let suppression = record.suppression
        if request.all != true, suppression?.holds(at: now) != true { return false }
        if let domain = request.domain, record.subject.domain != domain.lowercased() { return false }
        if let cause = request.cause, !record.sightings.contains(where: { $0.attempt.cause == cause }) { return false }
        guard request.rule != nil || request.since != nil else { return true }
        return retraction.touches(record)
    }

    /// What the rule and the instant of the question mean, also to take it back.
    package var retraction: Retraction {
        Retraction(rule: request.rule, since: Timestamp(milliseconds: request.since ?? 0))
    }
}

extension Retraction {
    /// Whether something of a record is meant.
    package func touches(_ record: SuppressionRecord) -> Bool {
        if let entry = record.entry, takesBack(rule: entry.origin.rawValue, provider: nil, at: entry.at) { return true }
        return record.sightings.contains { takesBack(rule: $0.attempt.rule, provider: $0.provider, at: $0.at) }
    }
}
