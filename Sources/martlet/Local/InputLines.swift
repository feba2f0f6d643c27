/// The lines of standard input as they come, with all their octets.
struct InputLines {
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    /// How many octets of one line are kept; what is beyond belongs to no line.
    private let longest: Int

    /// Starts to read.
    init(longest: Int) { self.longest = longest }

    /// The next line without its end, cut to the longest that is read; nil at the end.
    mutating func next() throws(CommandFailure) -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                line += buffer[..<end].prefix(longest - line.count)
                buffer.removeFirst(end + 1)
                if line.last == 0x0D { line.removeLast() }
                return line
            }
            line += buffer.prefix(longest - line.count)
            buffer.removeAll(keepingCapacity: true)
            guard try fill() else { return line.isEmpty ? nil : line }
        }
    }

    /// Everything behind the last line that was read, no more than a limit of it.
    mutating func rest(limit: Int) throws(CommandFailure) -> [UInt8] {
        while buffer.count < limit, try fill() {}
        return Array(buffer.prefix(limit))
    }

    private mutating func fill() throws(CommandFailure) -> Bool {
        guard !isAtEnd else { return false }
        let octets = try StandardInput.read()
        isAtEnd = octets.isEmpty
        buffer += octets
        return !isAtEnd
    }
}
