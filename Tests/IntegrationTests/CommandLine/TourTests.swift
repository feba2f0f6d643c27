import Testing

@Suite struct `The command demo` {
    /// What becomes of each recipient, as its line says.
    private static let fates = [
        "RELAYED  ok@example.net", "FAILED  5.1.1@example.net", "DEFERRED  defer-1-4.7.1@example.net",
        "RELAYED  defer-1-4.7.1@example.net", "FAILED  552-5.2.2@example.org", "FAILED  dot-5.7.1-spam@example.com",
        "RELAYED  bounce-exchange-5.1.10@example.edu", "BOUNCED  bounce-exchange-5.1.10@example.edu",
    ]

    @Test func `one mail has six fates, one of them late, and a report tells of failures`() async throws {
        let outcome = try await Executable.run(["demo"])
        #expect(outcome.status == 0)
        for fate in Self.fates { #expect(outcome.output.contains("  \(fate)\n"), "\(fate)") }
        #expect(outcome.output.contains("status 5.1.1, cause user-unknown, rule microsoft-5.1.10-is-user"))
        // The report is quoted line by line, and whole.
        #expect(outcome.output.contains("\n  | Content-Type: message/delivery-status\n"))
        #expect(outcome.output.contains("\n  | Action: failed\n"))
        let lines = outcome.output.split(whereSeparator: \.isNewline)
        #expect(lines.filter { $0.hasPrefix("Reporting-MTA:") || $0.hasPrefix("--=_") }.isEmpty)
    }
}
