import Glibc
import MailFormat
import Testing

@Suite
struct CharsetTests {
    private static func charset(_ name: String) throws -> Charset {
        let bytes = Array(name.utf8)
        let charset = Charset(bytes.span, ByteRange(0, bytes.count))
        return try #require(charset, "\(name)")
    }

    private static func text(_ bytes: [UInt8], _ name: String) throws -> String {
        var utf8: [UInt8] = []
        try charset(name).append(bytes.span, to: &utf8)
        return String(decoding: utf8, as: UTF8.self)
    }

    // MARK: Names

    @Test(arguments: [
        ("ISO-2022-JP", "iso-2022-jp-2"), ("Shift_JIS", "x-sjis"), ("EUC-JP", "eucjp"), ("EUC-KR", "ks_c_5601-1987"),
        ("GB2312", "gb18030"), ("Big5", "big5-hkscs"), ("KOI8-R", "koi8r"), ("windows-1251", "CP1251"),
        ("ISO-8859-1", "windows-1252"), ("iso_8859-2", "latin2"), ("us-ascii", "UTF-8"),
    ])
    func `a set has several names, in any case and with or without hyphens`(_ name: String, _ other: String) throws {
        #expect(try Self.charset(name) == Self.charset(other))
    }

    @Test(arguments: ["", "-", "x-nothing", "iso-8859-99", "utf-8; format=flowed", String(repeating: "a", count: 5000)])
    func `what nobody registered is not known`(_ name: String) {
        let bytes = Array(name.utf8)
        let charset = Charset(bytes.span, ByteRange(0, bytes.count))
        #expect(charset == nil)
    }

    // MARK: Tables

