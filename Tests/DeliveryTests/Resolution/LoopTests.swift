import Delivery
import MailFormat
import ResolverTesting
import StatusCodes
import Testing

/// RFC 5321 §5.1: our own host and every MX of the same or higher number are discarded.
@Suite struct LoopTests {
    private func driver(_ text: String) throws -> RouteLookupDriver {
        var driver = try RouteLookupDriver(text)
        driver.policy.ownNames = [try #require(DNSName("us.test"))]
        driver.policy.ownEndpoints = [IPEndpoint(.v4(0xC633_6401), port: 25)]  // 198.51.100.1
        return driver
    }

    private let zone = """
        $ORIGIN d.test.
        @       MX 10 first
        @       MX 20 us.test.
        @       MX 20 beside
        @       MX 30 behind
        first   A  192.0.2.1
        beside  A  192.0.2.2
        behind  A  192.0.2.3
        us.test. A 198.51.100.1
        """

    @Test func `As backup MX we send to better hosts only`() throws {
        var driver = try driver(zone)
        #expect(try driver.found("d.test").summary == ["first.d.test=192.0.2.1"])
    }

    @Test func `As best MX we have nowhere to send, 5.4.6`() throws {
        var driver = try driver("d.test. MX 10 us.test.\nd.test. MX 20 other.test.\nother.test. A 192.0.2.1")
        let failure = try driver.failure("d.test")
        #expect(failure.condition == .loopsToSelf)
        #expect(failure.stage == .routing)
        #expect(driver.asked.map(\.type) == [.mx])
    }

    @Test func `In soft mode a loop is 4.4.6`() throws {
        var driver = try driver("d.test. MX 10 us.test.")
        driver.policy.loopsAreTemporary = true
        #expect(try driver.failure("d.test").condition == .loopSoft)
    }

    @Test func `We know ourselves by address under another name`() throws {
        var driver = try driver(
            "d.test. MX 10 first.test.\nd.test. MX 20 nick.test.\nd.test. MX 30 behind.test.\n"
                + "first.test. A 192.0.2.1\nnick.test. A 198.51.100.1\nbehind.test. A 192.0.2.3"
        )
        #expect(try driver.found("d.test").summary == ["first.test=192.0.2.1"])
        var best = try self.driver("d.test. MX 10 nick.test.\nnick.test. A 198.51.100.1\nnick.test. A 192.0.2.9")
        #expect(try best.failure("d.test").condition == .loopsToSelf)
    }

    @Test func `A domain without MX whose address is ours loops`() throws {
        var byAddress = try driver("d.test. A 198.51.100.1")
        #expect(try byAddress.failure("d.test").condition == .loopsToSelf)
        var byName = try driver("us.test. A 192.0.2.9")
        #expect(try byName.failure("us.test").condition == .loopsToSelf)
    }

    @Test func `An address literal of ours loops`() throws {
        var driver = try driver("")
        #expect(try driver.failure("[198.51.100.1]").condition == .loopsToSelf)
        #expect(try driver.failure("[IPv6:::ffff:198.51.100.1]").condition == .loopsToSelf)
        #expect(try driver.found("[198.51.100.2]").summary == ["-=198.51.100.2"])
    }

    @Test func `A smart host that is us is left out, and alone it loops`() throws {
        var driver = try driver("")
        let us = SmartHost(.address(.v4(0xC633_6401)))
        let other = SmartHost(.address(.v4(0xC633_6402)))
        driver.route = Route(name: "out", target: .hosts([us, other]))
        #expect(try driver.found("d.test").summary == ["-=198.51.100.2"])
        driver.route = Route(name: "out", target: .hosts([us]))
        #expect(try driver.failure("d.test").condition == .loopsToSelf)
    }

    @Test func `Another port of our address is another host`() throws {
        var driver = try driver("")
        driver.route = Route(name: "sink", target: .hosts([SmartHost(.address(.v4(0xC633_6401)), port: 2525)]))
        #expect(try driver.found("d.test").endpoints == [IPEndpoint(.v4(0xC633_6401), port: 2525)])
    }
}
