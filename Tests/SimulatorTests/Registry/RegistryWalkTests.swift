import Simulator
import StatusCodes
import Testing

/// Every condition and every registered code at each of its stages, through a simulator on a socket.
@Suite(patience) struct `The registry through the simulator` {
    /// Stages at which no host answers another: what has no other is the conclusion of the host that sends, and shown as
    /// a host behind the simulator would have it passed on.
    private static let concluded: [Stage: (reason: String, shownAt: Stage)] = [
        .dnsMX: ("we conclude it from the MX records", .rcpt),
        .dnsAddress: ("we conclude it from the address records", .rcpt),
        .tlsPolicy: ("we conclude it from DANE, MTA-STS or REQUIRETLS and what the peer offers", .rcpt),
        .routing: ("we conclude it from our routes", .rcpt),
        .conversion: ("we conclude it from the content and what the peer offers", .dot),
        .local: ("a mailbox of ours ends so, behind any session", .dot),
        .queue: ("it arises between attempts", .rcpt),
        .report: ("it stands in reports only", .rcpt),
        .tracking: ("it stands in tracking reports only (RFC 3886)", .rcpt),
    ]

    private static func shown(_ condition: Condition) -> [Stage] {
        condition.stages.stages.filter { concluded[$0] == nil }
    }

    private static let ofSessions = Condition.all.filter { !shown($0).isEmpty }
    private static let ofConclusions = Condition.all.filter { shown($0).isEmpty }

    @Test func `no row is left out`() {
        #expect(Self.ofSessions.count + Self.ofConclusions.count == Condition.all.count)
        #expect(Condition.all.count >= 275)
        #expect(Self.concluded.values.allSatisfy { !$0.reason.isEmpty })
        // These are the rows that no peer shows of itself.
        #expect(Self.ofConclusions.allSatisfy { $0.place != .serverSession })
    }

    @Test(arguments: ofSessions)
    func `a condition is shown at each of its stages`(condition: Condition) async throws {
        let expected = Expected(condition)
        let stages = Self.shown(condition)
        for stage in stages {
            // Where there is one stage only, the id says enough.
            let word = stages.count == 1 ? condition.id : "\(stage.rawValue)-\(condition.id)"
            try await StageProbe(stage, word: word).expect(expected)
        }
    }

    @Test(arguments: ofConclusions)
    func `a conclusion is shown as a host would pass it on`(condition: Condition) async throws {
        let stages = Set(condition.stages.stages.compactMap { Self.concluded[$0]?.shownAt })
        #expect(stages.count == 1)
        try await StageProbe(try #require(stages.first), word: condition.id).expect(Expected(condition))
    }

    @Test(arguments: RegisteredStatus.all)
    func `a registered code is shown at each stage of a transaction`(row: RegisteredStatus) async throws {
        // A deprecated code has no class of its own: peers print it all the same.
        let classes = StatusClass.allCases.filter { row.classes.contains($0) || row.classes == [] }
        for statusClass in classes {
            let code = EnhancedStatusCode(statusClass, row.status)
            for stage in [Stage.mail, .rcpt, .data, .dot] where statusClass != .success || stage != .data {
                let word = stage == .rcpt ? "\(code)" : "\(stage.rawValue)-\(code)"
                try await StageProbe(stage, word: word).expect(Expected(code, at: stage))
            }
        }
    }

    /// Pseudo codes of clients, which nobody sends, and the codes that ask for more, which RCPT has no use for.
    @Test(arguments: Set(ReplyMeaning.all.map(\.number)).filter { $0 < 200 || (300..<400).contains($0) }.sorted())
    func `digits that are no reply to RCPT ask for nothing there`(number: UInt16) async throws {
        try await StageProbe(.rcpt, word: "\(number)").expect(Expected("250 2.1.5"))
    }
}

/// What a client should hear.
struct Expected {
    /// Digits and enhanced code.
    let codes: String
    /// Whether the host is silent where it cannot be reached.
    let isOfNetwork: Bool

    init(_ codes: String, isOfNetwork: Bool = false) {
        self.codes = codes
        self.isOfNetwork = isOfNetwork
    }

    init(_ condition: Condition) {
        let status = condition.status
        self.init(
            ["\(condition.replyCode)", status.map { "\($0)" }].compactMap { $0 }.joined(separator: " "),
            isOfNetwork: status?.status.subject == 4
        )
    }

    /// The digits of the first server row that has the code at this stage, else the plainest.
    init(_ code: EnhancedStatusCode, at stage: Stage) {
        let row = Condition.all.first {
            $0.status == code && $0.place == .serverSession && $0.stages.contains(stage)
        }
        let plain =
            switch code.statusClass {
            case .success: "250"
            case .persistentTransientFailure: "450"
            case .permanentFailure: "550"
            }
        self.init("\(row.map { "\($0.replyCode)" } ?? plain) \(code)")
    }
}
