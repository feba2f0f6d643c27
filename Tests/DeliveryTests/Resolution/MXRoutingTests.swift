import Delivery
import MailFormat
import ResolverTesting
import StatusCodes
import Testing

@Suite struct MXRoutingTests {
    @Test func `Hosts come in the order of their preference`() throws {
        var driver = try RouteLookupDriver(
            """
            $ORIGIN example.test.
            @    MX 30 c
            @    MX 10 a
            @    MX 20 b
            a    A  192.0.2.1
            b    A  192.0.2.2
            c    A  192.0.2.3
            """
        )
        let route = try driver.found("Example.TEST")
        #expect(route.summary == ["a.example.test=192.0.2.1", "b.example.test=192.0.2.2", "c.example.test=192.0.2.3"])
        #expect(route.source == .mx)
        #expect(route.endpoints.map(\.port) == [25, 25, 25])
    }

    @Test func `Hosts of equal preference are shuffled`() throws {
        var firsts: [String: Int] = [:]
        for seed in 1...300 {
            var driver = try RouteLookupDriver(
                """
                $ORIGIN example.test.
                @    MX 10 a
                @    MX 10 b
                @    MX 10 c
                @    MX 20 last
                a    A  192.0.2.1
                b    A  192.0.2.2
                c    A  192.0.2.3
                last A  192.0.2.4
                """
            )
            driver.seed = UInt64(seed)
            let route = try driver.found("example.test")
            #expect(route.hosts.last?.name?.text == "last.example.test")
            firsts[route.hosts[0].name?.text ?? "", default: 0] += 1
        }
        #expect(firsts.count == 3)
        // A fair shuffle gives each about 100; these bounds are five standard deviations away.
        #expect(firsts.values.allSatisfy { (60...140).contains($0) }, "\(firsts)")
    }

    @Test func `Without MX the domain's own addresses are used`() throws {
        var driver = try RouteLookupDriver("host.test. A 192.0.2.7\nhost.test. AAAA 2001:db8::7")
        let route = try driver.found("host.test")
        #expect(route.summary == ["host.test=2001:db8::7,192.0.2.7"])
        #expect(route.source == .implicitMX)
    }

    @Test(
        arguments: [
            ("servfail", "SERVFAIL"), ("timeout", "no answer in time"), ("bogus", "signature expired"),
            ("refused", "refused"),
        ])
    func `A failed MX look-up is 4.4.3 and never falls back to addresses`(fault: String, detail: String) throws {
        var driver = try RouteLookupDriver("broken.test. A 192.0.2.7\nbroken.test. ! \(fault)")
        let failure = try driver.failure("broken.test")
        #expect(failure.condition == .dnsFailure)
        #expect(failure.stage == .dnsMX)
        #expect(failure.detail.contains(detail), "\(failure.detail)")
        #expect(driver.asked.map(\.type) == [.mx])
    }

    @Test func `REFUSED is 5.4.3 where the operator wants it final`() throws {
        var driver = try RouteLookupDriver("broken.test. ! refused")
        driver.policy.refusalsAreFinal = true
        #expect(try driver.failure("broken.test").condition == .directoryFailedFinal)
    }

    @Test(arguments: [(false, Condition.dnsFailure), (true, Condition.directoryFailedFinal)])
    func `MX records that cannot be read are a failure of the name service`(isFinal: Bool, expected: Condition) throws {
        var driver = try RouteLookupDriver("odd.test. ! malformed\nodd.test. A 192.0.2.7")
        driver.policy.refusalsAreFinal = isFinal
        #expect(try driver.failure("odd.test").condition == expected)
        #expect(driver.asked.map(\.type) == [.mx])
    }

    @Test func `A domain that does not exist is 5.1.2`() throws {
        var driver = try RouteLookupDriver("other.test. A 192.0.2.7")
        let failure = try driver.failure("missing.test")
        #expect(failure.condition == .noSuchDomain)
        #expect(failure.detail.contains("missing.test"))
    }

