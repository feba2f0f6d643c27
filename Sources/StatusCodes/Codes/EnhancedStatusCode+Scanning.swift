extension EnhancedStatusCode {
    /// The code that begins at an offset of a text, and where it ends; nil when none does.
    ///
    /// What follows cannot belong to it: a fourth digit or number makes it something else.
    package static func scanned(_ text: Span<UInt8>, at start: Int) -> (code: EnhancedStatusCode, end: Int)? {
        guard start >= 0, start < text.count, let found = scan(text, at: start) else { return nil }
        return (found.code, found.end)
    }
}

extension ReplyCode {
    /// The three digits at an offset of a text, whatever follows; nil when they are no reply code.
    package static func parsed(_ text: Span<UInt8>, at start: Int) -> ReplyCode? {
        guard start >= 0 else { return nil }
        return ReplyCode(leading: text, at: start)
    }
}
