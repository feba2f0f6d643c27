import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@testable import Delivery

/// The queue thread and its event loops in virtual time: drives a planner as the relay does, with peers that answer by
/// script.
///
/// Every step checks that no recipient is forgotten and none is worked on after it is done.
final class VirtualRelay {
    /// What a peer does with one transaction.
    struct Reaction {
        /// How long it takes; nil means that it never answers.
        var takes: Duration?
        /// How it ends for each recipient of the item.
        var result: (WorkRecipients.Element) -> DeliveryOutcome.Result
    }

    struct Transaction {
        var at: Timestamp
        /// The domain, or the name of a fixed destination.
        var destination: String
        /// By whose limits it goes: of a site, its first host.
        var limits: String
        var loop: Int
        var message: MessageID
        var recipients: [Int32]
        var firstHost: String?
        var hasContent: Bool
    }

    var planner: DeliveryPlanner
    var queue: VirtualQueue
    var now = VirtualRelay.start
    /// What the peer of a domain does, or of a fixed destination.
    var peer: (String, WorkItem, VirtualRelay) -> Reaction = { _, _, _ in .relays(in: .milliseconds(20)) }
    /// What the sessions of a domain announce as RCPTMAX; nil when they say nothing.
    var announces: (String) -> Int? = { _ in nil }
    /// The MX of a domain and how long they are good; nil for a domain of whose MX nothing is asked.
    var mx: (String) -> (site: MXSite?, good: Duration)? = { _ in nil }

    /// Whether the planner's books are audited at every step.
    var audits = false
    /// The look through held mail, as the queue thread does it; nil for tests that ask for reviews themselves.
    var heldReview: HeldReview?
    /// How many messages each page of it had.
    private(set) var reviewedPages: [Int] = []
    /// How many of the next commits fail for want of space and are repeated with the following turn.
    var losesCommits = 0

    private(set) var transactions: [Transaction] = []
    /// Domains whose MX were looked up.
    private(set) var lookups: [String] = []
    private(set) var conclusions: [(at: Timestamp, Conclusion)] = []
    private(set) var alerts: [Alert] = []
    private(set) var relayedAt: [RecipientID: Timestamp] = [:]
    private(set) var underWay: [String: Int] = [:]
    private(set) var mostUnderWay: [String: Int] = [:]
    private(set) var mostInMemory = 0
    private(set) var mostContentBytes = 0

    private(set) var endings: [RecipientID: [Conclusion.Fate]] = [:]
    private var submitted: [MessageID: Int] = [:]
    private var unwritten = Decisions()
    private var submissions: [(message: DeliveryMessage, content: (any MessageContent)?)] = []
    private var pending: [(at: Timestamp, order: Int, names: Set<String>, outcomes: [DeliveryOutcome])] = []
    private var order = 0
    private var nextID: Int64 = 1

    static let start = Timestamp(seconds: 1_800_000_000)

    init(_ configuration: PlannerConfiguration = PlannerConfiguration()) {
        self.planner = DeliveryPlanner(configuration)
        self.queue = VirtualQueue(fence: configuration.fence)
    }

    /// Submits a message; it is written with the next step.
    @discardableResult
    func submit(
        to recipients: [String],
        from sender: String = "alice@example.org",
        notify: Notify? = nil,
        content: (any MessageContent)? = nil
    ) -> MessageID {
        submit(Envelope.sample(from: sender, to: recipients, notify: notify), content: content)
    }

    /// Submits a message with an envelope of the test's own.
    @discardableResult
    func submit(
        _ envelope: Envelope,
        content: (any MessageContent)? = nil,
        origin: Origin = Origin(kind: .mx)
    ) -> MessageID {
        let id = MessageID(rawValue: nextID)
        nextID += 1
        let message = DeliveryMessage(
            id: id,
            arrival: now,
            envelope: envelope,
            byteCount: content?.byteCount ?? 4096,
            origin: origin
        )
        submissions.append((message, content))
        submitted[id] = envelope.recipients.count
        return id
    }

    func recipientsSubmitted(_ ids: [MessageID]) -> Int { ids.reduce(0) { $0 + (submitted[$1] ?? 0) } }

    /// Runs everything that happens until an instant, then stands at it.
    func run(for duration: Duration) { run(until: now.advanced(by: duration)) }

    func run(until end: Timestamp) {
        step()
        while let next = nextEvent, next <= end {
            now = max(now, next)
            step()
        }
        now = max(now, end)
        step()
    }

    /// One turn of the queue thread at the present instant, repeated while it leads to more.
    func step() {
        repeat { turn() } while planner.wantsWrite || losesCommits > 0
        checkInvariants()
    }

    private var nextEvent: Timestamp? {
        var candidates = [planner.nextDeadline, pending.map(\.at).min(), heldReview?.nextLook].compactMap { $0 }
        // A store that has something due is asked again a little later when there was no room.
        if let due = queue.nextDue { candidates.append(due <= now ? now.advanced(by: .seconds(30)) : due) }
        return candidates.min()
    }

