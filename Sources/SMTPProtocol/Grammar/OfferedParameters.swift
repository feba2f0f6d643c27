/// Which parameters of MAIL and RCPT a session has offered in its reply to EHLO.
package struct OfferedParameters: OptionSet, Hashable, Sendable {
    /// The set as bits.
    package let rawValue: UInt8
    /// Makes a set from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// SIZE, BODY, SMTPUTF8, RET, ENVID, NOTIFY, ORCPT: what every EHLO offers here.
    package static let standard = Self(rawValue: 1)
    /// AUTH= of MAIL (RFC 4954 §5).
    package static let authentication = Self(rawValue: 2)
}