    /// The C library's name of a set of single octets, and ours.
    private static let single: [(String, String)] =
        [("KOI8-R", "koi8-r"), ("KOI8-U", "koi8-u"), ("TIS-620", "tis-620")]
        + (1250...1258).map { ("CP\($0)", "windows-\($0)") } + [437, 850, 852, 866].map { ("IBM\($0)", "cp\($0)") }
        + [2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map { ("ISO-8859-\($0)", "iso-8859-\($0)") }

    @Test(arguments: single)
    func `every octet is what the C library reads`(_ theirs: String, _ ours: String) throws {
        try compare(theirs, ours, (UInt8(0)...0xFF).map { [$0] }, atLeast: 90)
    }

    @Test(arguments: [
        ("CP932", "Shift_JIS"), ("EUC-JP-MS", "EUC-JP"), ("UHC", "EUC-KR"), ("GBK", "GBK"), ("CP950", "Big5"),
    ])
    func `every pair of octets is what the C library reads`(_ theirs: String, _ ours: String) throws {
        let pairs = (UInt8(0x80)...0xFF).flatMap { first in (UInt8(0x20)...0xFF).map { [first, $0] } }
        try compare(theirs, ours, pairs, atLeast: 6000)
    }

    private func compare(_ theirs: String, _ ours: String, _ characters: [[UInt8]], atLeast: Int) throws {
        let library = try #require(Conversion(from: theirs))
        let charset = try Self.charset(ours)
        var differences: [String] = []
        var compared = 0
        for octets in characters {
            guard let expected = library.text(octets)?.unicodeScalars, expected.count == 1,
                let scalar = expected.first, Self.isUndisputed(scalar, octets, ours)
            else { continue }
            var utf8: [UInt8] = []
            charset.append(octets.span, to: &utf8)
            compared += 1
            let read = String(decoding: utf8, as: UTF8.self).unicodeScalars
            if read.elementsEqual(expected) == false { differences.append("\(octets): \(read) for \(expected)") }
        }
        let sample = differences.prefix(5).joined(separator: ", ")
        #expect(compared >= atLeast)
        #expect(differences.count == 0, "\(sample)")
    }

    /// Characters for private use mean nothing outside a system; rows that libraries fill differently are left out.
    private static func isUndisputed(_ scalar: Unicode.Scalar, _ octets: [UInt8], _ name: String) -> Bool {
        guard !(0xE000...0xF8FF).contains(scalar.value), !(0x80...0x9F).contains(scalar.value) else { return false }
        return name != "Big5" || !(0xC6...0xC8).contains(octets[0])
    }

    // MARK: Text

    @Test
    func `text in many languages comes out as it was written`() throws {
        let escape = "\u{1B}"
        let jis = Array("\(escape)$B$3$N%a!<%k\(escape)(B <a@b>\n".utf8)
        #expect(try Self.text(jis, "iso-2022-jp") == "このメール <a@b>\n")
        #expect(try Self.text([0x82, 0xB1, 0x82, 0xCC, 0xB1, 0x41], "shift_jis") == "このｱA")
        #expect(try Self.text([0xA4, 0xB3, 0xA4, 0xCE, 0x8E, 0xB1], "euc-jp") == "このｱ")
        #expect(try Self.text([0xC7, 0xD1, 0x81, 0x41, 0x21], "euc-kr") == "한갂!")
        #expect(try Self.text([0x1B, 0x24, 0x29, 0x43, 0x0E, 0x47, 0x51, 0x0F, 0x61], "iso-2022-kr") == "한a")
        #expect(try Self.text([0xD3, 0xCA, 0xBC, 0xFE], "gb2312") == "邮件")
        #expect(try Self.text([0x95, 0x32, 0x82, 0x36], "gb18030") == "\u{20000}")
        #expect(try Self.text([0xB6, 0x6C, 0xA5, 0xF3], "big5") == "郵件")
        #expect(try Self.text([0xF0, 0xCF, 0xDE, 0xD4, 0xC1], "koi8-r") == "Почта")
        #expect(try Self.text([0x80, 0x20, 0xE9], "iso-8859-1") == "€ é")
        #expect(try Self.text(Array("a+- +ZeVnLA- x@y".utf8), "utf-7") == "a+ 日本 x@y")
        #expect(try Self.text([0xFF, 0xFE, 0x42, 0x30, 0x0A, 0x00], "utf-16") == "あ\n")
    }

    @Test
    func `eight-bit text under the name of ISO-2022-JP is its eight-bit form`() throws {
        #expect(try Self.text([0xA4, 0xB3, 0xA4, 0xCE, 0x0A, 0x41], "iso-2022-jp") == "この\nA")
    }

    @Test
    func `a line that forgets to switch back ends in US-ASCII`() throws {
        #expect(try Self.text(Array("\u{1B}$B$3\n<a@b>".utf8), "iso-2022-jp") == "こ\n<a@b>")
    }

    @Test(arguments: Charset.all)
    func `half a character hides nothing behind it`(_ charset: Charset) throws {
        guard charset.keepsASCII else { return }
        for first in UInt8(0x80)...0xFF {
            var utf8: [UInt8] = []
            let octets = [first, UInt8(ascii: "\""), UInt8(ascii: "\n"), first]
            charset.append(octets.span, to: &utf8)
            #expect(utf8.contains(UInt8(ascii: "\"")) && utf8.contains(UInt8(ascii: "\n")))
        }
    }

    @Test
    func `encoded words in other sets are read`() {
        let words = Array("=?iso-2022-jp?B?GyRCJDMkTiVhITwlaxsoQg==?= =?KOI8-R?Q?=F0=CF=DE=D4=C1?=".utf8)
        let text = EncodedWord.text(words.span, ByteRange(0, words.count))
        #expect(text == "このメールПочта")
    }
}

/// The C library's conversion to UTF-8.
///
/// Safe: the descriptor is the class's own, from `iconv_open` until the instance goes.
@safe
private final class Conversion {
    private let descriptor: iconv_t

    init?(from name: String) {
        // A test may trust the library: an invalid descriptor is -1.
        guard let descriptor = unsafe iconv_open("UTF-8", name), Int(bitPattern: descriptor) != -1 else {
            return nil
        }
        unsafe self.descriptor = descriptor
    }

    deinit { unsafe iconv_close(descriptor) }

    /// The text, when every octet is part of a character.
    func text(_ octets: [UInt8]) -> String? {
        var input = octets.map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: 32)
        var (left, room) = (input.count, output.count)
        let isRead = unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                var from = source.baseAddress
                var to = target.baseAddress
                unsafe iconv(descriptor, nil, nil, nil, nil)
                return unsafe iconv(descriptor, &from, &left, &to, &room) != Int.max && left == 0
            }
        }
        guard isRead else { return nil }
        return String(decoding: output.prefix(output.count - room).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
