import ArgumentParser
import Delivery
@testable import martlet
import Testing

@Suite struct `Ends of commands` {
    private struct Surprise: Error {}

    private func mistake(_ arguments: [String]) -> CommandFailure? {
        do {
            _ = try Martlet.parseAsRoot(arguments)
            return nil
        } catch {
            return CommandEnd.failure(error)
        }
    }

    @Test func `A wrong command line is one line that names whose help says more`() throws {
        let unknown = try #require(mistake(["queue", "list", "--fromat", "json"]))
        #expect(unknown.status == 64)
        #expect(
            unknown.description == "Unknown option '--fromat'. Did you mean '--format'?; see: martlet queue list --help"
        )
        let missing = try #require(mistake(["queue", "show"]))
        #expect(missing.description == "Missing expected argument '<id>'; see: martlet queue show --help")
        #expect(mistake(["frob"])?.status == 64)
    }

    @Test func `An error of the store is 74, one that nobody expected 70`() {
        #expect(CommandEnd.failure(StoreError(code: .unusable, detail: "damaged")).status == 74)
        #expect(CommandEnd.failure(Surprise()).status == 70)
        #expect(CommandEnd.failure(CommandFailure(.tryAgain, "later")).status == 75)
        #expect(CommandEnd.failure(Settings.Problem("no")).status == 78)
    }

    @Test(arguments: [
        (["/usr/bin/martlet", "queue"], ["queue"]), (["/usr/sbin/sendmail", "-t"], ["sendmail", "-t"]),
        (["mailq", "-v"], ["sendmail", "-bp", "-v"]), (["/usr/bin/newaliases"], ["sendmail", "-bi"]), ([], []),
    ])
    func `The name that it is called by says what it is`(line: [String], arguments: [String]) {
        #expect(Martlet.arguments(line) == arguments)
    }
}
