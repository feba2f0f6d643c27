import MailFormat

/// Commands as octets, ready to be written; the buffer is used again and again.
struct ClientCommandWriter {
    private(set) var bytes: [UInt8] = []

    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    mutating func hello(_ verb: Hello, name: String) {
        switch verb {
        case .ehlo: text("EHLO ")
        case .helo: text("HELO ")
        case .lhlo: text("LHLO ")
        }
        text(name)
        newline()
    }

    mutating func startTLS() { text("STARTTLS\r\n") }
    mutating func data() { text("DATA\r\n") }
    mutating func dot() { text(".\r\n") }
    mutating func rset() { text("RSET\r\n") }
    mutating func noop() { text("NOOP\r\n") }
    mutating func quit() { text("QUIT\r\n") }

    /// RFC 3030 §2: the only chunk is the last one.
    mutating func bdatLast(byteCount: Int) {
        text("BDAT ")
        number(byteCount)
        text(" LAST\r\n")
    }

    /// RFC 5321 §4.1.1.2 with the parameters that the peer understands, no others.
    mutating func mail(_ transaction: ClientTransaction, use: PeerExtensions) {
        let envelope = transaction.envelope
        text("MAIL FROM:<")
        append(envelope.arena, envelope.reversePath)
        text(">")
        if use.contains(.size) {
            // RFC 1870 §6.1
            text(" SIZE=")
            number(transaction.content.byteCount)
        }
        switch transaction.content.body {
        case .sevenBit: break
        case .eightBitMIME: text(" BODY=8BITMIME")
        case .binaryMIME: text(" BODY=BINARYMIME")
        }
        // RFC 6531 §3.4
        if transaction.content.needsSMTPUTF8 { text(" SMTPUTF8") }
        // RFC 3461 §4.5: never to a peer that does not announce DSN.
        if use.contains(.dsn) { returnParameters(envelope) }
        newline()
    }

    /// RFC 3461 §5.2.1: RET and ENVID go on as they came.
    private mutating func returnParameters(_ envelope: Envelope) {
        switch envelope.returned {
        case .full: text(" RET=FULL")
        case .headers: text(" RET=HDRS")
        case nil: break
        }
        if !envelope.envelopeID.isEmpty {
            text(" ENVID=")
            xtext(envelope.arena, envelope.envelopeID.offsets)
        }
    }

    /// RFC 5321 §4.1.1.3.
    mutating func rcpt(_ position: Int, of transaction: ClientTransaction, use: PeerExtensions) {
        let envelope = transaction.envelope
        let recipient = transaction[position]
        text("RCPT TO:<")
        append(envelope.arena, recipient.address)
        text(">")
        if use.contains(.dsn) {
            if let notify = recipient.notify { self.notify(notify) }
            if !recipient.originalRecipient.isEmpty {
                originalRecipient(
                    envelope.arena,
                    recipient.originalRecipient,
                    keepsUTF8: transaction.content.needsSMTPUTF8
                )
            }
        }
        newline()
    }

    /// RFC 3461 §4.1: NEVER stands alone.
    private mutating func notify(_ notify: Notify) {
        text(" NOTIFY=")
        guard !notify.isEmpty else { return text("NEVER") }
        var separator = ""
        for (flag, name) in [(Notify.success, "SUCCESS"), (.failure, "FAILURE"), (.delay, "DELAY")]
        where notify.contains(flag) {
            text(separator)
            text(name)
            separator = ","
        }
    }

    /// RFC 3461 §4.2: `type;xtext`; octets above 127 stay as they are in a session with SMTPUTF8 (RFC 6533 §3,
    /// utf-8-addr-unitext).
    private mutating func originalRecipient(_ arena: [UInt8], _ range: ByteRange, keepsUTF8: Bool) {
        text(" ORCPT=")
        var index = Int(range.start)
        while index < range.end, arena[index] != 0x3B { index += 1 }
        append(arena, ByteRange(Int(range.start), index))
        guard index < range.end else { return }
        text(";")
        xtext(arena, index + 1..<Int(range.end), keepsUTF8: keepsUTF8)
    }

    /// RFC 3461 §4: every octet outside "!" to "~", and "+" and "=", as "+" and two upper-case digits.
    private mutating func xtext(_ arena: [UInt8], _ range: Range<Int>, keepsUTF8: Bool = false) {
        for index in range {
            let byte = arena[index]
            switch byte {
            case 0x80... where keepsUTF8: bytes.append(byte)
            case 0x2B, 0x3D, 0x00...0x20, 0x7F...:
                bytes.append(0x2B)
                bytes.append(Self.hexadecimal(byte >> 4))
                bytes.append(Self.hexadecimal(byte & 15))
            default: bytes.append(byte)
            }
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }

    mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }
    mutating func newline() { text("\r\n") }

    private mutating func append(_ arena: [UInt8], _ range: ByteRange) {
        bytes.append(contentsOf: arena[range.offsets])
    }

    private mutating func number(_ value: Int) {
        if value >= 10 { number(value / 10) }
        bytes.append(0x30 + UInt8(value % 10))
    }

    enum Hello { case ehlo, helo, lhlo }
}
