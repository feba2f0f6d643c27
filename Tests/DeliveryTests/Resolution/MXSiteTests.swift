import Delivery
import MailFormat
import Testing

/// Which domains are one site.
@Suite struct MXSiteTests {
    /// The site of `example.test` in such a zone.
    private func site(_ zone: String) throws -> String? {
        var driver = try RouteLookupDriver("$ORIGIN example.test.\n" + zone)
        return try driver.found("example.test").site?.description
    }

    @Test(arguments: [
        ("@ MX 10 a\n@ MX 20 b\na A 192.0.2.1\nb A 192.0.2.2", "a.example.test>b.example.test"),
        // Other numbers, other order in the answer: the same.
        ("@ MX 7 b\n@ MX 5 a\na A 192.0.2.1\nb A 192.0.2.2", "a.example.test>b.example.test"),
        ("@ MX 10 b\n@ MX 10 a\na A 192.0.2.1\nb A 192.0.2.2", "a.example.test,b.example.test"),
        ("@ MX 10 b\n@ MX 20 a\na A 192.0.2.1\nb A 192.0.2.2", "b.example.test>a.example.test"),
        // A host without an address for the moment is still one of them.
        ("@ MX 10 a\n@ MX 20 b\na A 192.0.2.1", "a.example.test>b.example.test"),
        // Without MX a domain is its own host.
        ("@ A 192.0.2.1", "example.test"),
    ])
    func `A site is the hosts in their order, whatever the numbers`(zone: String, site: String) throws {
        #expect(try self.site(zone) == site)
    }

    @Test func `More hosts than are tried are one site, whatever their order`() throws {
        let zone = (0..<5).map { "a.test. MX 10 h\($0).test.\nh\($0).test. A 192.0.2.\($0 + 1)" }
        var driver = try RouteLookupDriver(zone.joined(separator: "\n"))
        driver.policy.limits.hosts = 2
        var tried: Set<[String]> = []
        var sites: Set<MXSite?> = []
        for seed in 1...50 {
            driver.seed = UInt64(seed)
            let route = try driver.found("a.test")
            tried.insert(route.hosts.compactMap { $0.name?.text }.sorted())
            sites.insert(route.site)
        }
        #expect(tried.count > 1)
        #expect(tried.allSatisfy { $0.count == 2 })
        #expect(sites.map { $0?.hosts.count } == [5])
    }

    @Test func `Literals and hosts of the operator's choice are no site`() throws {
        var driver = try RouteLookupDriver("a.test. A 192.0.2.1")
        #expect(try driver.found("[192.0.2.1]").site == nil)
        driver.route = Route(name: "out", target: .hosts([SmartHost(.address(.v4(0xC633_6401)))]))
        #expect(try driver.found("example.test").site == nil)
    }

    @Test func `A set of names too long to keep is no site`() throws {
        func site(_ hosts: Int) throws -> MXSite? {
            let label = String(repeating: "x", count: 50)
            let names = try (0..<hosts).map { try #require(DNSName("\(label)\($0).test")) }
            return MXSite(names.map { ($0, UInt16(10)) })
        }
        #expect(try site(9) != nil)
        #expect(try site(10) == nil)
        #expect(try site(0) == nil)
    }

    @Test func `A site is known by its first host`() throws {
        let names = try ["b.test", "a.test"].map { try #require(DNSName($0)) }
        #expect(MXSite(names.map { ($0, UInt16(10)) })?.name == "a.test")
        #expect(MXSite(zip(names, [UInt16(1), 2]).map { ($0, $1) })?.name == "b.test")
    }
}
