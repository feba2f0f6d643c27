/// A setting's value as it was read.
package enum Value: Hashable, Sendable {
    /// Text, path or choice.
    case text(String)
    /// Number or size in bytes.
    case number(Int)
    /// True or false.
    case flag(Bool)
    /// A length of time.
    case duration(Duration)
    /// Texts.
    case list([String])
}
