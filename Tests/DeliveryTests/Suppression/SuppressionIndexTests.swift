import Delivery
import MailFormat
import SMTPProtocol
import Testing

/// Whom a suppression is about, and the look that every recipient gets.
@Suite struct `Suppression index` {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func envelope(_ address: String) -> Envelope {
        let bytes = Array(address.utf8)
        let domain = bytes.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? bytes.count
        let recipient = Envelope.Recipient(
            address: ByteRange(0, bytes.count),
            domain: ByteRange(domain, bytes.count)
        )
        return Envelope(arena: bytes, reversePath: .empty, recipients: [recipient])
    }

    private static func listed(_ text: String, until: Timestamp? = nil) throws -> SuppressionRecord {
        let entry = SuppressionEntry(origin: .operator, at: now, by: "root", reason: "no", until: until)
        return SuppressionRecord(try #require(SuppressionSubject(text)), entry: entry)
    }

    private static func stops(_ index: SuppressionIndex, _ address: String, at instant: Timestamp = now) -> Bool {
        let envelope = envelope(address)
        return index.mayBeSuppressed(envelope.recipients[0], in: envelope, at: instant)
    }

    @Test(arguments: [
        ("anna@example.net", "anna@example.net"), ("Anna@EXAMPLE.net", "anna@example.net"),
        ("\"anna\"@example.net", "anna@example.net"), ("\"an\\na\"@example.net", "anna@example.net"),
        ("a+b.c@example.net", "a+b.c@example.net"), ("\"a b\"@example.net", "\"a b\"@example.net"),
        ("@Example.NET", "@example.net"), ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
    ])
    func `a subject has one spelling`(written: String, text: String) throws {
        let subject = try #require(SuppressionSubject(written))
        #expect(subject.text == text)
        #expect(subject.isDomain == text.hasPrefix("@"))
    }

    @Test(arguments: ["", "anna", "@", "anna@", "@example.net x", "a b@example.net", "@-example.net", "x@@y.net"])
    func `what is no address is no subject`(written: String) { #expect(SuppressionSubject(written) == nil) }

    @Test func `exactly the address is stopped, in every spelling`() throws {
        var index = SuppressionIndex(seed: 1)
        #expect(index.isEmpty && !Self.stops(index, "anna@example.net"))
        index.update(try Self.listed("anna@example.net"))
        #expect(index.count == 1)
        for same in ["anna@example.net", "ANNA@example.NET", "\"anna\"@example.net"] {
            #expect(Self.stops(index, same), "\(same)")
        }
        for other in ["an.na@example.net", "anna+x@example.net", "anna@sub.example.net", "hanna@example.net"] {
            #expect(!Self.stops(index, other), "\(other)")
        }
    }

    @Test func `a domain stops its addresses, not those of its subdomains`() throws {
        var index = SuppressionIndex(seed: 2)
        index.update(try Self.listed("@example.net"))
        #expect(Self.stops(index, "anyone@Example.net"))
        #expect(!Self.stops(index, "anyone@sub.example.net") && !Self.stops(index, "anyone@example.org"))
        index.update(SuppressionRecord(try #require(SuppressionSubject("@example.net"))))
        #expect(index.isEmpty && !Self.stops(index, "anyone@example.net"))
    }

    @Test func `a bare postmaster is never stopped`() throws {
        var index = SuppressionIndex(seed: 3)
        index.update(try Self.listed("@example.net"))
        #expect(!Self.stops(index, "postmaster"))
    }

    @Test func `evidence that is not enough is watched and stops nobody; an end is kept to`() throws {
        var index = SuppressionIndex(seed: 4)
        index.update(try Self.listed("anna@example.net", until: Timestamp(seconds: Self.now.seconds + 10)))
        #expect(Self.stops(index, "anna@example.net"))
        #expect(!Self.stops(index, "anna@example.net", at: Timestamp(seconds: Self.now.seconds + 10)))
        let envelope = Self.envelope("\"Anna\"@example.net")
        #expect(index.isWatched(envelope.recipients[0], in: envelope))
        let other = Self.envelope("berta@example.net")
        #expect(!index.isWatched(other.recipients[0], in: other))
    }
}
