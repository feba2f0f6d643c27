import StatusCodes
import Testing

/// What is decided by the class alone, because nothing else is known: counted, with the reason of each group
/// (`Registry/fallbacks.csv`).
@Suite struct FallbackTests {
    /// The rules that ask for nothing but class or subject.
    private func isFallback(_ rule: DecisionRule) -> Bool {
        rule.name == "class" || rule.name == "unknown-subject" || rule.name.hasSuffix("-other")
    }

    private func rule(_ line: String, _ stage: Stage) -> DecisionRule {
        DecisionTable.decide(Evidence(stage: stage, reply: PrintedReply(parsing: line))).rule
    }

    private func group(of number: UInt16) -> String {
        let isOfSMTP = ReplyMeaning.all.contains { $0.number == number && $0.reference.contains("RFC5321") }
        return "bare \(number / 100)yz" + (isOfSMTP ? "" : " beyond RFC 5321")
    }

    @Test func `every cell that its class alone decides belongs to a group with a reason`() throws {
        var counts: [String: Int] = [:]
        var cells = 0
        for entry in RegisteredStatus.all {
            for digit in [4, 5] {
                for stage in Stage.allCases {
                    cells += 1
                    let line = "\(digit)50 \(digit).\(entry.status.description.dropFirst(2)) x"
                    if isFallback(rule(line, stage)) { counts["\(entry.status)", default: 0] += 1 }
                }
            }
        }
        for number in Set(ReplyMeaning.all.map(\.number)) where (400...599).contains(number) {
            for stage in Stage.allCases {
                cells += 1
                if isFallback(rule("\(number) x", stage)) { counts[group(of: number), default: 0] += 1 }
            }
        }
        let reasons = try RegistryFile("fallbacks").rows
        #expect(Set(counts.keys) == Set(reasons.compactMap { $0["group"] }))
        // In one piece, so that other tests' words do not come between.
        var lines = ["\(counts.values.reduce(0, +)) of \(cells) cells are decided by their class alone:"]
        for row in reasons {
            let group = try #require(row["group"])
            lines.append("  \(group): \(counts[group] ?? 0): \(row["reason"] ?? "")")
            #expect((row["reason"] ?? "").utf8.count > 40)
        }
        print(lines.joined(separator: "\n"))
    }
}
