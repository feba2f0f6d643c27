/// A setting's value as it was read.
package enum Value: Hashable, Sendable, CustomStringConvertible {
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

    /// The value as the file would have it.
    package var description: String {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .duration(let duration): "\(duration.components.seconds)s"
        case .list(let list): "[\(list.map { "\"\($0)\"" }.joined(separator: ", "))]"
        }
    }
}
