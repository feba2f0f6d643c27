extension PeerCapabilities {
    /// Reads an EHLO reply (RFC 5321 §4.1.1.1): one extension a line, from the second line on.
    ///
    ///     ehlo-line    = ehlo-keyword *( SP ehlo-param )
    ///     ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    ///
    /// What is not understood is skipped: a peer may announce what it likes.
    init(_ found: ReplyParser.Found, in bytes: Span<UInt8>) {
        self.init()
        var start = 0
        var isGreetingLine = true
        while start < found.byteCount {
            var end = start
            while bytes[end] != 0x0D { end += 1 }
            if !isGreetingLine { read(line: bytes, from: min(start + 4, end), to: end) }
            isGreetingLine = false
            start = end + 2
        }
        // RFC 3030 §3: BINARYMIME has no meaning without CHUNKING.
        if !extensions.contains(.chunking) { extensions.remove(.binaryMIME) }
    }

    private mutating func read(line bytes: Span<UInt8>, from start: Int, to end: Int) {
        var words = Words(index: start, end: end)
        guard let keyword = words.next(in: bytes) else { return }
        switch Keyword(of: bytes, in: keyword) {
        case .pipelining: extensions.insert(.pipelining)
        case .size:
            extensions.insert(.size)
            // RFC 1870 §4: zero, or nothing, says that no fixed limit is in force.
            maximumSize = words.next(in: bytes).flatMap { Self.number(bytes, $0) }.flatMap { $0 > 0 ? $0 : nil }
        case .eightBitMIME: extensions.insert(.eightBitMIME)
        case .smtpUTF8: extensions.insert(.smtpUTF8)
        case .chunking: extensions.insert(.chunking)
        case .binaryMIME: extensions.insert(.binaryMIME)
        case .dsn: extensions.insert(.dsn)
        case .startTLS: extensions.insert(.startTLS)
        case .enhancedStatusCodes: extensions.insert(.enhancedStatusCodes)
        case .auth:
            extensions.insert(.auth)
            while let word = words.next(in: bytes) { mechanisms.insert(PeerMechanisms(of: bytes, in: word)) }
        case .limits:
            extensions.insert(.limits)
            while let word = words.next(in: bytes) { readLimit(bytes, word) }
        case nil: break
        }
    }

    /// RFC 9422 §3: `name=value`; unknown names are ignored, and a value that is no positive number too.
    private mutating func readLimit(_ bytes: Span<UInt8>, _ word: Range<Int>) {
        var equals = word.lowerBound
        while equals < word.upperBound, bytes[equals] != 0x3D { equals += 1 }
        guard equals < word.upperBound, let value = Self.number(bytes, equals + 1..<word.upperBound), value > 0 else {
            return
        }
        let name = word.lowerBound..<equals
        if bytes.spells("RCPTMAX", in: name) {
            maximumRecipients = value
        } else if bytes.spells("MAILMAX", in: name) {
            maximumTransactions = value
        } else if bytes.spells("RCPTDOMAINMAX", in: name) {
            maximumDomains = value
        }
    }

    /// At most 18 digits; more is no number we could use, nor any peer mean.
    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard (1...18).contains(range.count) else { return nil }
        var value = 0
        for index in range {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private enum Keyword: CaseIterable {
        case pipelining, size, eightBitMIME, smtpUTF8, chunking, binaryMIME, dsn, startTLS, enhancedStatusCodes
        case auth, limits

        var spelling: String {
            switch self {
            case .pipelining: "PIPELINING"
            case .size: "SIZE"
            case .eightBitMIME: "8BITMIME"
            case .smtpUTF8: "SMTPUTF8"
            case .chunking: "CHUNKING"
            case .binaryMIME: "BINARYMIME"
            case .dsn: "DSN"
            case .startTLS: "STARTTLS"
            case .enhancedStatusCodes: "ENHANCEDSTATUSCODES"
            case .auth: "AUTH"
            case .limits: "LIMITS"
            }
        }

        init?(of bytes: Span<UInt8>, in range: Range<Int>) {
            for keyword in Self.allCases where bytes.spells(keyword.spelling, in: range) {
                self = keyword
                return
            }
            return nil
        }
    }

    /// Words of a line, separated by spaces.
    private struct Words {
        var index: Int
        let end: Int

        mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
            while index < end, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
            let start = index
            while index < end, bytes[index] != 0x20, bytes[index] != 0x09 { index += 1 }
            return start < index ? start..<index : nil
        }
    }
}

extension PeerMechanisms {
    fileprivate init(of bytes: Span<UInt8>, in range: Range<Int>) {
        if bytes.spells("PLAIN", in: range) {
            self = .plain
        } else if bytes.spells("LOGIN", in: range) {
            self = .login
        } else if bytes.spells("SCRAM-SHA-256", in: range) {
            self = .scramSHA256
        } else {
            self = []
        }
    }
}

extension Span<UInt8> {
    /// Whether a range spells a word of upper-case ASCII, in either case.
    fileprivate func spells(_ word: String, in range: Range<Int>) -> Bool {
        guard range.count == word.utf8.count else { return false }
        var index = range.lowerBound
        return word.utf8.allSatisfy { expected in
            var byte = self[index]
            if byte >= 0x61, byte <= 0x7A { byte -= 0x20 }
            index += 1
            return byte == expected
        }
    }
}
