package import Delivery

/// A domain encoder that knows a few names by heart, for tests without libidn2.
package struct TestEncoder: DomainEncoder {
    private let names: [String: String]

    /// Makes an encoder of these names.
    package init(_ names: [String: String] = [:]) { self.names = names }

    /// The A-label form of a known name; nil for every other.
    package func encode(_ domain: String) -> DNSName? { names[domain].flatMap { DNSName($0) } }
}
