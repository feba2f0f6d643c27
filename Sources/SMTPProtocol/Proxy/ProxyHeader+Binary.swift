import MailFormat

/// Version 2 (§2.2): twelve bytes of signature, version and command, family and protocol, length, addresses,
/// extensions.
extension ProxyHeader {
    static func readBinary(_ bytes: Span<UInt8>) -> Reading {
        for index in 0..<min(signature.count, bytes.count) where bytes[index] != signature[index] { return .malformed }
        guard bytes.count >= 16 else { return isPossible(bytes) ? .incomplete : .malformed }
        guard isPossible(bytes) else { return .malformed }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard length <= payloadLimit else { return .malformed }
        guard bytes.count >= 16 + length else { return .incomplete }
        // LOCAL: the proxy speaks for itself; what it says of addresses is skipped.
        guard bytes[12] & 0x0F == 1 else {
            return .header(ProxyHeader(client: nil, server: nil), byteCount: 16 + length)
        }
        switch bytes[13] {
        case 0x11: return readAddresses(bytes, octets: 4, length: length)
        case 0x21: return readAddresses(bytes, octets: 16, length: length)
        default:
            // §2.2.7: unspecified, datagrams and Unix sockets: a connection, but of nobody whom we could name.
            return .header(ProxyHeader(client: nil, server: nil), byteCount: 16 + length)
        }
    }

    /// Version 2, command LOCAL or PROXY, as far as it is there.
    private static func isPossible(_ bytes: Span<UInt8>) -> Bool {
        bytes.count < 13 || bytes[12] == 0x20 || bytes[12] == 0x21
    }

    private static func readAddresses(_ bytes: Span<UInt8>, octets: Int, length: Int) -> Reading {
        guard length >= 2 * octets + 4 else { return .malformed }
        func address(at start: Int) -> IPAddress? {
            var copy: [UInt8] = []
            for index in start..<(start + octets) { copy.append(bytes[index]) }
            return IPAddress(octets: copy.span)
        }
        func port(at start: Int) -> UInt16 { UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1]) }
        guard let source = address(at: 16), let destination = address(at: 16 + octets) else { return .malformed }
        let ports = 16 + 2 * octets
        return .header(
            ProxyHeader(
                client: IPEndpoint(source, port: port(at: ports)),
                server: IPEndpoint(destination, port: port(at: ports + 2))
            ),
            byteCount: 16 + length
        )
    }
}
