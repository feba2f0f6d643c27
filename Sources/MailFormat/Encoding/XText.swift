/// `xtext` (RFC 3461 §4): how ENVID and ORCPT carry any US-ASCII text.
public enum XText {
    /// Appends text encoded: `+`, `=` and whatever is not visible US-ASCII become `+XX`.
    public static func encode(_ bytes: Span<UInt8>, to encoded: inout [UInt8]) {
        for offset in bytes.indices {
            let byte = bytes[offset]
            if ASCII.isVisible(byte), byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "+"))
                encoded.append(ASCII.hexDigit(byte >> 4))
                encoded.append(ASCII.hexDigit(byte & 15))
            }
        }
    }

    /// Appends a range decoded; false, with nothing appended, when it is no xtext.
    ///
    /// With `allowsUTF8` bytes above 127 may stand for themselves, as in `utf-8-addr-unitext` (RFC 6533 §3).
    public static func decode(
        _ bytes: Span<UInt8>,
        _ range: ByteRange,
        allowsUTF8: Bool = false,
        to decoded: inout [UInt8]
    ) -> Bool {
        let start = decoded.count
        var offset = Int(range.start)
        let end = Int(range.end)
        while offset < end {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "+") {
                // hexchar = "+" followed by two upper-case digits; lower case is read too, since many send it.
                guard offset + 2 < end, let high = ASCII.hexValue(bytes[offset + 1]),
                    let low = ASCII.hexValue(bytes[offset + 2])
                else {
                    decoded.removeLast(decoded.count - start)
                    return false
                }
                decoded.append(high << 4 | low)
                offset += 3
            } else if (ASCII.isVisible(byte) && byte != UInt8(ascii: "=")) || (allowsUTF8 && byte >= 0x80) {
                decoded.append(byte)
                offset += 1
            } else {
                decoded.removeLast(decoded.count - start)
                return false
            }
        }
        return true
    }
}

/// The forms of an address of type `utf-8` (RFC 6533 §3).
public enum UTF8Address {
    /// Appends `utf-8-addr-xtext`: everything but visible US-ASCII, and `\`, `+`, `=`, becomes `\x{HEX}`.
    ///
    /// The result is also xtext that means itself, so that it passes through ORCPT unchanged.
    public static func encodeXText(_ address: String, to encoded: inout [UInt8]) {
        encode(address, keepsUTF8: false, to: &encoded)
    }

    /// Appends `utf-8-addr-unitext`: as above, but letters beyond US-ASCII stand for themselves.
    public static func encodeUnitext(_ address: String, to encoded: inout [UInt8]) {
        encode(address, keepsUTF8: true, to: &encoded)
    }

    private static func encode(_ address: String, keepsUTF8: Bool, to encoded: inout [UInt8]) {
        for scalar in address.unicodeScalars {
            let isPlain = scalar.value > 0x20 && scalar.value < 0x7F && scalar != "\\" && scalar != "+" && scalar != "="
            if isPlain || (keepsUTF8 && scalar.value >= 0x80) {
                encoded.append(contentsOf: String(scalar).utf8)
            } else {
                encoded.append("\\x{")
                let hex = String(scalar.value, radix: 16, uppercase: true)
                // RFC 6533 §3: HEXPOINT has at least two digits.
                encoded.append(hex.utf8.count < 2 ? "0" + hex : hex)
                encoded.append(UInt8(ascii: "}"))
            }
        }
    }

    /// The address of either form, or of `utf-8-address`; nil when an escape is broken or names no character.
    public static func decode(_ encoded: String) -> String? {
        var address = ""
        var rest = encoded.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                address.unicodeScalars.append(scalar)
                continue
            }
            guard rest.popFirst() == "x", rest.popFirst() == "{" else { return nil }
            var value: UInt32 = 0
            var digits = 0
            while let digit = rest.popFirst(), digit != "}" {
                guard digit.isASCII, let bits = ASCII.hexValue(UInt8(truncatingIfNeeded: digit.value)), digits < 6
                else { return nil }
                value = value << 4 | UInt32(bits)
                digits += 1
            }
            guard digits >= 2, let decoded = Unicode.Scalar(value) else { return nil }
            address.unicodeScalars.append(decoded)
        }
        return address
    }
}
