/// One row of the registry of enumerated status codes (RFC 5248 §3).
public struct RegisteredStatus: Hashable, Sendable {
    /// Subject and detail.
    public let status: EnumeratedStatus
    /// The registry's title.
    public let title: String
    /// The classes that its text states or allows; none for the deprecated one.
    public let classes: StatusClassSet
    /// Whether the text states those classes, or they were inferred from it.
    public let classesAreStated: Bool
    /// The reply codes that the registry pairs with it, as it writes them: `451;550`, `Any`, `Not given`, `4XX;5XX`.
    public let basicCodes: String
    /// Those of them that are numbers.
    public let replyCodes: [ReplyCode]
    /// The RFCs that define it, separated by `;`.
    public let reference: String
    /// Who registered it.
    public let submitter: String
    /// What the field does with it.
    public let notes: String

    /// Every registered status, in the order of the registry.
    public static var all: [Self] { table }
}

extension EnumeratedStatus {
    /// Its row in the registry; nil when nobody registered it.
    public var registration: RegisteredStatus? { RegisteredStatus.table.first { $0.status == self } }
}

/// One row of the registry of subjects (RFC 3463 §3): what the middle number says by itself.
public struct RegisteredSubject: Hashable, Sendable {
    /// The number.
    public let subject: StatusSubject
    /// The registry's title.
    public let title: String
    /// Whose field it is.
    public let meaning: String

    /// Every registered subject, in the order of their numbers.
    public static var all: [Self] { table }
}

/// A set of classes.
public struct StatusClassSet: OptionSet, Hashable, Sendable {
    /// Bit 2 success, bit 4 transient, bit 5 permanent.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The set of one class.
    public init(_ statusClass: StatusClass) { rawValue = 1 << statusClass.rawValue }

    /// Whether a class is in the set.
    public func contains(_ statusClass: StatusClass) -> Bool { rawValue & (1 << statusClass.rawValue) != 0 }
}

/// One meaning of a reply code; several codes have more than one.
public struct ReplyMeaning: Hashable, Sendable {
    /// The three digits, also of pseudo codes that no server sends.
    public let number: UInt16
    /// What it says.
    public let meaning: String
    /// Whether an RFC or the registry says so.
    public let isStandard: Bool
    /// Where.
    public let reference: String
    /// The code that we print with it where it is always the same; on others a hint of what its author meant.
    public let status: EnhancedStatusCode?
    /// When it is said.
    public let context: String

    /// Every meaning, in the order of the file.
    public static var all: [Self] { table }
}

extension ReplyCode {
    /// What it can mean, standard meanings first; empty when nobody wrote it down.
    public var meanings: [ReplyMeaning] {
        let known = ReplyMeaning.table.filter { $0.number == rawValue }
        return known.filter(\.isStandard) + known.filter { !$0.isStandard }
    }
}
