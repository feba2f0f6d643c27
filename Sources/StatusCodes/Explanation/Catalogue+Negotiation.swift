extension Catalogue {
    /// The catalogue that suits somebody best who prefers these languages in this order.
    ///
    /// This is the lookup of RFC 4647 §3.4: each range is shortened from its end until a language has it; the first range
    /// that finds one decides. A range is a tag (`de-AT`), or what the environment of a process says (`de_AT.UTF-8`).
    /// Chinese without a script, and that of the mainland and Singapore, is the simplified one. English when none fits.
    public static func best(for ranges: [String]) -> Self {
        for range in ranges {
            if let found = lookup(range) { return found }
        }
        return .en
    }

    private static func lookup(_ range: String) -> Self? {
        let asked = tag(range).lowercased()
        var subtags = (simplifiedChinese.contains(asked) ? "zh-hans" : asked).split(separator: "-")
        while !subtags.isEmpty {
            let shortened = subtags.joined(separator: "-")
            if let found = all.first(where: { $0.language.lowercased() == shortened }) { return found }
            subtags.removeLast()
            // RFC 4647 §3.4: a single letter or digit introduces what followed it, and goes with it.
            if subtags.last?.utf8.count == 1 { subtags.removeLast() }
        }
        return nil
    }

    private static let simplifiedChinese: Set<String> = ["zh", "zh-cn", "zh-sg", "zh-hans-cn", "zh-hans-sg"]

    /// A tag from what POSIX calls a locale: `de_AT.UTF-8@euro` is `de-AT`; `C` and `POSIX` are no language.
    private static func tag(_ text: String) -> String {
        let bare = text.prefix { $0 != "." && $0 != "@" }
        return String(bare.map { $0 == "_" ? "-" : $0 })
    }
}
