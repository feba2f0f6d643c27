/// The registry of enumerated statuses and the meanings of reply codes, as this release has it or as a newer file says.
///
/// IANA registers new codes; a file in the form of `Registry/enhanced-status-codes.csv` or `Registry/reply-codes.csv`
/// takes their place without a release. It changes what is explained, and which codes count as registered where rules
/// ask for that (`DecisionRules.following(_:)`); what else a code makes the relay do is in the rules.
public struct StatusRegistry: Sendable {
    /// Every enumerated status, in the order of the file.
    public let statuses: [RegisteredStatus]
    /// Every meaning of a reply code, in the order of the file.
    public let replies: [ReplyMeaning]

    /// The registry of this release.
    public static let builtIn = Self(statuses: RegisteredStatus.table, replies: ReplyMeaning.table)

    private init(statuses: [RegisteredStatus], replies: [ReplyMeaning]) {
        self.statuses = statuses
        self.replies = replies
    }

    /// This registry with the enumerated statuses of a file.
    public func replacingStatuses(with file: Span<UInt8>) throws(DataFileError) -> Self {
        let file = try DataFile(
            parsing: file,
            columns: [
                "code", "title", "classes", "classes_basis", "basic_codes", "reference", "submitter_or_changed_by",
                "notes",
            ],
            required: ["code", "title", "classes"]
        )
        var statuses: [RegisteredStatus] = []
        for row in file.rows {
            let entry = try RegisteredStatus(row)
            guard !statuses.contains(where: { $0.status == entry.status }) else {
                throw row.error("code", "\(entry.status) is there twice")
            }
            statuses.append(entry)
        }
        return Self(statuses: statuses, replies: replies)
    }

    /// This registry with the reply codes of a file.
    public func replacingReplies(with file: Span<UInt8>) throws(DataFileError) -> Self {
        let file = try DataFile(
            parsing: file,
            columns: ["code", "meaning", "standard", "reference", "emit_enhanced", "context"],
            required: ["code", "meaning", "standard"]
        )
        var replies: [ReplyMeaning] = []
        for row in file.rows { replies.append(try ReplyMeaning(row)) }
        return Self(statuses: statuses, replies: replies)
    }

    /// The row of a status; nil when nobody registered it.
    public func registration(of status: EnumeratedStatus) -> RegisteredStatus? {
        statuses.first { $0.status == status }
    }

    /// What three digits can mean, standard meanings first; empty when nobody wrote it down.
    public func meanings(of code: ReplyCode) -> [ReplyMeaning] {
        let known = replies.filter { $0.number == code.rawValue }
        return known.filter(\.isStandard) + known.filter { !$0.isStandard }
    }
}

extension RegisteredStatus {
    init(_ row: DataFile.Row) throws(DataFileError) {
        guard let status = EnumeratedStatus(pattern: row["code"]) else {
            throw row.error("code", "\(row["code"]) is not of the form X.1.2")
        }
        var classes: StatusClassSet = []
        for word in row["classes"].split(separator: ",") {
            guard let digit = UInt8(word), let statusClass = StatusClass(rawValue: digit) else {
                throw row.error("classes", "\(word) is not 2, 4 or 5")
            }
            classes.insert(StatusClassSet(statusClass))
        }
        guard !row["title"].isEmpty else { throw row.error("title", "there is none") }
        self.init(
            status: status,
            title: row["title"],
            classes: classes,
            classesAreStated: row["classes_basis"] == "stated",
            basicCodes: row["basic_codes"],
            replyCodes: row["basic_codes"].split(separator: ";").compactMap { UInt16($0).flatMap(ReplyCode.init) },
            reference: row["reference"],
            submitter: row["submitter_or_changed_by"],
            notes: row["notes"]
        )
    }
}

extension ReplyMeaning {
    init(_ row: DataFile.Row) throws(DataFileError) {
        guard let number = UInt16(row["code"]), (100...999).contains(number) else {
            throw row.error("code", "\(row["code"]) is not three digits")
        }
        guard ["yes", "no"].contains(row["standard"]) else { throw row.error("standard", "yes or no is expected") }
        let emitted = row["emit_enhanced"]
        let status = EnhancedStatusCode(emitted)
        guard emitted.isEmpty || status != nil else { throw row.error("emit_enhanced", "\(emitted) is no code") }
        self.init(
            number: number,
            meaning: row["meaning"],
            isStandard: row["standard"] == "yes",
            reference: row["reference"],
            status: status,
            context: row["context"]
        )
    }
}

extension EnumeratedStatus {
    /// `X.1.2`; nil when it is something else.
    init?(pattern text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "X", let subject = UInt16(parts[1]), let detail = UInt16(parts[2]),
            subject <= 999, detail <= 999
        else { return nil }
        self.init(subject, detail)
    }
}
