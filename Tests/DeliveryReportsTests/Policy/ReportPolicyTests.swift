import DeliveryReports
import MailFormat
import SMTPProtocol
import Testing

@Suite
struct ReportPolicyTests {
    /// Every NOTIFY that RCPT can carry (RFC 3461 §4.1), and none.
    static let notifies: [Notify?] = [
        nil, .never, .success, .failure, .delay, [.success, .failure], [.success, .delay], [.failure, .delay],
        [.success, .failure, .delay],
    ]
    static let natures: [MessageNature] = [.ordinary, .automaticReply, .report]

    private static func isReported(
        _ action: ReportAction,
        _ notify: Notify?,
        delays: Bool = true,
        hasReversePath: Bool = true,
        nature: MessageNature = .ordinary
    ) -> Bool {
        ReportPolicy.isReported(
            action,
            notify: notify,
            delayNoticesByDefault: delays,
            hasReversePath: hasReversePath,
            nature: nature
        )
    }

    @Test(arguments: ReportAction.allCases, notifies)
    func `nothing with a null reverse-path is reported (RFC 5321 §4.5.5)`(_ action: ReportAction, _ notify: Notify?) {
        for nature in Self.natures {
            #expect(!Self.isReported(action, notify, hasReversePath: false, nature: nature))
        }
    }

    @Test(arguments: ReportAction.allCases, notifies)
    func `a report is never reported about`(_ action: ReportAction, _ notify: Notify?) {
        #expect(!Self.isReported(action, notify, nature: .report))
    }

    /// The table of RFC 3461 §5.2 written out: action, NOTIFY, expected.
    static let table: [(ReportAction, Notify?, Bool)] = {
        var rows: [(ReportAction, Notify?, Bool)] = []
        for notify in notifies {
            rows.append((.failed, notify, notify == nil || notify?.contains(.failure) == true))
            rows.append((.delayed, notify, notify == nil || notify?.contains(.delay) == true))
            for action in [ReportAction.delivered, .relayed, .expanded] {
                rows.append((action, notify, notify?.contains(.success) == true))
            }
        }
        return rows
    }()

    @Test(arguments: table)
    func `NOTIFY asks for exactly what it names (RFC 3461 §4.1)`(
        _ action: ReportAction,
        _ notify: Notify?,
        _ expected: Bool
    ) {
        #expect(Self.isReported(action, notify) == expected)
    }

    @Test
    func `the known rows of RFC 3461 hold`() {
        #expect(Self.isReported(.failed, nil))
        #expect(!Self.isReported(.failed, .never))
        #expect(!Self.isReported(.failed, .success))
        #expect(!Self.isReported(.delivered, nil))
        #expect(!Self.isReported(.relayed, .failure))
        #expect(Self.isReported(.relayed, [.success, .failure]))
        #expect(Self.isReported(.expanded, .success))
        #expect(!Self.isReported(.delayed, .failure))
    }

    @Test
    func `delays without NOTIFY are the host's choice, and never told of automatic replies`() {
        #expect(!Self.isReported(.delayed, nil, delays: false))
        #expect(Self.isReported(.delayed, .delay, delays: false))
        #expect(!Self.isReported(.delayed, nil, nature: .automaticReply))
        #expect(Self.isReported(.delayed, .delay, nature: .automaticReply))
        #expect(Self.isReported(.failed, nil, nature: .automaticReply))
    }

    @Test(arguments: [
        ("Subject: a\r\n\r\nAuto-Submitted: auto-replied\r\n", MessageNature.ordinary),
        ("Auto-Submitted: auto-generated\r\n\r\n", .ordinary),
        ("auto-submitted: (x) Auto-Replied; owner-email=\"a@b\"\r\n\r\n", .automaticReply),
        ("Content-Type: multipart/report;\r\n report-type=Delivery-Status; boundary=a\r\n\r\n", .report),
        ("Content-Type: multipart/report; report-type=disposition-notification\r\n\r\n", .report),
        ("Content-Type: multipart/report; report-type=feedback-report\r\n\r\n", .ordinary),
        ("Content-Type: multipart/mixed; report-type=delivery-status\r\n\r\n", .ordinary),
        (
            "Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status\r\n\r\n",
            .report
        ),
        ("", .ordinary),
    ])
    func `the header tells what a message is`(_ header: String, _ expected: MessageNature) {
        let bytes = Array(header.utf8)
        #expect(MessageNature(header: bytes.span) == expected)
    }
}
