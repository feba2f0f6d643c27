import MailFormat
import Testing

@Suite
struct MailDateTests {
    @Test(
        arguments: [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00Z"),
            (1_795_398_964, "Mon, 23 Nov 2026 01:56:04 +0000", "2026-11-23T01:56:04Z"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000", "2000-02-29T00:00:00Z"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 +0000", "2100-02-28T23:59:59Z"),
            (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000", "2100-03-01T00:00:00Z"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000", "1969-12-31T23:59:59Z"),
            (-62_135_596_800, "Mon, 1 Jan 0001 00:00:00 +0000", "0001-01-01T00:00:00Z"),
        ] as [(Int64, String, String)]
    )
    func `an instant is written in both forms and read back`(_ seconds: Int64, _ mail: String, _ iso: String) {
        let timestamp = Timestamp(seconds: seconds)
        #expect(MailDate.text(timestamp) == mail)
        #expect(ISO8601.text(timestamp) == iso)
        let bytes = Array(mail.utf8)
        #expect(MailDate.read(bytes.span, ByteRange(0, bytes.count)) == timestamp)
        #expect(ISO8601.read(iso) == timestamp)
    }

    @Test(
        arguments: [
            ("Mon, 23 Nov 2026 02:56:04 +0100", 1_795_398_964),
            ("23 Nov 2026 02:56:04 +0100 (CET)", 1_795_398_964),
            ("Mon,23 Nov 2026 01:56:04 GMT", 1_795_398_964),
            ("Sun, 22 Nov 26 20:56:04 EST", 1_795_398_964),
            ("Mon Nov 23 01:56:04 2026", 1_795_398_964),
            ("Mon, 23-Nov-2026 01:56:04 -0000", 1_795_398_964),
            ("Mon (a (nested) comment), 23\r\n Nov 2026 01:56:04 Z", 1_795_398_964),
            ("23 nov 2026 01:56", 1_795_398_960),
            ("1 Jan 70 00:00:00 +0000", 0),
            ("1 Jan 103 00:00:00 +0000", 1_041_379_200),
            ("31 Dec 2016 23:59:60 +0000", 1_483_228_800),
            ("23-Nov 2026 01:56:04", 1_795_398_964),
        ] as [(String, Int64)]
    )
    func `obsolete and careless dates are read (RFC 5322 §4.3)`(_ date: String, _ seconds: Int64) {
        let bytes = Array(date.utf8)
        #expect(MailDate.read(bytes.span, ByteRange(0, bytes.count)) == Timestamp(seconds: seconds))
    }

    @Test(arguments: [
        "", "Mon", "23 Nov 2026", "31 Nov 2026 01:00:00 +0000", "29 Feb 2026 01:00:00 +0000", "23 Nov 2026 25:00:00",
        "23 Nov 2026 01:60:00", "0 Nov 2026 01:00:00", "23 Xxx 2026 01:00:00", "(23 Nov 2026 01:00:00",
        "99999999999999999999 Nov 2026 01:00:00", "23-Nov- 01:00:00", "1 Jan 0001 00:00:00 +0100",
        "31 Dec 9999 23:59:59 -0100",
    ])
    func `what is no date is none`(_ date: String) {
        let bytes = Array(date.utf8)
        #expect(MailDate.read(bytes.span, ByteRange(0, bytes.count)) == nil)
    }

    @Test(
        arguments: [
            ("2026-11-23T01:56:04.007Z", 1_795_398_964_007), ("2026-11-23T02:56:04.5+01:00", 1_795_398_964_500),
            ("2026-11-23 01:56:04.1234567Z", 1_795_398_964_123),
        ] as [(String, Int64)]
    )
    func `ISO 8601 with fraction and zone is read`(_ text: String, _ milliseconds: Int64) {
        #expect(ISO8601.read(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-13-23T01:56:04Z", "2026-11-31T01:56:04Z", "2026-11-23T01:56:04",
        "2026-11-23T01:56:04.Z",
        "2026-11-23T01:56:04Zx", "2026-11-23T01:56:04+0100", "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
    ])
    func `what is no ISO 8601 instant is none`(_ text: String) { #expect(ISO8601.read(text) == nil) }

    @Test
    func `milliseconds are written with three digits`() {
        #expect(
            ISO8601.text(Timestamp(milliseconds: 1_795_398_964_007), milliseconds: true) == "2026-11-23T01:56:04.007Z"
        )
    }

    @Test
    func `every day of four centuries goes there and back`() {
        for day in stride(from: -146_097, through: 146_097, by: 1) {
            let time = CivilTime(Timestamp(seconds: Int64(day) * 86_400))
            #expect(CivilTime.days(year: time.year, month: time.month, day: time.day) == day)
        }
    }
}
