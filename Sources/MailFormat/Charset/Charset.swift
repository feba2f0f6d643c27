/// A character set that can be turned into UTF-8.
///
/// Those are here that mail is still written in, by the tables of the vendors who registered them. Others are told by
/// their name only; text in them is left as it came.
public struct Charset: Hashable, Sendable {
    /// How its octets make characters.
    enum Form: Hashable, Sendable {
        case utf7
        case utf8
        case utf16(isLittle: Bool?)
        /// By its number among `SingleByteSet.names`.
        case single(Int)
        case shiftJIS
        case eucJP
        case eucKR
        case gb18030
        case big5
        /// ISO 2022 in its 7-bit forms, with the set that stands behind SO and beyond 7 bits.
        case iso2022(CodedSet)
    }

    let form: Form

    /// UTF-8, and US-ASCII as its part.
    public static let utf8 = Self(form: .utf8)
    /// What Japanese mail was written in (RFC 1468).
    public static let iso2022JP = Self(form: .iso2022(.japanese))

    /// Finds a character set by its name (RFC 2978 §2.3: in any case of letters); hyphens and underscores, which many
    /// leave out or confuse, do not count.
    public init?(_ bytes: Span<UInt8>, _ name: ByteRange) {
        guard let form = CharsetNames.form(bytes, name) else { return nil }
        self.form = form
    }

    init(form: Form) { self.form = form }

    /// One of each kind, and every single-byte set.
    package static let all: [Self] =
        [
            .utf8, .iso2022JP, Self(form: .utf7), Self(form: .utf16(isLittle: nil)), Self(form: .shiftJIS),
            Self(form: .eucJP), Self(form: .eucKR), Self(form: .gb18030), Self(form: .big5),
            Self(form: .iso2022(.korean)), Self(form: .iso2022(.simplifiedChinese)),
        ] + SingleByteSet.names.indices.map { Self(form: .single($0)) }

    /// Whether text without an octet beyond US-ASCII reads the same in UTF-8.
    package var keepsASCII: Bool {
        switch form {
        case .utf7, .utf16, .iso2022: false
        default: true
        }
    }

    /// Appends bytes of this character set as UTF-8; what is malformed becomes U+FFFD.
    ///
    /// An octet of US-ASCII never vanishes behind half a character, so that no address or quotation mark can be hidden.
    public func append(_ bytes: Span<UInt8>, to utf8: inout [UInt8]) {
        utf8.reserveCapacity(utf8.count + bytes.count)
        switch form {
        case .utf7: UTF7.append(bytes, to: &utf8)
        case .utf8: utf8.append(String(decoding: bytes, ByteRange(0, bytes.count)))
        case .utf16(let isLittle): UTF16Text.append(bytes, isLittle: isLittle, to: &utf8)
        case .single(let number): SingleByteSet.all[number].append(bytes, to: &utf8)
        case .shiftJIS: MultiByte.append(bytes, ShiftJIS.character, to: &utf8)
        case .eucJP: MultiByte.append(bytes, EUCJP.character, to: &utf8)
        case .eucKR: MultiByte.append(bytes, EUCKR.character, to: &utf8)
        case .gb18030: MultiByte.append(bytes, GB18030.character, to: &utf8)
        case .big5: MultiByte.append(bytes, Big5.character, to: &utf8)
        case .iso2022(let set):
            var reader = ISO2022(high: set)
            reader.append(bytes, to: &utf8)
        }
    }
}

/// U+FFFD, for what no character is.
let replacementCharacter: UInt32 = 0xFFFD

extension [UInt8] {
    /// Appends octets of US-ASCII from an offset on, as many as there are; the offset behind them.
    mutating func append(asciiOf bytes: Span<UInt8>, from start: Int) -> Int {
        let end = ByteScan.first(bytes, 0x80, but: 0x7F, from: start, to: bytes.count)
        append(bytes, ByteRange(start, end))
        return end
    }

    /// Appends a character as UTF-8; U+FFFD for a number that is none.
    mutating func append(scalar: UInt32) {
        if scalar < 0x80 { return append(UInt8(scalar)) }
        let scalar = Unicode.Scalar(scalar)?.value ?? replacementCharacter
        if scalar < 0x800 {
            append(UInt8(0xC0 | scalar >> 6))
        } else {
            if scalar < 0x1_0000 {
                append(UInt8(0xE0 | scalar >> 12))
            } else {
                append(UInt8(0xF0 | scalar >> 18))
                append(UInt8(0x80 | scalar >> 12 & 0x3F))
            }
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
        }
        append(UInt8(0x80 | scalar & 0x3F))
    }
}