    private func turn() {
        planner.timer(now: now)
        let outcomes = takeOutcomes()
        var decisions = planner.decide(outcomes, now: now)
        var accepted: [AcceptedMessage] = []
        for (message, content) in submissions {
            let state = planner.startState(of: message.envelope, now: now)
            queue.insert(message, state: state)
            if case .leased(let lease) = state {
                accepted.append(AcceptedMessage(message: message, content: content, leaseUntil: lease.until))
            }
        }
        submissions = []
        addReview(to: &decisions)
        store(&decisions)
        planner.accepted(accepted, now: now)
        let room = planner.room(now: now)
        if room > 0, !planner.wantsWrite {
            planner.loaded(
                queue.claimDue(now: now, lease: planner.newLease(now: now), limit: min(room, 500)),
                now: now
            )
        }
        mostInMemory = max(mostInMemory, planner.recipientCount)
        mostContentBytes = max(mostContentBytes, planner.contentByteCount)
        for (loop, assignments) in planner.drainAssignments(now: now).enumerated() {
            for assignment in assignments { begin(assignment, loop: loop) }
        }
        alerts += planner.drainAlerts()
        _ = planner.drainRetired()
    }

    private func addReview(to decisions: inout Decisions) {
        guard let review = heldReview, review.isDue(at: now) else { return }
        let page = queue.page(after: review.position, limit: HeldReview.pageSize)
        reviewedPages.append(page.count)
        heldReview?.looked(at: page, now: now)
        let reviewed = planner.review(page, now: now)
        decisions.transitions += reviewed.transitions
        decisions.conclusions += reviewed.conclusions
    }

    /// Stores decisions as the relay would, and tells the planner; after a commit that failed for want of space the
    /// same transitions go into the next one.
    func store(_ decisions: inout Decisions) {
        unwritten.transitions += decisions.transitions
        unwritten.conclusions += decisions.conclusions
        guard losesCommits == 0 else {
            losesCommits -= 1
            return
        }
        let ignored = queue.apply(unwritten.transitions)
        let ignoredIDs = Set(ignored)
        for conclusion in unwritten.conclusions {
            note(conclusion, isIgnored: ignoredIDs.contains(Self.id(of: conclusion)))
        }
        unwritten = Decisions()
        planner.committed(ignored: ignored, now: now)
    }

    private static func id(of conclusion: Conclusion) -> RecipientID {
        RecipientID(message: conclusion.message.id, index: conclusion.index)
    }

    /// Carries out an operator's command on recipients of a message.
    func command(_ command: QueueCommand, on ids: [MessageID]) {
        var decisions = planner.command(command, on: ids.compactMap { queue.message($0) }, now: now)
        store(&decisions)
    }

    private func note(_ conclusion: Conclusion, isIgnored: Bool) {
        conclusions.append((now, conclusion))
        let id = Self.id(of: conclusion)
        #expect(conclusion.message.envelope.recipients.indices.contains(Int(conclusion.index)))
        guard !isIgnored else { return }
        switch conclusion.fate {
        case .relayed:
            relayedAt[id] = now
            endings[id, default: []].append(conclusion.fate)
        case .delivered, .expanded, .failed, .expired: endings[id, default: []].append(conclusion.fate)
        case .deferred, .regrouped, .returned, .held: break
        }
        #expect(endings[id]?.count ?? 0 <= 1, "worked on after its end: \(id)")
    }

    private func begin(_ assignment: Assignment, loop: Int) {
        for item in assignment.items {
            let name = if case .site = assignment.route { Self.domain(of: item) } else { assignment.route.name }
            if assignment.task == .findSite, let answer = mx(name) {
                lookups.append(name)
                pending.append((now.advanced(by: .milliseconds(5)), nextOrder(), [], resolved(item, answer)))
                continue
            }
            transactions.append(
                Transaction(
                    at: now,
                    destination: name,
                    limits: assignment.route.name,
                    loop: loop,
                    message: item.message.id,
                    recipients: item.recipients.map(\.index),
                    firstHost: item.firstHost,
                    hasContent: item.content != nil
                )
            )
            let names = Set([name, assignment.route.name])
            for name in names {
                underWay[name, default: 0] += 1
                mostUnderWay[name] = max(mostUnderWay[name] ?? 0, underWay[name] ?? 0)
            }
            for recipient in item.recipients {
                let id = RecipientID(message: item.message.id, index: recipient.index)
                guard case .leased? = queue.state(id) else {
                    // Deleted by the operator between two turns.
                    if queue.message(item.message.id) == nil { continue }
                    Issue.record("worked on without a lease: \(id)")
                    continue
                }
            }
            let reaction = peer(name, item, self)
            guard let takes = reaction.takes else { continue }
            let outcomes = item.recipients.map { recipient -> DeliveryOutcome in
                let result = reaction.result(recipient)
                return DeliveryOutcome(
                    ticket: recipient.ticket,
                    result: result,
                    attempt: attempt(result, at: now.advanced(by: takes)),
                    announcedRecipients: announces(name)
                )
            }
            pending.append((now.advanced(by: takes), nextOrder(), names, outcomes))
        }
    }

