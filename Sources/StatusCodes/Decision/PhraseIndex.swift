/// Finds phrases in a text in one pass: an automaton after Aho and Corasick whose letters are words.
///
/// Words are looked up by their hash, which also makes a reply's many other words cost one look-up each; a collision of
/// 64 bits would at most make a hint of a text, and hints are never more than `likely`.
final class PhraseIndex: Sendable {
    /// What a phrase says.
    struct Hint: Hashable, Sendable {
        /// What the text speaks of.
        var features: TextFeatures = []
        /// Whose text it is.
        var providers: ProviderSet = []

        mutating func formUnion(_ other: Self) {
            features.formUnion(other.features)
            providers.formUnion(other.providers)
        }
    }

    /// The number of a word, from 1, by its hash.
    private let words: NumberTable<UInt64>
    /// The state that an edge leads to, by state and word.
    private let edges: NumberTable<UInt32>
    /// The state of the longest proper suffix that begins a phrase, by state.
    private let suffixes: [UInt16]
    /// What a state has found, as an index into `hints`; 0 is nothing.
    private let findings: [UInt16]
    private let hints: [Hint]

    fileprivate init(_ builder: Builder) {
        words = builder.numbers
        edges = builder.edges
        let closed = builder.closure()
        suffixes = closed.suffixes
        var distinct: [Hint: UInt16] = [Hint(): 0]
        var listed = [Hint()]
        findings = closed.hints.map { hint in
            // Most states are on the way to a phrase only.
            if hint == listed[0] { return 0 }
            if let known = distinct[hint] { return known }
            distinct[hint] = UInt16(listed.count)
            listed.append(hint)
            return UInt16(listed.count - 1)
        }
        hints = listed
    }

    /// What the phrases of a text say together.
    ///
    /// Phrases about a name mean any that can only be a domain, and `domain`, the recipient's, with its relatives.
    func hint(in text: Span<UInt8>, domain: String = "") -> Hint {
        var scan = Scan(index: self, domain: domain)
        ReplyWords.read(text, into: &scan)
        return scan.found
    }

    private struct Scan: WordSink {
        let index: PhraseIndex
        let domain: String
        var state: UInt16 = 0
        /// The state behind a name, for phrases that begin with any; 0 when there is none.
        var named: UInt16 = 0
        var last: UInt64 = 0
        var found = Hint()

        mutating func word(_ hash: UInt64) {
            last = hash
            let number = index.number(of: hash)
            guard number != 0 else {
                (state, named) = (0, 0)
                return
            }
            state = index.next(state, number)
            take(state)
            guard named != 0 else { return }
            named = index.next(named, number)
            take(named)
        }

        private mutating func take(_ state: UInt16) {
            let finding = index.findings[Int(state)]
            if finding != 0 { found.formUnion(index.hints[Int(finding)]) }
        }

        mutating func pause() { (state, named, last) = (0, 0, 0) }

        /// Behind `at`, `on` or `in` a name only says where something is.
        func knows(_ name: Range<Int>, in text: Span<UInt8>) -> Bool {
            guard !PhraseIndex.places.contains(last) else { return false }
            return HostNames.isDomain(name, in: text)
                || (!domain.isEmpty && HostNames.isRelated(name, in: text, to: domain))
        }

        mutating func endName() {
            let number = index.number(of: PhraseIndex.anyName)
            named = number == 0 ? 0 : index.next(0, number)
        }
    }

    /// What stands for any name at the beginning of a phrase: `{name} does not exist`.
    static let nameMark: StaticString = "{name} "

    /// The word that such a mark is to the automaton.
    fileprivate static let anyName = hash("{name}")

    private static let places = [hash("at"), hash("on"), hash("in")]

    private static func hash(_ word: String) -> UInt64 {
        var hash = ReplyWords.Hash()
        for octet in word.utf8 { hash.add(octet) }
        return hash.value
    }

    private func number(of hash: UInt64) -> UInt16 { words[hash] }

    private func next(_ state: UInt16, _ word: UInt16) -> UInt16 {
        var state = state
        while true {
            let target = edges[Self.key(state, word)]
            if target != 0 || state == 0 { return target }
            state = suffixes[Int(state)]
        }
    }

    private static func key(_ state: UInt16, _ word: UInt16) -> UInt32 { UInt32(state) << 16 | UInt32(word) }
}

