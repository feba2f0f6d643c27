/// What is said to people about codes, causes, conditions and replies, in one language.
///
/// The texts are data (`Catalogues/LANGUAGE/*.txt`, one file a kind, one text a line), laid out ahead of time: a
/// catalogue is one piece of static memory and the places of its lines, which are found when it is first used. Every
/// language has the same texts in the same order, so that a text is a number.
public struct Catalogue: Sendable {
    /// The language tag (BCP 47), `de`, `zh-Hans`.
    public let language: String
    private let lines: StaticString
    private let starts: [UInt32]

    /// Finds the places of the lines.
    init(language: String, lines: StaticString) {
        self.language = language
        self.lines = lines
        var starts: [UInt32] = [0]
        starts.reserveCapacity(Layout.count + 1)
        // A literal's bytes live as long as the process; the pointer does not leave this call.
        lines.withUTF8Buffer { bytes in
            for offset in bytes.indices where unsafe bytes[offset] == UInt8(ascii: "\n") {
                starts.append(UInt32(offset + 1))
            }
            starts.append(UInt32(bytes.count + 1))
        }
        precondition(
            starts.count == Layout.count + 1,
            "run scripts/generate-catalogues.py: \(language) has other texts"
        )
        self.starts = starts
    }

    /// How many texts every catalogue has.
    static var textCount: Int { Layout.count }

    /// The text with a number.
    subscript(_ index: Int) -> String {
        let range = Int(starts[index])..<Int(starts[index + 1]) - 1
        // The range lies between two line ends of the literal, whose bytes live as long as the process.
        return lines.withUTF8Buffer { bytes in
            unsafe String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        }
    }
}

// What the texts are about.
extension Catalogue {
    /// A heading and what happened, in a sentence or two.
    public struct Entry: Hashable, Sendable {
        /// A heading of a few words, without a full stop.
        public var title: String
        /// What happened.
        public var what: String
    }

    /// What stands before the sender's steps.
    public var senderLabel: String { self[0] }

    /// What stands before the steps of whoever runs the sending server.
    public var operatorLabel: String { self[1] }

    /// Whose turn it is, a sentence.
    public func turn(of fault: Fault) -> String { self[Layout.turns + fault.ordinal] }

    /// Whether trying again can help, a sentence.
    public func outlook(of statusClass: StatusClass) -> String {
        let place =
            switch statusClass {
            case .success: 0
            case .persistentTransientFailure: 1
            case .permanentFailure: 2
            }
        return self[Layout.outlooks + place]
    }

    /// What a cause means.
    public func entry(of cause: Cause) -> Entry { entry(at: Int(Layout.causes[Int(cause.index)])) }

    /// What the sender of the message can do, a sentence a step.
    public func senderSteps(for cause: Cause) -> [String] {
        let first = Int(Layout.causes[Int(cause.index)]) + 2
        let count = Int(Layout.steps[Int(cause.index)] / 10)
        return (first..<first + count).map { self[$0] }
    }

    /// What whoever runs the sending server can do, a sentence a step.
    public func operatorSteps(for cause: Cause) -> [String] {
        let (sender, system) = Layout.steps[Int(cause.index)].quotientAndRemainder(dividingBy: 10)
        let first = Int(Layout.causes[Int(cause.index)]) + 2 + Int(sender)
        return (first..<first + Int(system)).map { self[$0] }
    }

    /// What a code means in its class; nil for one that nobody registered and the field does not use.
    public func entry(of code: EnhancedStatusCode) -> Entry? {
        let key = code.packed
        var low = 0
        var high = Layout.codeKeys.count
        while low < high {
            let middle = (low + high) / 2
            if Layout.codeKeys[middle] < key { low = middle + 1 } else { high = middle }
        }
        guard low < Layout.codeKeys.count, Layout.codeKeys[low] == key else { return nil }
        return entry(at: Layout.codes + 2 * low)
    }

    /// What a condition means.
    public func entry(of condition: Condition) -> Entry { entry(at: Layout.conditions + 2 * Int(condition.index)) }

    /// What three digits outside the standard mean, each of their meanings; empty for the others.
    ///
    /// Also of pseudo codes, which are no `ReplyCode` since no server sends them.
    public func entries(ofNumber number: UInt16) -> [Entry] {
        Layout.replyKeys.indices.filter { Layout.replyKeys[$0] == number }.map {
            entry(at: Layout.replies + 2 * $0)
        }
    }

    /// What three digits say by themselves when a standard gives them a meaning; nil for the others.
    public func entry(of code: ReplyCode) -> Entry? {
        Layout.numberKeys.firstIndex(of: code.rawValue).map { entry(at: Layout.numbers + 2 * $0) }
    }

    /// What a mail about a mail can be when it is no report on delivery.
    public enum Notice: Int, Hashable, Sendable, CaseIterable {
        /// A report that somebody did not want the message.
        case complaint
        /// What a program wrote in the recipient's place.
        case automaticReply
        /// What a mail program tells of a message that arrived.
        case receipt
    }

    /// What such a mail means.
    public func entry(of notice: Notice) -> Entry { entry(at: Layout.mails + 2 * notice.rawValue) }

    /// Every code that has a text, ascending; the same in every language.
    public static var codes: [EnhancedStatusCode] { Layout.codeKeys.map(EnhancedStatusCode.init(packed:)) }

    private func entry(at index: Int) -> Entry { Entry(title: self[index], what: self[index + 1]) }
}

extension Fault {
    /// Its place among the texts.
    fileprivate var ordinal: Int {
        switch self {
        case .recipient: 0
        case .recipientSystem: 1
        case .senderAddress: 2
        case .senderAccount: 3
        case .ourAddress: 4
        case .ourDomain: 5
        case .content: 6
        case .intermediary: 7
        case .network: 8
        case .us: 9
        case .unknown: 10
        case .none: 11
        }
    }
}

extension EnhancedStatusCode {
    /// Class, subject and detail in one word.
    var packed: UInt32 {
        UInt32(statusClass.rawValue) << 24 | UInt32(status.subject) << 12 | UInt32(status.detail)
    }

    /// The code in such a word, which `packed` made.
    fileprivate init(packed word: UInt32) {
        guard let statusClass = StatusClass(rawValue: UInt8(word >> 24)) else {
            preconditionFailure("a word of the layout begins with 2, 4 or 5")
        }
        let status = EnumeratedStatus(unchecked: UInt16(word >> 12 & 0xFFF), UInt16(word & 0xFFF))
        self.init(statusClass, status)
    }
}
