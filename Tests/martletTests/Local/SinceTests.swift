import MailFormat
@testable import martlet
import Testing

@Suite struct `An instant of --since` {
    private let now = Timestamp(seconds: 1_700_000_000)

    @Test(arguments: [
        ("2023-11-14T20:13:20Z", -7200), ("2023-11-14T21:13:20+01:00", -7200), ("2h", -7200), ("1d12h", -129_600),
        ("90s", -90), ("0s", 0),
    ])
    func `is an instant, or how long ago`(text: String, seconds: Int64) throws {
        #expect(try Since.read(text, now: now) == Timestamp(seconds: now.seconds + seconds))
    }

    @Test(arguments: ["", "yesterday", "2", "h", "-2h", "2023-11-14", "2023-13-14T20:13:20Z", "9999999999d"])
    func `Anything else is refused with status 64`(text: String) {
        let failure = #expect(throws: CommandFailure.self) { try Since.read(text, now: now) }
        #expect(failure?.status == 64)
    }
}
