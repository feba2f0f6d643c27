public import MailFormat
public import SMTPProtocol

/// What of the suppression list must be at hand for every recipient: whether anything is known against it at all, and
/// until when that suppresses.
///
/// A keyed hash and an instant for each subject, no text: 16 octets and the table's slack. What it lets through needs no
/// look at the store; what it stops is looked up there, so that a suppression is always stated with its evidence. Two
/// subjects with one hash would share a place: nobody can choose them, and by chance that takes billions.
public struct SuppressionIndex: Sendable {
    private var deadlines: [UInt64: Int64] = [:]
    /// How many of them are whole domains: while there are none, only addresses are looked up.
    private var domains = 0
    /// Folds ASCII case and keys the hash.
    private let names: FoldedIndex

    /// Subjects beyond this are not taken: with them the index takes some 64 MiB.
    public static let limit = 2_000_000

    /// How many subjects this one takes.
    public let limit: Int

    /// Makes an empty index whose hashes are keyed by a seed.
    public init(seed: UInt64, limit: Int = Self.limit) {
        names = FoldedIndex(seed: seed)
        self.limit = limit
    }

    /// How many subjects something is known of.
    public var count: Int { deadlines.count }
    /// Whether nothing is known of anybody.
    public var isEmpty: Bool { deadlines.isEmpty }
    /// Whether it takes no more subjects.
    public var isFull: Bool { deadlines.count >= limit }

    /// Whether anything is known of exactly this subject: that needs no more room.
    public func knows(_ subject: SuppressionSubject) -> Bool { deadlines[names.hash(subject.text.utf8.span)] != nil }

    /// Takes over what a record says now; an empty one is forgotten.
    public mutating func update(_ record: SuppressionRecord) {
        let key = names.hash(record.subject.text.utf8.span)
        let before =
            record.isEmpty
            ? deadlines.removeValue(forKey: key)
            : deadlines.updateValue(record.suppression?.deadline ?? .min, forKey: key)
        guard record.subject.isDomain, (before == nil) != record.isEmpty else { return }
        domains += record.isEmpty ? -1 : 1
    }

    /// Whether a recipient may be suppressed: if so, the store has the last word.
    public func mayBeSuppressed(_ recipient: Envelope.Recipient, in envelope: Envelope, at now: Timestamp) -> Bool {
        // A bare postmaster is never suppressed (RFC 5321 §4.5.1).
        guard !deadlines.isEmpty, !recipient.domain.isEmpty, let key = key(envelope.arena.span, recipient.address)
        else { return false }
        if let deadline = deadlines[key], now.milliseconds < deadline { return true }
        guard domains > 0, recipient.domain.start > 0 else { return false }
        let withSign = ByteRange(Int(recipient.domain.start) - 1, Int(recipient.domain.end))
        guard let deadline = deadlines[names.hash(envelope.arena.span.extracting(withSign.offsets))] else {
            return false
        }
        return now.milliseconds < deadline
    }

    /// Whether anything is known against exactly this address: a success has something to disprove.
    public func isWatched(_ recipient: Envelope.Recipient, in envelope: Envelope) -> Bool {
        guard !deadlines.isEmpty, !recipient.domain.isEmpty,
            let key = key(envelope.arena.span, recipient.address)
        else { return false }
        return deadlines[key] != nil
    }

    /// A quoted local part may be another spelling of a plain one (RFC 5321 §4.1.2); it is rare enough to be read.
    private func key(_ bytes: Span<UInt8>, _ address: ByteRange) -> UInt64? {
        let text = bytes.extracting(address.offsets)
        guard text.count > 0, text[0] == UInt8(ascii: "\"") else { return names.hash(text) }
        let copy = bytes.copy(address)
        return SuppressionSubject(address: String(decoding: copy, as: UTF8.self)).map { names.hash($0.text.utf8.span) }
    }
}