    @Test func `A null MX is 5.1.10 and nothing else is asked`() throws {
        var driver = try RouteLookupDriver("null.test. MX 0 .\nnull.test. A 192.0.2.7")
        #expect(try driver.failure("null.test").condition == .recipientNullMx)
        #expect(driver.asked.count == 1)
    }

    @Test func `A null MX beside others does not count`() throws {
        var driver = try RouteLookupDriver("odd.test. MX 0 .\nodd.test. MX 10 mx.test.\nmx.test. A 192.0.2.7")
        #expect(try driver.found("odd.test").summary == ["mx.test=192.0.2.7"])
    }

    @Test func `A domain without MX and addresses is 5.4.4`() throws {
        var driver = try RouteLookupDriver("empty.test. TXT nothing")
        let failure = try driver.failure("empty.test")
        #expect(failure.condition == .noRoute)
        #expect(failure.stage == .dnsAddress)
    }

    @Test func `MX names that do not exist are 5.4.4`() throws {
        var driver = try RouteLookupDriver("gone.test. MX 10 nowhere.test.\ngone.test. A 192.0.2.7")
        #expect(try driver.failure("gone.test").condition == .noRoute)
        // RFC 5321 §5.1: MX records exist, so the domain's own address is no way out.
        #expect(!driver.asked.contains(DNSQuestion(try #require(DNSName("gone.test")), .a)))
    }

    @Test func `MX names without addresses are 4.4.4`() throws {
        var driver = try RouteLookupDriver("bare.test. MX 10 mx.test.\nmx.test. TXT nothing")
        #expect(try driver.failure("bare.test").condition == .noRouteNow)
    }

    @Test func `One MX whose look-up failed makes the whole wait`() throws {
        var driver = try RouteLookupDriver(
            "d.test. MX 10 gone.test.\nd.test. MX 20 broken.test.\nbroken.test. ! servfail"
        )
        let failure = try driver.failure("d.test")
        #expect(failure.condition == .dnsFailure)
        #expect(failure.stage == .dnsAddress)
    }

    @Test func `One MX whose look-up failed does not stop the others`() throws {
        var driver = try RouteLookupDriver(
            "d.test. MX 10 broken.test.\nd.test. MX 20 good.test.\nbroken.test. ! timeout\ngood.test. A 192.0.2.7"
        )
        #expect(try driver.found("d.test").summary == ["good.test=192.0.2.7"])
    }

    @Test(
        arguments: [
            "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "224.0.0.1",
            "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
            "64:ff9b::7f00:1", "2002:7f00:1::", "::192.0.2.1", "100::1",
        ])
    func `An MX that leads into our own network is 5.4.4`(address: String) throws {
        let type = address.contains(":") ? "AAAA" : "A"
        var driver = try RouteLookupDriver("evil.test. MX 10 mx.test.\nmx.test. \(type) \(address)")
        let failure = try driver.failure("evil.test")
        #expect(failure.condition == .mxUnusable)
        #expect(failure.stage == .dnsAddress)
    }

    @Test(arguments: ["192.0.2.1", "198.51.100.9", "172.32.0.1", "100.128.0.1", "2001:db8::1", "2a00::1"])
    func `An MX outside of it is used`(address: String) throws {
        let type = address.contains(":") ? "AAAA" : "A"
        var driver = try RouteLookupDriver("good.test. MX 10 mx.test.\nmx.test. \(type) \(address)")
        #expect(try driver.found("good.test").summary == ["mx.test=\(address)"])
    }

