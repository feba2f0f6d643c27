import Delivery
import MailFormat
import ResolverTesting
import StatusCodes
import Testing

/// Every state with every event.
@Suite struct RouteLookupStateTests {
    private let domain: DNSName
    private let host: DNSName
    private let zones: Zones

    init() throws {
        domain = try #require(DNSName("d.test"))
        host = try #require(DNSName("mx.test"))
        zones = try Zones("d.test. MX 10 mx.test.\nmx.test. A 192.0.2.1\nmx.test. AAAA 2001:db8::1")
    }

    private func lookup(in state: RouteLookup.StateName) -> RouteLookup {
        var generator = SeededGenerator(seed: 1)
        var lookup = RouteLookup(.name(domain), route: nil, policy: RoutingPolicy())
        if state == .ready { return lookup }
        _ = lookup.start(using: &generator)
        if state == .askingMX { return lookup }
        let mx = DNSQuestion(domain, .mx)
        _ = lookup.answered(mx, zones.answer(mx), using: &generator)
        if state == .askingAddresses { return lookup }
        _ = lookup.deadlinePassed(using: &generator)
        return lookup
    }

    @Test(arguments: [RouteLookup.StateName.askingMX, .askingAddresses, .finished])
    func `Start means something once`(state: RouteLookup.StateName) {
        var lookup = lookup(in: state)
        var generator = SeededGenerator(seed: 1)
        let seen1 = lookup.start(using: &generator)
        #expect(seen1 == .wait)
        let seen2 = lookup.stateName
        #expect(seen2 == state)
    }

    @Test func `Start asks for MX`() {
        var lookup = lookup(in: .ready)
        var generator = SeededGenerator(seed: 1)
        let seen3 = lookup.start(using: &generator)
        #expect(seen3 == .ask)
        let seen4 = lookup.stateName
        #expect(seen4 == .askingMX)
        let seen5 = lookup.nextQuestion()
        #expect(seen5 == DNSQuestion(domain, .mx))
        let seen6 = lookup.nextQuestion()
        #expect(seen6 == nil)
    }

    @Test func `The MX answer asks for addresses`() {
        var lookup = lookup(in: .askingMX)
        var generator = SeededGenerator(seed: 1)
        let mx = DNSQuestion(domain, .mx)
        let seen7 = lookup.answered(mx, zones.answer(mx), using: &generator)
        #expect(seen7 == .ask)
        let seen8 = lookup.stateName
        #expect(seen8 == .askingAddresses)
        let seen9 = lookup.nextQuestion()
        #expect(seen9 == DNSQuestion(host, .aaaa))
        let seen10 = lookup.nextQuestion()
        #expect(seen10 == DNSQuestion(host, .a))
        let seen11 = lookup.nextQuestion()
        #expect(seen11 == nil)
    }

    @Test(arguments: [RouteLookup.StateName.ready, .askingMX, .askingAddresses, .finished])
    func `An answer that nobody waits for changes nothing`(state: RouteLookup.StateName) throws {
        var lookup = lookup(in: state)
        var generator = SeededGenerator(seed: 1)
        let stranger = try #require(DNSName("other.test"))
        for question in [
            DNSQuestion(stranger, .mx), DNSQuestion(stranger, .a), DNSQuestion(domain, .txt), DNSQuestion(host, .txt),
        ] {
            let seen12 = lookup.answered(question, zones.answer(question), using: &generator)
            #expect(seen12 == .wait)
            let seen13 = lookup.stateName
            #expect(seen13 == state)
        }
    }

    @Test func `The last address answer finishes, and an answer counts once`() {
        var lookup = lookup(in: .askingAddresses)
        var generator = SeededGenerator(seed: 1)
        let (v4, v6) = (DNSQuestion(host, .a), DNSQuestion(host, .aaaa))
        let seen14 = lookup.answered(v4, zones.answer(v4), using: &generator)
        #expect(seen14 == .wait)
        let seen15 = lookup.answered(v4, DNSAnswer(.noSuchName), using: &generator)
        #expect(seen15 == .wait)
        guard case .finish(.found(let route)) = lookup.answered(v6, zones.answer(v6), using: &generator) else {
            Issue.record("not finished")
            return
        }
        #expect(route.summary == ["mx.test=2001:db8::1,192.0.2.1"])
        let seen16 = lookup.stateName
        #expect(seen16 == .finished)
    }

    @Test(arguments: [RouteLookup.StateName.ready, .finished])
    func `A deadline without a look-up changes nothing`(state: RouteLookup.StateName) {
        var lookup = lookup(in: state)
        var generator = SeededGenerator(seed: 1)
        let seen17 = lookup.deadlinePassed(using: &generator)
        #expect(seen17 == .wait)
        let seen18 = lookup.stateName
        #expect(seen18 == state)
    }

    @Test(arguments: [RouteLookup.StateName.askingMX, .askingAddresses])
    func `A deadline with nothing known is 4.4.3`(state: RouteLookup.StateName) {
        var lookup = lookup(in: state)
        var generator = SeededGenerator(seed: 1)
        guard case .finish(.failed(let failure)) = lookup.deadlinePassed(using: &generator) else {
            Issue.record("not failed")
            return
        }
        #expect(failure.condition == .dnsFailure)
        #expect(failure.detail.contains("no answer in time"))
        let seen19 = lookup.nextQuestion()
        #expect(seen19 == nil)
    }

    @Test func `A deadline with one family known goes on with that`() {
        var lookup = lookup(in: .askingAddresses)
        var generator = SeededGenerator(seed: 1)
        let v4 = DNSQuestion(host, .a)
        _ = lookup.answered(v4, zones.answer(v4), using: &generator)
        guard case .finish(.found(let route)) = lookup.deadlinePassed(using: &generator) else {
            Issue.record("not found")
            return
        }
        #expect(route.summary == ["mx.test=192.0.2.1"])
    }
}
