import Crypto
import MailFormat

/// Finds the idempotency key in content that comes in parts, takes its field out, and digests the rest.
///
/// Order of events: `pass` for each part, with what to do with the octets that stay; then `finish` once. However the
/// content was cut into parts, the same octets stay and the digest is the same. At most
/// `IdempotencyField.longestField` octets are held back, until it is known whether they are the field.
struct IdempotencyScanner {
    /// What was found.
    struct Found: Hashable {
        /// What the client sent.
        let key: String
        /// SHA-256 over the client's part of the content, without the field.
        let digest: [UInt8]
    }

    private enum Place {
        case lineStart
        /// In a name that agrees with ours so far; blanks may follow all of it.
        case name(matched: Int)
        /// In the value of our field.
        case value
        /// Behind a line of our field; a blank continues it.
        case valueLineEnd
        /// In another field's name.
        case otherName
        /// Behind another field's name, where only blanks and a colon may be.
        case otherNameEnd
        case otherValue
        /// Behind the header, or behind the field: nothing is looked for any more.
        case passed
    }

    private enum Step {
        /// The octet stays where it is.
        case stays
        /// The octet may belong to the field.
        case held
        /// What was held back is not the field after all; the octet is to be looked at again.
        case releases
        /// What was held back is the field, and it ended before the octet.
        case removes
    }

    private var place = Place.lineStart
    private var key: String?
    private var hash = SHA256()
    private var ownOctets: Int
    private var held: [UInt8] = []

    /// A scanner of content whose first octets are our own, which no client can repeat.
    init(ownOctets: Int) { self.ownOctets = ownOctets }

    private var isPassed: Bool { if case .passed = place { true } else { false } }

    /// Looks at the next part, and gives on what stays of it and of what was held back.
    mutating func pass<Failure: Error>(
        _ part: Span<UInt8>,
        _ take: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        // Everything before it was given on, held back or removed.
        var given = 0
        var index = 0
        while index < part.count, !isPassed {
            switch look(at: part[index]) {
            case .stays: index += 1
            case .held:
                try give(part.extracting(given..<index), take)
                held.append(part[index])
                index += 1
                given = index
            case .releases: try release(take)
            case .removes: held = []
            }
        }
        try give(part.extracting(given..<part.count), take)
    }

    /// The content is complete: gives on what was held back, and says what was found; nil when there is no key.
    mutating func finish<Failure: Error>(_ take: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) -> Found? {
        switch place {
        case .value, .valueLineEnd: key = Self.key(in: held)
        case .lineStart, .name, .otherName, .otherNameEnd, .otherValue, .passed: break
        }
        place = .passed
        if key == nil { try release(take) }
        return key.map { Found(key: $0, digest: Array(hash.finalize())) }
    }

    private mutating func release<Failure: Error>(
        _ take: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let released = held
        held = []
        try give(released.span, take)
    }

    private mutating func give<Failure: Error>(
        _ bytes: Span<UInt8>,
        _ take: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        guard bytes.count > 0 else { return }
        let own = min(ownOctets, bytes.count)
        ownOctets -= own
        if !isPassed || key != nil {
            // The pointer does not leave the call.
            unsafe bytes.extracting(own..<bytes.count).withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        }
        try take(bytes)
    }

    // MARK: The header, octet by octet

    private mutating func look(at octet: UInt8) -> Step {
        switch place {
        case .lineStart: return beginLine(octet)
        case .name(let matched): return goOnWithName(octet, matched)
        case .value:
            if octet == ASCII.lineFeed { place = .valueLineEnd }
            return hold()
        case .valueLineEnd:
            guard !ASCII.isBlank(octet) else {
                place = .value
                return hold()
            }
            place = .passed
            key = Self.key(in: held)
            return key == nil ? .releases : .removes
        case .otherName:
            place = octet == Self.colon ? .otherValue : ASCII.isBlank(octet) ? .otherNameEnd : place(inName: octet)
        case .otherNameEnd:
            place = octet == Self.colon ? .otherValue : ASCII.isBlank(octet) ? .otherNameEnd : .passed
        case .otherValue: if octet == ASCII.lineFeed { place = .lineStart }
        case .passed: break
        }
        return .stays
    }

    /// A line that is no field, the empty one too, ends the header.
    private func place(inName octet: UInt8) -> Place { ASCII.isVisible(octet) ? .otherName : .passed }

    private mutating func beginLine(_ octet: UInt8) -> Step {
        if ASCII.isBlank(octet) {
            place = .otherValue
        } else if octet == Self.colon {
            place = .passed
        } else if Self.agrees(octet, at: 0) {
            place = .name(matched: 1)
            return hold()
        } else {
            place = place(inName: octet)
        }
        return .stays
    }

    private mutating func goOnWithName(_ octet: UInt8, _ matched: Int) -> Step {
        if matched < IdempotencyField.name.count {
            guard Self.agrees(octet, at: matched) else {
                place = .otherName
                return .releases
            }
            place = .name(matched: matched + 1)
            return hold()
        }
        if octet == Self.colon { place = .value; return hold() }
        if ASCII.isBlank(octet) { return hold() }
        place = .otherName
        return .releases
    }

    /// Holds an octet back, unless there are more already than a field of ours can have.
    private mutating func hold() -> Step {
        guard held.count < IdempotencyField.longestField else {
            place = .passed
            return .releases
        }
        return .held
    }

    private static let colon = UInt8(ascii: ":")

    private static func agrees(_ octet: UInt8, at place: Int) -> Bool {
        let folded = octet >= 0x41 && octet <= 0x5A ? octet | 0x20 : octet
        return folded == IdempotencyField.name[place]
    }

    /// The key in a whole field; nil when there is none, or it is too long for one.
    private static func key(in field: [UInt8]) -> String? {
        let value = field.drop { $0 != colon }.dropFirst().filter { $0 >= 0x20 }
        let trimmed = value.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
        guard !trimmed.isEmpty, trimmed.count <= IdempotencyField.longestKey else { return nil }
        return String(decoding: trimmed, as: UTF8.self)
    }
}
