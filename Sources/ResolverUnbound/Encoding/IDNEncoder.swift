import CIDN2
package import Delivery

/// IDNA 2008 (RFC 5890 §2.3.2.1) with the mapping of UTS 46, by libidn2.
package struct IDNEncoder: DomainEncoder {
    /// Makes an encoder.
    package init() {}

    /// The A-label form of a domain; nil when IDNA does not allow it.
    ///
    /// Non-transitional: `ß` and its like are letters of their own, as browsers and registries have it today.
    package func encode(_ domain: String) -> DNSName? {
        // C ends at a NUL; what stands behind it must not vanish.
        guard !domain.utf8.contains(0), domain.utf8.count <= 1024 else { return nil }
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        var encoded: UnsafeMutablePointer<UInt8>?
        let code = unsafe idn2_lookup_u8(domain, &encoded, flags)
        // The library allocates the result, and we free it with its own function.
        guard code == IDN2_OK.rawValue, let result = unsafe encoded else { return nil }
        defer { unsafe idn2_free(result) }
        return DNSName(unsafe String(cString: result))
    }
}
