public import MailFormat

/// The trace field that a server puts in front of a message (RFC 5321 §4.4).
///
/// ```text
/// Received: from client.example.org ([192.0.2.1])
///         by mx.example.net with ESMTPS id 1ky7xzn2h4000;
///         Thu, 01 Jan 2026 00:00:00 +0000
/// ```
public struct ReceivedField: Sendable {
    /// What the client called itself.
    public var clientName: String
    /// The client's IP address as text; empty when it has none.
    public var clientAddress: String
    /// Our name.
    public var hostname: String
    /// How the message came.
    public var transmission: Transmission
    /// The message's id.
    public var id: String
    /// When it came.
    public var date: Timestamp

    /// The `with` clause (RFC 3848 §2, RFC 6531 §4.3) by what it is made of.
    public struct Transmission: OptionSet, Hashable, Sendable {
        /// The set as bits.
        public let rawValue: UInt8
        /// Makes a set from its bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// EHLO was said.
        public static let extended = Self(rawValue: 1)
        /// Under TLS.
        public static let encrypted = Self(rawValue: 2)
        /// After AUTH.
        public static let authenticated = Self(rawValue: 4)
        /// SMTPUTF8 was given on MAIL.
        public static let internationalized = Self(rawValue: 8)

        /// Its registered name.
        public var keyword: StaticString {
            guard !contains(.internationalized) else { return internationalizedKeyword }
            switch (contains(.encrypted), contains(.authenticated)) {
            case (true, true): return "ESMTPSA"
            case (true, false): return "ESMTPS"
            case (false, true): return "ESMTPA"
            case (false, false): return contains(.extended) ? "ESMTP" : "SMTP"
            }
        }

        private var internationalizedKeyword: StaticString {
            switch (contains(.encrypted), contains(.authenticated)) {
            case (true, true): "UTF8SMTPSA"
            case (true, false): "UTF8SMTPS"
            case (false, true): "UTF8SMTPA"
            case (false, false): "UTF8SMTP"
            }
        }
    }

    /// Makes a field.
    public init(
        clientName: String,
        clientAddress: String,
        hostname: String,
        transmission: Transmission,
        id: String,
        date: Timestamp
    ) {
        self.clientName = clientName
        self.clientAddress = clientAddress
        self.hostname = hostname
        self.transmission = transmission
        self.id = id
        self.date = date
    }

    /// Appends the field with its CRLF; allocates nothing when `bytes` has room.
    ///
    /// There is no `for` clause: it would show a hidden recipient to the others (RFC 5321 §7.2).
    public func append(to bytes: inout [UInt8]) {
        bytes.append("Received: from ")
        appendName(to: &bytes)
        appendAddress(to: &bytes)
        bytes.append("\r\n\tby ")
        bytes.append(hostname)
        bytes.append(" with ")
        bytes.append(transmission.keyword)
        bytes.append(" id ")
        bytes.append(id)
        bytes.append(";\r\n\t")
        MailDate.append(date, to: &bytes)
        bytes.append("\r\n")
    }

    private func appendName(to bytes: inout [UInt8]) {
        guard !clientName.isEmpty else { return bytes.append("unknown") }
        // RFC 6531 §4.3: a U-label only with one of the UTF8SMTP keywords.
        let allowsUTF8 = transmission.contains(.internationalized)
        for byte in clientName.utf8 {
            let isPlain = ASCII.isVisible(byte) && byte != UInt8(ascii: "(") && byte != UInt8(ascii: ")")
            bytes.append(isPlain || (byte >= 0x80 && allowsUTF8) ? byte : UInt8(ascii: "?"))
        }
    }

    /// `TCP-info = address-literal`, in parentheses.
    private func appendAddress(to bytes: inout [UInt8]) {
        guard !clientAddress.isEmpty else { return }
        bytes.append(" ([")
        if clientAddress.utf8.contains(UInt8(ascii: ":")) { bytes.append("IPv6:") }
        bytes.append(clientAddress)
        bytes.append("])")
    }
}
