import Delivery
import ResolverUnbound
import Testing

@Suite struct IDNEncoderTests {
    @Test(
        arguments: [
            ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"), ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("straße.example", "xn--strae-oqa.example"), ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            ("example.net", "example.net"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ])
    func `Domains become what DNS keeps`(domain: String, expected: String) {
        #expect(IDNEncoder().encode(domain)?.text == expected)
    }

    @Test(
        arguments: [
            "", ".", "a..ü", "ü\0.example", "\u{200B}", "xn--ü", "ab--ü.example", "ü .example", "\u{FFFD}.example",
            String(repeating: "ü", count: 70) + ".example", String(repeating: "ü.", count: 600),
        ])
    func `What IDNA does not allow has no name`(domain: String) {
        #expect(IDNEncoder().encode(domain) == nil)
    }
}
