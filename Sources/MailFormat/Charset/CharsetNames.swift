/// The names of character sets, as mail writes them.
enum CharsetNames {
    /// The longest name that is looked at, without hyphens and underscores.
    private static let longest = 24

    /// What a name stands for; nil when it is not known here.
    static func form(_ bytes: Span<UInt8>, _ name: ByteRange) -> Charset.Form? {
        if name.isEmpty { return nil }
        // What nearly all mail names.
        if bytes.equals("utf-8", in: name) || bytes.equals("us-ascii", in: name) { return .utf8 }
        var folded: [UInt8] = []
        folded.reserveCapacity(longest)
        for offset in name.offsets where bytes[offset] != UInt8(ascii: "-") && bytes[offset] != UInt8(ascii: "_") {
            guard folded.count < longest else { return nil }
            folded.append(ASCII.lowered(bytes[offset]))
        }
        return forms[folded]
    }

    private static let forms: [[UInt8]: Charset.Form] = {
        var forms: [[UInt8]: Charset.Form] = [:]
        for (number, name) in SingleByteSet.names.enumerated() { forms[Array(name.utf8)] = .single(number) }
        for (names, form) in multiple + singles {
            for name in names.split(separator: " ") { forms[Array(name.utf8)] = form }
        }
        return forms
    }()

    private static let multiple: [(String, Charset.Form)] = [
        ("utf8 unicode11utf8 usascii ascii ansix3.41968 iso646us us 646", .utf8),
        ("utf7 unicode11utf7 xunicode20utf7", .utf7),
        ("utf16 unicode iso10646ucs2", .utf16(isLittle: nil)),
        ("utf16le", .utf16(isLittle: true)),
        ("utf16be", .utf16(isLittle: false)),
        ("shiftjis sjis xsjis mskanji windows31j cswindows31j cp932 ms932", .shiftJIS),
        ("eucjp xeucjp eucjpms cp51932", .eucJP),
        ("iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jpms cp50220 cp50221", .iso2022(.japanese)),
        ("euckr ksc56011987 ksc5601 ksc56011989 korean cp949 uhc windows949 ms949", .eucKR),
        ("iso2022kr", .iso2022(.korean)),
        ("gb2312 gbk gb18030 xgbk euccn xeuccn cp936 windows936 gb231280 chinese", .gb18030),
        ("iso2022cn iso2022cnext", .iso2022(.simplifiedChinese)),
        ("big5 big5hkscs xxbig5 cp950 windows950 ms950", .big5),
    ]

    /// Other names of single-byte sets.
    ///
    /// What is called ISO 8859-1, -9 and -11 is read as the windows set that has the
    /// same characters and more where those have control characters, which no mail means.
    private static let singles: [(String, Charset.Form)] = {
        let aliases: [(String, String)] = [
            ("iso88591 latin1 l1 iso88591:1987 windows1252 xcp1252 ibm819 cp819", "cp1252"),
            ("iso88592 latin2 l2", "iso88592"), ("iso88593 latin3", "iso88593"), ("iso88594 latin4", "iso88594"),
            ("cyrillic", "iso88595"), ("arabic", "iso88596"), ("greek", "iso88597"),
            ("hebrew iso88598i logical", "iso88598"), ("iso88599 latin5 windows1254", "cp1254"),
            ("latin6", "iso885910"), ("iso885911 tis620 windows874", "cp874"), ("latin7", "iso885913"),
            ("latin8", "iso885914"), ("latin9", "iso885915"), ("latin10", "iso885916"),
            ("windows1250 xcp1250", "cp1250"), ("windows1251 xcp1251", "cp1251"), ("windows1253", "cp1253"),
            ("windows1255", "cp1255"), ("windows1256", "cp1256"), ("windows1257", "cp1257"),
            ("windows1258", "cp1258"), ("koi8 koi", "koi8r"), ("macintosh xmacroman mac", "macroman"),
            ("ibm437", "cp437"), ("ibm850", "cp850"), ("ibm852", "cp852"), ("ibm866", "cp866"),
        ]
        return aliases.compactMap { names, name in
            SingleByteSet.names.firstIndex(of: name).map { (names, .single($0)) }
        }
    }()
}
