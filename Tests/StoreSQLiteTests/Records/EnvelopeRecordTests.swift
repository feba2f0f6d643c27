import Delivery
import MailFormat
import SMTPProtocol
import StoreSQLite
import StoreTesting
import Testing

@Suite struct EnvelopeRecordTests {
    private let origin = Origin(kind: .local, account: "änne", clientAddress: "2001:db8::1")

    private func encoded(_ envelope: Envelope) -> [UInt8] {
        var bytes: [UInt8] = []
        EnvelopeRecord.encode(envelope, origin, into: &bytes)
        return bytes
    }

    @Test(arguments: [1, 2, 200])
    func `an envelope comes back as it went`(recipients: Int) throws {
        let envelope = Samples.envelope(recipients: recipients)
        let decoded = try #require(EnvelopeRecord.decode(encoded(envelope)))
        #expect(decoded.envelope == envelope)
        #expect(decoded.origin == origin)
    }

    @Test(arguments: [Notify?.none, .never, .success, [.success, .failure, .delay]], [true, false])
    func `whether a recipient is expanded comes back beside its NOTIFY`(notify: Notify?, isExpanded: Bool) throws {
        var envelope = Samples.envelope(recipients: 2)
        envelope.recipients[1].notify = notify
        // Nobody is expanded who has no NOTIFY: there would be nothing to tell.
        envelope.recipients[1].isExpanded = isExpanded && notify != nil
        #expect(EnvelopeRecord.decode(encoded(envelope))?.envelope == envelope)
    }

    @Test func `a record that ends early is refused, or lacks only text`() {
        let bytes = encoded(Samples.envelope(recipients: 3))
        for count in 0..<bytes.count { #expect(EnvelopeRecord.decode(Array(bytes.prefix(count))) == nil) }
    }

    @Test func `a damaged record is refused or in bounds, and never traps`() {
        let bytes = encoded(Samples.envelope(recipients: 3))
        var refused = 0
        for index in bytes.indices {
            for value: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
                var damaged = bytes
                damaged[index] = value
                guard let envelope = EnvelopeRecord.decode(damaged)?.envelope else {
                    refused += 1
                    continue
                }
                let ranges = envelope.recipients.flatMap { [$0.address, $0.domain, $0.originalRecipient] }
                #expect(
                    (ranges + [envelope.reversePath]).allSatisfy { $0.end <= envelope.arena.count && $0.start >= 0 }
                )
            }
        }
        #expect(refused > 50)
    }
}
