import SMTPProtocol
import SMTPTesting

/// A client session without a socket: the dialogue's runner plays the server.
final class ClientMachineWire: DialogueWire {
    private let scenario: ClientScenario
    private var session: ClientSession
    private var ledger: ClientLedger
    private var unread: [UInt8] = []
    private var said: [UInt8] = []
    private var submittedCount = 0
    private var hasClosed = false
    private var isClosed = false
    private var isEncrypted = false
    private var now = Duration.zero
    private var waitingSince = Duration.zero

    let knowsSilence = true

    init(_ scenario: ClientScenario) {
        self.scenario = scenario
        self.session = ClientSession(scenario.settings)
        self.ledger = ClientLedger(scenario)
        advanceOwner()
    }

    // MARK: The wire

    func send(_ bytes: [UInt8]) {
        unread += bytes
        while !unread.isEmpty, !isClosed {
            let step = session.received(unread.span)
            guard step.consumed > 0 || step.action != .wait else { return }
            unread.removeFirst(step.consumed)
            waitingSince = now
            perform(step.action)
        }
    }

    func receive() -> WireEvent {
        if !said.isEmpty {
            defer { said = [] }
            return .bytes(said)
        }
        return isClosed ? .closed : .quiet
    }

    func advance(by duration: Duration) {
        now += duration
        if let patience = session.patience, now - waitingSince >= patience { perform(session.lost(.timedOut)) }
    }

    func secure() {
        waitingSince = now
        perform(session.tlsEstablished())
    }

    func close() { perform(session.lost(.closed(""))) }

    func state() -> [String: String] {
        ledger.words(state: session.stateName, end: session.failure, isEncrypted: session.isEncrypted)
    }

    // MARK: The driver

    private func perform(_ first: ClientAction) {
        var action = first
        while true {
            session.drainOutput { octets in for index in octets.indices { said.append(octets[index]) } }
            switch action {
            case .wait, .startTLS: return
            case .established, .finished:
                while let report = session.takeReport() { ledger.add(report) }
                submit()
                action = session.proceed()
            case .sendContent(let form): action = sendContent(form)
            case .derive(let derivation):
                action = session.derived(derivation.run(TestPrimitives()))
            case .close:
                while let report = session.takeReport() { ledger.add(report) }
                isClosed = true
                return
            }
        }
    }

    private func sendContent(_ form: ContentForm) -> ClientAction {
        let content = scenario.messages[ledger.reportCount].content
        switch form {
        case .chunkOfOctets: said += content
        case .chunkOfLines:
            var guardian = LineEndGuard()
            guard guardian.permits(content.span), guardian.permitsEnd else { return refuse() }
            said += content
        case .dotStuffed:
            var stuffer = DotStuffer()
            var start = 0
            while start < content.count {
                guard case .run(let end, let dot) = stuffer.next(in: content.span, from: start) else {
                    return refuse()
                }
                said += content[start..<end]
                if dot { said.append(UInt8(ascii: ".")) }
                start = end
            }
            guard let terminator = stuffer.terminator else { return refuse() }
            said += terminator.description.utf8
        }
        return session.contentSent()
    }

    /// As a driver with the content in memory does: what was not written yet stays unwritten.
    private func refuse() -> ClientAction {
        said = []
        return session.lost(.bareLineEnd)
    }

    // MARK: The owner

    private func advanceOwner() {
        submit()
        perform(session.proceed())
    }

    /// Hands over what may be handed over; closes when all is done.
    private func submit() {
        let limit = scenario.isOneByOne ? ledger.reportCount + 1 : scenario.messages.count
        while submittedCount < min(limit, scenario.messages.count), session.canTakeTransaction {
            session.submit(scenario.messages[submittedCount].transaction)
            submittedCount += 1
        }
        if ledger.isComplete, !scenario.isKept, !hasClosed {
            hasClosed = true
            perform(session.close())
        }
    }
}
