import MailFormat

/// Version 1 (§2.1): `PROXY TCP4|TCP6|UNKNOWN SOURCE DESTINATION PORT PORT CRLF`, one space between.
extension ProxyHeader {
    private static let prefix = Array("PROXY ".utf8)

    static func readText(_ bytes: Span<UInt8>) -> Reading {
        for index in 0..<min(prefix.count, bytes.count) where bytes[index] != prefix[index] { return .malformed }
        var line: [UInt8] = []
        for index in 0..<min(bytes.count, textLimit) {
            let byte = bytes[index]
            if byte == 0x0A {
                guard line.last == 0x0D else { return .malformed }
                line.removeLast()
                return readLine(line, byteCount: index + 1)
            }
            // A CR that is not followed by LF is seen here, one byte later.
            guard line.last != 0x0D else { return .malformed }
            line.append(byte)
        }
        return bytes.count < textLimit ? .incomplete : .malformed
    }

    private static func readLine(_ line: [UInt8], byteCount: Int) -> Reading {
        guard line.starts(with: prefix) else { return .malformed }
        let words = line.split(separator: 0x20, maxSplits: 6, omittingEmptySubsequences: false)
        // What follows UNKNOWN says nothing and is skipped.
        if words[1].elementsEqual("UNKNOWN".utf8) {
            return .header(ProxyHeader(client: nil, server: nil), byteCount: byteCount)
        }
        guard words.count == 6, let isV6 = family(words[1]),
            let client = endpoint(words[2], words[4], isV6: isV6), let server = endpoint(words[3], words[5], isV6: isV6)
        else { return .malformed }
        return .header(ProxyHeader(client: client, server: server), byteCount: byteCount)
    }

    private static func family(_ word: ArraySlice<UInt8>) -> Bool? {
        if word.elementsEqual("TCP4".utf8) { return false }
        return word.elementsEqual("TCP6".utf8) ? true : nil
    }

    private static func endpoint(
        _ address: ArraySlice<UInt8>,
        _ port: ArraySlice<UInt8>,
        isV6: Bool
    ) -> IPEndpoint? {
        guard let address = IPAddress(Array(address).span), address.isV6 == isV6, (1...5).contains(port.count),
            port.first != 0x30 || port.count == 1
        else { return nil }
        var number = 0
        for digit in port {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return UInt16(exactly: number).map { IPEndpoint(address, port: $0) }
    }
}
