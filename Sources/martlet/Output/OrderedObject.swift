import MailFormat

/// A JSON object whose keys keep the order in which they were added, written as it grows.
struct OrderedObject {
    private var octets: [UInt8]

    /// Begins an object.
    init() { octets = [UInt8(ascii: "{")] }

    private init(behind octets: inout [UInt8]) {
        self.octets = []
        swap(&self.octets, &octets)
        self.octets.append(UInt8(ascii: "{"))
    }

    /// Appends an object to other text, without a copy of its own.
    static func append(to octets: inout [UInt8], _ body: (inout OrderedObject) -> Void) {
        var object = OrderedObject(behind: &octets)
        body(&object)
        object.octets.append(UInt8(ascii: "}"))
        swap(&object.octets, &octets)
    }

    mutating func add(_ key: StaticString, _ value: String) {
        begin(key)
        quote(value)
    }

    /// Adds a value that consists of two, with something between them.
    mutating func add(_ key: StaticString, _ first: String, _ separator: StaticString, _ second: String) {
        begin(key)
        octets.append(UInt8(ascii: "\""))
        appendEscaped(first)
        octets.append(separator)
        appendEscaped(second)
        octets.append(UInt8(ascii: "\""))
    }

    mutating func add(_ key: StaticString, _ value: Int) {
        begin(key)
        octets.append(decimal: value)
    }

    mutating func add(_ key: StaticString, _ value: Bool) {
        begin(key)
        octets.append(value ? "true" : "false")
    }

    mutating func add(_ key: StaticString, _ values: [String]) {
        add(key, eachOf: values, \.self)
    }

    /// Adds a list of texts, one of each element.
    mutating func add<Elements: Sequence>(
        _ key: StaticString,
        eachOf elements: Elements,
        _ text: (Elements.Element) -> String
    ) {
        begin(key)
        appendList(elements) { $0.quote(text($1)) }
    }

    /// Adds an object within this one.
    mutating func add(_ key: StaticString, _ body: (inout OrderedObject) -> Void) {
        begin(key)
        appendObject(body)
    }

    /// Adds a list of objects, one for each value.
    mutating func add<Value>(
        _ key: StaticString,
        objectsOf values: [Value],
        _ body: (inout OrderedObject, Value) -> Void
    ) {
        begin(key)
        appendList(values) { object, value in object.appendObject { body(&$0, value) } }
    }

    /// Adds what is written already: keys and values, with a comma between them.
    mutating func add(members: [UInt8]) {
        separate()
        octets += members
    }

    /// Its keys and values without the brackets around them.
    var members: [UInt8] { Array(octets.dropFirst()) }

    /// The object on one line.
    var text: String { String(decoding: octets + [UInt8(ascii: "}")], as: UTF8.self) }

    // MARK: Writing

    /// Writes the comma before all keys but the first.
    private mutating func separate() {
        if octets.last != UInt8(ascii: "{") { octets.append(UInt8(ascii: ",")) }
    }

    /// Writes a key; none of ours has anything to escape.
    private mutating func begin(_ key: StaticString) {
        let isFirst = octets.last == UInt8(ascii: "{")
        // Four signs around it, all written at once: a mail has some thirty keys.
        octets.append(addingCapacity: key.utf8CodeUnitCount + 4) { output in
            if !isFirst { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            // A StaticString's octets live as long as the program, and as many are there.
            for index in 0..<key.utf8CodeUnitCount { unsafe output.append(key.utf8Start[index]) }
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
        }
    }

    private mutating func appendObject(_ body: (inout OrderedObject) -> Void) {
        octets.append(UInt8(ascii: "{"))
        body(&self)
        octets.append(UInt8(ascii: "}"))
    }

    private mutating func appendList<Values: Sequence>(
        _ values: Values,
        _ append: (inout OrderedObject, Values.Element) -> Void
    ) {
        octets.append(UInt8(ascii: "["))
        var isFirst = true
        for value in values {
            if !isFirst { octets.append(UInt8(ascii: ",")) }
            append(&self, value)
            isFirst = false
        }
        octets.append(UInt8(ascii: "]"))
    }

    private mutating func quote(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        appendEscaped(text)
        octets.append(UInt8(ascii: "\""))
    }

    /// Appends a string; what has nothing to escape is copied in runs.
    private mutating func appendEscaped(_ text: String) {
        let utf8 = text.utf8Span.span
        var start = 0
        while true {
            let end = ByteScan.escape(utf8, from: start)
            octets.append(utf8, ByteRange(start, end))
            guard end < utf8.count else { return }
            appendEscaped(utf8[end])
            start = end + 1
        }
    }

    private mutating func appendEscaped(_ octet: UInt8) {
        octets.append(UInt8(ascii: "\\"))
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets.append(octet)
        case UInt8(ascii: "\n"): octets.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): octets.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): octets.append(UInt8(ascii: "t"))
        default:
            let hex = String(octet, radix: 16)
            octets.append(hex.utf8.count == 1 ? "u000" : "u00")
            octets.append(hex)
        }
    }
}
