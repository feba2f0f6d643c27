import Foundation
import SMTPProtocol
import SMTPTesting
import Testing

/// Every state × every event: what is done, and where it leads.
///
/// The table is `Fixtures/ServerStates.txt`, a line a pair: `state event: action → state`. The machine's own table is
/// written beside it as `ServerStates.actual` when they differ.
@Suite struct `Server states` {
    private static let fixtures = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../Fixtures")

    @Test func `every state can be reached`() {
        for state in ServerStateName.allCases {
            let probe = StateProbe(state)
            #expect(probe.stateName == state)
        }
    }

    @Test func `every event in every state has the outcome of the table`() throws {
        var lines: [String] = []
        for state in ServerStateName.allCases {
            for event in StateProbe.Event.allCases {
                var probe = StateProbe(state)
                lines.append("\(state) \(event): \(probe.perform(event))")
            }
        }
        let file = Self.fixtures.appendingPathComponent("ServerStates.txt")
        let table = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let expected = table.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
        if lines != expected {
            let actual = Self.fixtures.appendingPathComponent("ServerStates.actual")
            try Data(lines.joined(separator: "\n").utf8).write(to: actual)
        }
        #expect(lines.count == expected.count)
        for (line, wanted) in zip(lines, expected) { #expect(line == wanted) }
    }

    @Test(arguments: ServerStateName.allCases)
    func `nothing leads out of closed, and every goodbye leads there`(state: ServerStateName) {
        for event in StateProbe.Event.allCases {
            var probe = StateProbe(state)
            let outcome = probe.perform(event)
            if state == .closed || outcome.action.hasSuffix("close") {
                #expect(probe.stateName == .closed, "\(state) × \(event)")
            }
        }
    }

    @Test(arguments: ServerStateName.allCases)
    func `a session that waits for an answer uses no octet of its input`(state: ServerStateName) {
        for event: StateProbe.Event in [.noop, .quit, .data, .response, .bareNewline] {
            var probe = StateProbe(state)
            guard probe.isWaitingForAnswer else { continue }
            let outcome = probe.perform(event)
            #expect(outcome.action.hasPrefix("keep "), "\(state) × \(event)")
            #expect(outcome.state == state)
        }
    }
}