    private func nextOrder() -> Int {
        order += 1
        return order
    }

    private static func domain(of item: WorkItem) -> String {
        let envelope = item.message.envelope
        return envelope.text(envelope.recipients[Int(item.recipients[0].index)].domain).lowercased()
    }

    private func resolved(_ item: WorkItem, _ answer: (site: MXSite?, good: Duration)) -> [DeliveryOutcome] {
        item.recipients.map {
            DeliveryOutcome(ticket: $0.ticket, result: .resolved(answer.site, for: answer.good))
        }
    }

    private func attempt(_ result: DeliveryOutcome.Result, at instant: Timestamp) -> AttemptRecord? {
        guard case .refused(let ruling) = result else { return nil }
        return AttemptRecord(
            at: instant,
            remote: "mx.example.net[192.0.2.1]:25",
            status: ruling.status,
            reply: "printed",
            condition: "",
            cause: "",
            rule: "",
            stage: "rcpt",
            outcomeKnown: ruling.outcomeKnown
        )
    }

    private func takeOutcomes() -> [DeliveryOutcome] {
        let due = pending.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        pending.removeAll { $0.at <= now }
        for name in due.flatMap(\.names) { underWay[name, default: 0] -= 1 }
        return due.flatMap(\.outcomes)
    }

    /// Every recipient of the store is leased, scheduled or held; every one leased to us is in memory.
    private func checkInvariants() {
        if audits { #expect(planner.violations() == []) }
        for (id, entry) in queue.entries {
            let standing = Set(planner.standing(of: id).map(\.index))
            for (index, row) in entry.rows {
                guard case .leased(let lease) = row.state, lease.until > now else { continue }
                #expect(standing.contains(index), "leased and forgotten: \(id) \(index)")
            }
        }
    }

    // MARK: What happened

    func fates(of id: MessageID) -> [Conclusion.Fate] {
        conclusions.filter { $0.1.message.id == id }.map(\.1.fate)
    }

    func reports(of id: MessageID) -> [ReportDue] {
        conclusions.filter { $0.1.message.id == id }.compactMap(\.1.report)
    }

    /// The most transactions that began in any window of such a length.
    func mostTransactions(within window: Duration) -> Int {
        let times = transactions.map(\.at)
        return times.indices.map { first in times[first...].prefix { times[first].duration(to: $0) < window }.count }
            .max() ?? 0
    }

    /// A message with one recipient, and when it was handed over.
    typealias Submitted = (id: MessageID, at: Timestamp)

    /// How long the slowest of some messages took to be relayed; beyond all bounds where one was not.
    func longestWait(of messages: [Submitted]) -> Duration {
        let waits = messages.map { message in
            relayedAt[RecipientID(message: message.id, index: 0)].map { message.at.duration(to: $0) }
        }
        return waits.map { $0 ?? .seconds(1_000_000) }.max() ?? .seconds(1_000_000)
    }

    func attempts(of id: MessageID) -> [Timestamp] { transactions.filter { $0.message == id }.map(\.at) }
}

extension VirtualRelay.Reaction {
    static func relays(in duration: Duration) -> Self {
        Self(takes: duration) { _ in .relayed(notifiesSuccess: true) }
    }

    static var hangs: Self { Self(takes: nil) { _ in .delivered } }

    static func refuses(_ ruling: Ruling, in duration: Duration = .milliseconds(20)) -> Self {
        Self(takes: duration) { _ in .refused(ruling) }
    }
}

extension Envelope {
    /// An envelope from plain addresses.
    static func sample(from sender: String, to recipients: [String], notify: Notify? = nil) -> Self {
        var arena = Array(sender.utf8)
        let reversePath = ByteRange(0, arena.count)
        let ranges = recipients.map { address -> Recipient in
            let start = arena.count
            arena += Array(address.utf8)
            let domain = address.utf8.lastIndex(of: UInt8(ascii: "@")).map {
                start + address.utf8.distance(from: address.utf8.startIndex, to: $0) + 1
            }
            return Recipient(
                address: ByteRange(start, arena.count),
                domain: ByteRange(domain ?? arena.count, arena.count),
                notify: notify
            )
        }
        return Self(arena: arena, reversePath: reversePath, recipients: ranges)
    }
}

/// Content that is only a number of bytes.
final class SampleContent: MessageContent {
    let byteCount: Int
    let isResident = true

    init(byteCount: Int) { self.byteCount = byteCount }

    func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        let bytes = [UInt8](repeating: 0x61, count: range.count)
        body(bytes.span)
    }
}