extension PhraseIndex {
    /// Collects phrases and lays out an index of them.
    struct Builder: WordSink {
        // Room for the words and the edges of the built-in phrases.
        fileprivate var numbers = NumberTable<UInt64>(capacity: 1 << 14)
        fileprivate var edges = NumberTable<UInt32>(capacity: 1 << 16)
        private var parents: [UInt16] = [0]
        private var words: [UInt16] = [0]
        private var depths: [Int] = [0]
        private var hints: [Hint] = [Hint()]
        private var state: UInt16 = 0
        /// Whether there was room for everything.
        private(set) var isComplete = true

        /// Adds a phrase and what it says; phrases without a word say nothing.
        mutating func add(_ phrase: Span<UInt8>, _ hint: Hint) {
            state = 0
            if Self.hasMark(phrase) {
                word(PhraseIndex.anyName)
                ReplyWords.read(phrase.extracting(PhraseIndex.nameMark.utf8CodeUnitCount...), into: &self)
            } else {
                ReplyWords.read(phrase, into: &self)
            }
            if state != 0 { hints[Int(state)].formUnion(hint) }
        }

        private static func hasMark(_ phrase: Span<UInt8>) -> Bool {
            let mark = PhraseIndex.nameMark
            guard phrase.count > mark.utf8CodeUnitCount else { return false }
            // A StaticString's octets live as long as the program.
            for index in 0..<mark.utf8CodeUnitCount where unsafe phrase[index] != mark.utf8Start[index] { return false }
            return true
        }

        mutating func pause() {}

        func knows(_ name: Range<Int>, in text: Span<UInt8>) -> Bool { false }

        mutating func endName() {}

        mutating func word(_ hash: UInt64) {
            guard let number = number(of: hash), parents.count < Int(UInt16.max) else {
                isComplete = false
                return
            }
            let key = PhraseIndex.key(state, number)
            let known = edges[key]
            guard known == 0 else {
                state = known
                return
            }
            let target = UInt16(parents.count)
            edges.insert(key, target)
            parents.append(state)
            words.append(number)
            depths.append(depths[Int(state)] + 1)
            hints.append(Hint())
            state = target
        }

        private mutating func number(of hash: UInt64) -> UInt16? {
            let known = numbers[hash]
            guard known == 0 else { return known }
            guard numbers.count < Int(UInt16.max) else { return nil }
            numbers.insert(hash, UInt16(numbers.count + 1))
            return UInt16(numbers.count)
        }

        /// The index of what was added.
        func index() -> PhraseIndex { PhraseIndex(self) }

        /// All states but the first, those of the first words before those of the second.
        private func byDepth() -> [Int] {
            var ends = [Int](repeating: 0, count: (depths.max() ?? 0) + 2)
            for depth in depths { ends[depth + 1] += 1 }
            for depth in ends.indices.dropFirst() { ends[depth] += ends[depth - 1] }
            var states = [Int](repeating: 0, count: depths.count)
            for state in depths.indices {
                states[ends[depths[state]]] = state
                ends[depths[state]] += 1
            }
            return Array(states.dropFirst())
        }

        /// Suffixes and what each state has found, the shortest phrases first: a suffix is shorter than its state.
        fileprivate func closure() -> (suffixes: [UInt16], hints: [Hint]) {
            var suffixes = [UInt16](repeating: 0, count: parents.count)
            var closed = hints
            for state in byDepth() {
                if depths[state] > 1 {
                    var suffix = suffixes[Int(parents[state])]
                    while edges[PhraseIndex.key(suffix, words[state])] == 0, suffix != 0 {
                        suffix = suffixes[Int(suffix)]
                    }
                    suffixes[state] = edges[PhraseIndex.key(suffix, words[state])]
                }
                closed[state].formUnion(closed[Int(suffixes[state])])
            }
            return (suffixes, closed)
        }
    }
}

extension PhraseIndex {
    /// The index of the built-in phrases.
    static let builtIn = builder().index()

    /// A builder that holds the built-in phrases already.
    static func builder() -> Builder {
        var builder = Builder()
        NumberedLines.read(phrases) { builder.add($1, Hint(features: .number($0))) }
        NumberedLines.read(signatures) { builder.add($1, Hint(providers: .number($0))) }
        return builder
    }
}
