import Testing

@testable import Delivery

@Suite struct DestinationRulesTests {
    private func match(_ domain: String, _ patterns: [String: String]) -> String? {
        let rules = DestinationRules(patterns, seed: 3)
        let bytes = Array(domain.utf8)
        return rules.match(bytes.span).map { rules.names[Int($0)] }
    }

    private let patterns = [
        "example.net": "exact", ".example.net": "below", ".sub.example.net": "deeper", "*": "rest", "": "postmaster",
    ]

    @Test(arguments: [
        ("example.net", "exact"), ("EXAMPLE.NET", "exact"), ("mail.example.net", "below"),
        ("sub.example.net", "below"), ("a.sub.example.net", "deeper"), ("b.a.Sub.Example.Net", "deeper"),
        ("example.org", "rest"), ("notexample.net", "rest"), ("", "postmaster"),
    ])
    func `The closest pattern wins`(domain: String, name: String) {
        #expect(match(domain, patterns) == name)
    }

    @Test func `What matches nothing goes by MX`() {
        #expect(match("example.org", ["example.net": "exact"]) == nil)
        #expect(match("", ["example.net": "exact"]) == nil)
        #expect(match("", ["*": "rest"]) == "rest")
    }
}
