/// Plays a dialogue against one side of it and compares what that side says.
package struct DialogueRunner {
    private let dialogue: Dialogue
    private let side: Dialogue.Side
    private let delivery: WireDelivery
    private let wire: any DialogueWire
    private var random: SplitMix
    /// Said by the side under test and not compared yet.
    private var pending: [UInt8] = []
    private var isClosed = false
    private var transcript = Transcript()

    /// A runner that tests `side` behind `wire`.
    package init(_ dialogue: Dialogue, testing side: Dialogue.Side, on wire: any DialogueWire, _ delivery: WireDelivery)
    {
        self.dialogue = dialogue
        self.side = side
        self.wire = wire
        self.delivery = delivery
        self.random = SplitMix(seed: delivery.seed)
    }

    /// Plays the dialogue; throws at the first difference.
    package mutating func run() async throws {
        var flight: [UInt8] = []
        for step in dialogue.steps {
            if let said = try saidByOther(step) {
                flight += said
                continue
            }
            try await send(&flight)
            try await perform(step)
        }
        try await send(&flight)
        try await expectNothingMore()
    }

    /// The octets of a step that the side under test is told.
    private func saidByOther(_ step: Dialogue.Step) throws -> [UInt8]? {
        switch step.event {
        case .line(let speaker, let pattern) where speaker != side:
            guard let literal = pattern.literal else {
                throw failure(step.line, "a line that is sent has no {placeholders}")
            }
            return literal + [0x0D, 0x0A]
        case .reply where side == .client:
            throw failure(step.line, "`S~` says no more than a code; clients need it all")
        case .raw(let speaker, let bytes) where speaker != side: return bytes
        default: return nil
        }
    }

    private mutating func send(_ flight: inout [UInt8]) async throws {
        guard !flight.isEmpty else { return }
        transcript.said(flight, by: side.other)
        for piece in delivery.pieces(flight, &random) { try await wire.send(piece) }
        flight = []
    }

    private mutating func perform(_ step: Dialogue.Step) async throws {
        switch step.event {
        case .line(_, let pattern): try await expectLine(pattern, step.line)
        case .reply(let code): try await expectReply(code, step.line)
        case .raw(_, let bytes): try await expect(bytes, step.line)
        case .time(let duration):
            transcript.noted("@ +\(duration)")
            try await wire.advance(by: duration)
        case .tls:
            transcript.noted("= tls")
            try await wire.secure()
        case .drain:
            transcript.noted("= drain")
            try await wire.drain()
        case .closed(let closing) where closing == side: try await expectClose(step.line)
        case .closed:
            transcript.noted("x \(side.other)")
            try await wire.close()
        case .holds(let words): try await expectState(words, step.line)
        }
    }

    private mutating func expectLine(_ pattern: Pattern, _ line: Int) async throws {
        let said = try await nextLine("expected `\(pattern)`", line)
        guard pattern.matches(said) else { throw failure(line, "expected `\(pattern)`") }
    }

    private mutating func expectReply(_ code: String, _ line: Int) async throws {
        let (more, last) = (Array("\(code)-".utf8), Array("\(code) ".utf8))
        while true {
            let said = try await nextLine("expected a reply \(code)", line)
            if said.starts(with: last) { return }
            guard said.starts(with: more) else { throw failure(line, "expected a reply \(code)") }
        }
    }

    private mutating func nextLine(_ reason: String, _ line: Int) async throws -> [UInt8] {
        while true {
            if let end = pending.firstCRLF {
                let said = Array(pending[..<end])
                pending.removeFirst(end + 2)
                transcript.said(said + [0x0D, 0x0A], by: side)
                return said
            }
            try await more(reason, line)
        }
    }

    private mutating func expect(_ bytes: [UInt8], _ line: Int) async throws {
        while pending.count < bytes.count { try await more("expected \(Visible.text(bytes))", line) }
        let said = Array(pending[..<bytes.count])
        pending.removeFirst(bytes.count)
        transcript.said(said, by: side)
        guard said == bytes else { throw failure(line, "expected \(Visible.text(bytes))") }
    }

    private mutating func expectClose(_ line: Int) async throws {
        while !isClosed {
            switch try await wire.receive() {
            case .bytes(let bytes): pending += bytes
            case .closed: isClosed = true
            case .quiet: throw failure(line, "expected \(side) to close")
            }
        }
        guard pending.isEmpty else { throw failure(line, "expected \(side) to close without saying more") }
        transcript.noted("x \(side)")
    }

    private mutating func expectState(_ words: [(word: String, value: String)], _ line: Int) async throws {
        let state = try await wire.state()
        for (word, value) in words where state[word] != nil || wire.knowsSilence {
            transcript.noted("! \(word) \(state[word] ?? "<unknown>")")
            guard state[word] == value else { throw failure(line, "expected `\(word) \(value)`") }
        }
    }

    private mutating func more(_ reason: String, _ line: Int) async throws {
        guard !isClosed else { throw failure(line, reason) }
        switch try await wire.receive() {
        case .bytes(let bytes): pending += bytes
        case .closed: isClosed = true
        case .quiet: throw failure(line, reason)
        }
    }

    /// After the last step the side under test has nothing left to say, as far as it can be known.
    private mutating func expectNothingMore() async throws {
        if wire.knowsSilence, !isClosed, case .bytes(let bytes) = try await wire.receive() { pending += bytes }
        guard pending.isEmpty else { throw failure(dialogue.steps.last?.line ?? 0, "expected nothing more") }
    }

    private func failure(_ line: Int, _ reason: String) -> DialogueFailure {
        var actual = transcript
        if !pending.isEmpty { actual.said(pending, by: side) }
        return DialogueFailure(
            dialogue: dialogue.name,
            line: line,
            delivery: delivery,
            reason: reason,
            expected: Transcript(dialogue).text,
            actual: actual.text
        )
    }
}

extension Dialogue.Side {
    /// The one that listens to this one.
    package var other: Self {
        switch self {
        case .client: .server
        case .server: .client
        }
    }
}

extension [UInt8] {
    fileprivate var firstCRLF: Int? {
        var index = 0
        while index + 1 < count {
            if self[index] == 0x0D, self[index + 1] == 0x0A { return index }
            index += 1
        }
        return nil
    }
}
