/// "Try again in 300 seconds": a heuristic, for no RFC defines it (`docs/design/rulings.md` leaves it so).
enum RetryHint {
    /// The shortest wait that is believed.
    static let minimum = 60
    /// The longest wait that is believed.
    static let maximum = 86_400

    /// The first time span of a text, clamped to 1 min … 24 h; nil when there is none.
    ///
    /// The caller has seen that the text speaks of trying again. A span is a number of at most six digits followed by a
    /// unit, or `h:mm:ss`.
    static func wait(in text: Span<UInt8>) -> Duration? {
        var index = 0
        while index < text.count {
            guard EnhancedStatusCode.isDigit(text[index]) else {
                index += 1
                continue
            }
            let end = endOfDigits(text, from: index)
            let startsWord =
                index == 0 || (!TextFeatures.isWord(text[index - 1]) && text[index - 1] != UInt8(ascii: "."))
            if startsWord, let seconds = seconds(in: text, from: index, to: end) {
                return .seconds(min(max(seconds, minimum), maximum))
            }
            index = end
        }
        return nil
    }

    private static func seconds(in text: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        guard let number = number(text, from: start, to: end) else { return nil }
        if let clock = clock(text, hours: number, at: end) { return clock }
        var unitStart = end
        while unitStart < text.count, unitStart < end + 2, TextFeatures.isSpace(text[unitStart]) { unitStart += 1 }
        var unitEnd = unitStart
        while unitEnd < text.count, unitEnd < unitStart + 8, TextFeatures.isWord(text[unitEnd]) { unitEnd += 1 }
        guard let factor = factor(text, unitStart, unitEnd) else { return nil }
        return number * factor
    }

    /// `:mm:ss` behind the hours.
    private static func clock(_ text: Span<UInt8>, hours: Int, at start: Int) -> Int? {
        guard start + 6 <= text.count, text[start] == UInt8(ascii: ":"), text[start + 3] == UInt8(ascii: ":"),
            let minutes = number(text, from: start + 1, to: start + 3),
            let seconds = number(text, from: start + 4, to: start + 6)
        else { return nil }
        return hours * 3600 + minutes * 60 + seconds
    }

    private static func factor(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        for unit in units where end - start == unit.name.utf8.count {
            if unit.name.utf8.enumerated().allSatisfy({ TextFeatures.lowercased(text[start + $0]) == $1 }) {
                return unit.seconds
            }
        }
        return nil
    }

    private static let units: [(name: String, seconds: Int)] = [
        ("s", 1), ("sec", 1), ("secs", 1), ("second", 1), ("seconds", 1), ("m", 60), ("min", 60), ("mins", 60),
        ("minute", 60), ("minutes", 60), ("h", 3600), ("hr", 3600), ("hrs", 3600), ("hour", 3600), ("hours", 3600),
    ]

    private static func endOfDigits(_ text: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < text.count, EnhancedStatusCode.isDigit(text[end]) { end += 1 }
        return end
    }

    private static func number(_ text: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        guard end > start, end - start <= 6 else { return nil }
        var value = 0
        for index in start..<end {
            guard EnhancedStatusCode.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        return value
    }
}
