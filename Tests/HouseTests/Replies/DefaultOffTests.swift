import Foundation
import Testing

/// `docs/design/rulings.md` §2, Defaults harm nobody: what the registry keeps off until an operator asks for it
/// (`default_on`) stands in the relay only behind a switch, and never in the code of its sessions.
@Suite struct `Conditions that are off by default` {
    /// Where one stands all the same: what has to be on the line, as a switch that is off, or because it only asks whether
    /// somebody else has said so.
    private static let switches = [
        "loopSoft": ["policy.loopsAreTemporary ?"],
        "directoryFailedFinal": ["policy.refusalsAreFinal ?"],
        "hostNeverAccepts": ["refusal.condition ==", "machine.isUnwelcomeForEver"],
    ]
    /// What else has the name of a condition.
    private static let namesakes = [
        "expanded": "a fate of recipients (RFC 3464 §2.3.3)", "greylisted": "a key of the retry curve",
    ]
    /// They know every condition: the registry, who plays other hosts, who reads what others said.
    private static let outside: Set<String> = ["StatusCodes", "Simulator", "BounceAnalysis"]

    /// The Swift names of conditions, by whether a fresh installation shows them.
    private static func names() throws -> (on: Set<String>, off: Set<String>) {
        let text = try Repository.text(of: "Sources/StatusCodes/Registry/Conditions.generated.swift")
        let names = text.matches(of: /public static var ([A-Za-z0-9]+): Self \{ Self\(index: ([0-9]+)\) \}/)
        let rows = text.matches(of: /(?m)^ +Row\(id: .* isDefaultOn: (true|false),/).map { $0.output.1 == "true" }
        var (on, off): (Set<String>, Set<String>) = ([], [])
        for name in names {
            let index = try #require(Int(name.output.2).flatMap { rows.indices.contains($0) ? $0 : nil })
            if rows[index] { on.insert(String(name.output.1)) } else { off.insert(String(name.output.1)) }
        }
        #expect(on.count + off.count == rows.count)
        return (on, off)
    }

    /// The lines of the relay's own modules that name one of these conditions.
    private static func uses(of names: Set<String>) throws -> [(place: String, line: Substring, name: String)] {
        var found: [(String, Substring, String)] = []
        for module in ModuleRow.all.map(\.name) where !outside.contains(module) {
            for path in try Repository.swiftFiles(under: "Sources/\(module)") {
                let lines = try Repository.text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
                for (number, line) in lines.enumerated() where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                    for (name, isCondition) in members(of: line) where names.contains(name) {
                        guard isCondition || namesakes[name] == nil else { continue }
                        found.append(("\(path):\(number + 1)", line, name))
                    }
                }
            }
        }
        return found
    }

    /// The words behind dots, and whether what stands before the dot says that it is a condition.
    private static func members(of line: Substring) -> [(name: String, isCondition: Bool)] {
        let pieces = line.split(separator: ".", omittingEmptySubsequences: false)
        return zip(pieces, pieces.dropFirst()).map { before, after in
            (
                String(after.prefix { $0.isLetter || $0.isNumber }),
                before.hasSuffix("Condition") || before.hasSuffix("Reply(")
            )
        }
    }

    @Test func `the relay has none of them but behind a switch`() throws {
        let off = try Self.names().off
        #expect(off.count > 30)
        #expect(off.isSuperset(of: Self.switches.keys) && off.isSuperset(of: Self.namesakes.keys))
        var seen: Set<String> = []
        for use in try Self.uses(of: off) {
            seen.insert(use.name)
            if !(Self.switches[use.name] ?? []).contains(where: use.line.contains) {
                Issue.record("\(use.place) uses \(use.name), which is off by default: \(use.line)")
            }
        }
        #expect(seen == Set(Self.switches.keys), "a switch that is gone")
    }

    @Test func `the scan sees conditions that are on`() throws {
        let uses = try Self.uses(of: try Self.names().on)
        #expect(
            Set(uses.map(\.name)).isSuperset(of: ["relayDenied", "noSuchUser", "clientBlocklisted", "tooManyErrors"])
        )
    }
}