    @Test func `Permitted networks are used although private`() throws {
        var driver = try RouteLookupDriver("lab.test. MX 10 mx.test.\nmx.test. A 10.1.2.3\nmx.test. A 10.2.0.1")
        driver.policy.permittedNetworks = [try #require(IPNetwork("10.1.0.0/16"))]
        #expect(try driver.found("lab.test").summary == ["mx.test=10.1.2.3"])
    }

    @Test func `An MX that is an address instead of a name is 5.4.4`() throws {
        var driver = try RouteLookupDriver("odd.test. MX 10 192.0.2.1.\nodd.test. A 192.0.2.7")
        #expect(try driver.failure("odd.test").condition == .mxUnusable)
        #expect(driver.asked.map(\.type) == [.mx])
    }

    @Test func `Addresses come in turn, IPv6 first`() throws {
        var driver = try RouteLookupDriver(
            """
            d.test.  MX 10 mx.test.
            mx.test. A 192.0.2.1
            mx.test. A 192.0.2.2
            mx.test. A 192.0.2.3
            mx.test. AAAA 2001:db8::1
            mx.test. AAAA 2001:db8::2
            """
        )
        let addresses = try driver.found("d.test").hosts[0].addresses
        #expect(addresses.map(\.isV6) == [true, false, true, false, false])
        #expect(Set(addresses).count == 5)
    }

    @Test(
        arguments: [
            (RoutingPolicy.Families.onlyV4, DNSRecordType.a, "192.0.2.1"),
            (RoutingPolicy.Families.onlyV6, DNSRecordType.aaaa, "2001:db8::1"),
        ])
    func `A family that the machine lacks is not asked for`(
        families: RoutingPolicy.Families,
        type: DNSRecordType,
        address: String
    ) throws {
        var driver = try RouteLookupDriver("d.test. MX 10 mx.test.\nmx.test. A 192.0.2.1\nmx.test. AAAA 2001:db8::1")
        driver.policy.families = families
        #expect(try driver.found("d.test").summary == ["mx.test=\(address)"])
        #expect(driver.asked.map(\.type) == [.mx, type])
    }

    @Test func `Aliases are followed, of the domain and of the MX`() throws {
        var driver = try RouteLookupDriver(
            """
            alias.test. CNAME real.test.
            real.test.  MX 10 mx.test.
            mx.test.    CNAME host.test.
            host.test.  A 192.0.2.7
            """
        )
        #expect(try driver.found("alias.test").summary == ["mx.test=192.0.2.7"])
    }

    @Test func `A circle of aliases is 4.4.3`() throws {
        var driver = try RouteLookupDriver("a.test. CNAME b.test.\nb.test. CNAME a.test.")
        #expect(try driver.failure("a.test").condition == .dnsFailure)
    }

    @Test func `What DNSSEC proved is told for each step`() throws {
        var driver = try RouteLookupDriver(
            """
            signed.test.   ! secure
            signed.test.   MX 10 mx.signed.test.
            signed.test.   MX 20 mx.plain.test.
            mx.signed.test. A 192.0.2.1
            mx.plain.test. A 192.0.2.2
            """
        )
        let route = try driver.found("signed.test")
        #expect(route.isSecure)
        #expect(route.hosts.map(\.isSecure) == [true, false])
        var plain = try RouteLookupDriver("d.test. MX 10 mx.test.\nmx.test. A 192.0.2.1\nmx.test. ! secure")
        let other = try plain.found("d.test")
        #expect(!other.isSecure)
        #expect(other.hosts.map(\.isSecure) == [true])
    }

    @Test func `A route lives as long as the shortest of its answers`() throws {
        var driver = try RouteLookupDriver(
            "d.test. MX 10 mx.test.\nd.test. ! ttl 900\nmx.test. A 192.0.2.1\nmx.test. ! ttl 120"
        )
        #expect(try driver.found("d.test").lifetime == .seconds(120))
    }

    @Test func `A zone cannot make us work without end`() throws {
        var text = "$ORIGIN big.test.\n"
        for host in 0..<200 {
            text += "@ MX \(host) mx\(host)\n"
            for address in 0..<20 {
                text += "mx\(host) A 198.51.\(host).\(address)\nmx\(host) AAAA 2001:db8:\(host)::\(address)\n"
            }
        }
        var driver = try RouteLookupDriver(text)
        let route = try driver.found("big.test")
        #expect(driver.asked.count == 1 + 2 * 16)
        #expect(route.endpoints.count == 64)
        #expect(route.hosts.allSatisfy { $0.addresses.count <= 16 })
        #expect(route.hosts.map(\.preference) == [0, 1, 2, 3])
    }
}
