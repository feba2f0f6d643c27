import Delivery
import MailFormat
import ResolverTesting
import StatusCodes
import Testing

@Suite struct StaticRouteTests {
    private func name(_ text: String) throws -> DNSName { try #require(DNSName(text)) }

    @Test func `Smart hosts are tried in the order of the configuration, without MX`() throws {
        var driver = try RouteLookupDriver(
            "relay.test. A 192.0.2.1\nrelay.test. MX 10 wrong.test.\nspare.test. A 192.0.2.2"
        )
        driver.route = Route(
            name: "out",
            target: .hosts([
                SmartHost(.name(try name("relay.test")), port: 587), SmartHost(.name(try name("spare.test"))),
            ]),
            port: 2500
        )
        let route = try driver.found("anything.example")
        #expect(route.summary == ["relay.test=192.0.2.1", "spare.test=192.0.2.2"])
        #expect(route.hosts.map(\.port) == [587, 2500])
        #expect(route.source == .smartHost)
        #expect(!driver.asked.contains { $0.type == .mx })
    }

    @Test func `Two smart hosts may be one name at two ports`() throws {
        var driver = try RouteLookupDriver("relay.test. A 192.0.2.1")
        driver.route = Route(
            name: "out",
            target: .hosts([
                SmartHost(.name(try name("relay.test")), port: 465),
                SmartHost(.name(try name("relay.test")), port: 587),
            ])
        )
        #expect(try driver.found("d.test").hosts.map(\.port) == [465, 587])
        #expect(driver.asked.count == 2)
    }

    @Test func `A smart host may be on loopback or private`() throws {
        var driver = try RouteLookupDriver("relay.test. A 10.0.0.1")
        driver.route = Route(
            name: "sink",
            target: .hosts([
                SmartHost(.address(.loopbackV4), port: 2525), SmartHost(.name(try name("relay.test"))),
            ])
        )
        #expect(try driver.found("d.test").summary == ["-=127.0.0.1", "relay.test=10.0.0.1"])
    }

    @Test(arguments: ["0.0.0.0", "224.0.0.1", "255.255.255.255"])
    func `A smart host must be a host`(address: String) throws {
        var driver = try RouteLookupDriver("")
        driver.route = Route(
            name: "sink",
            target: .hosts([SmartHost(.address(try #require(IPAddress(address))))])
        )
        #expect(try driver.failure("d.test").condition == .noRouteNow)
    }

    @Test func `A smart host that does not exist is our trouble, 4.4.4`() throws {
        var driver = try RouteLookupDriver("other.test. A 192.0.2.1")
        driver.route = Route(name: "out", target: .hosts([SmartHost(.name(try name("missing.test")))]))
        #expect(try driver.failure("d.test").condition == .noRouteNow)
    }

    @Test func `A route may follow the MX of another domain`() throws {
        var driver = try RouteLookupDriver("hub.test. MX 10 mx.hub.test.\nmx.hub.test. A 192.168.0.1")
        driver.route = Route(name: "hub", target: .mx(of: try name("hub.test")))
        // Named by the operator, so a private address is meant.
        #expect(try driver.found("d.test").summary == ["mx.hub.test=192.168.0.1"])
        driver.route = Route(name: "hub", target: .mx(of: try name("missing.test")))
        #expect(try driver.failure("d.test").condition == .noRouteNow)
    }

    @Test func `A route by plain MX changes the port only`() throws {
        var driver = try RouteLookupDriver("d.test. MX 10 mx.test.\nmx.test. A 192.0.2.1")
        driver.route = Route(name: "odd", target: .mx(of: nil), port: 2525)
        #expect(try driver.found("d.test").endpoints == [IPEndpoint(.v4(0xC000_0201), port: 2525)])
    }

    @Test func `A route on hold is 4.4.4 and asks nothing`() throws {
        var driver = try RouteLookupDriver("d.test. MX 10 mx.test.")
        driver.route = Route(name: "later", target: .hold("the customer moves house"))
        let failure = try driver.failure("d.test")
        #expect(failure.condition == .noRouteNow)
        #expect(failure.detail.contains("moves house"))
        #expect(driver.asked.isEmpty)
    }

    @Test func `The closest route wins`() throws {
        func route(_ text: String) -> Route { Route(name: text, target: .mx(of: nil)) }
        let table = RouteTable(
            exact: [try name("example.net"): route("exact")],
            subdomains: [
                try name("example.net"): route("below"), try name("deep.example.net"): route("deeper"),
            ],
            fallback: route("default")
        )
        let expected = [
            "example.net": "exact", "a.example.net": "below", "deep.example.net": "below",
            "x.deep.example.net": "deeper", "example.org": "default", "net": "default",
        ]
        for (domain, winner) in expected { #expect(table.route(for: try name(domain))?.name == winner, "\(domain)") }
        #expect(table.route(for: RoutingDomain.literal(.loopbackV4))?.name == "default")
        #expect(RouteTable().route(for: try name("example.net")) == nil)
    }
}
