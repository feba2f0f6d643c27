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

    /// Open addressing: the hash of a word, and its number from 1; 0 is free.
    private let wordHashes: [UInt64]
    private let wordNumbers: [UInt16]
    /// Open addressing: state and word of an edge in one key, and the state that it leads to; 0 is free.
    private let edgeKeys: [UInt32]
    private let edgeTargets: [UInt16]
    /// The state of the longest proper suffix that begins a phrase, by state.
    private let suffixes: [UInt16]
    /// What a state has found, as an index into `hints`; 0 is nothing.
    private let findings: [UInt16]
    private let hints: [Hint]

    fileprivate init(_ builder: Builder) {
        (wordHashes, wordNumbers) = builder.wordTable()
        (edgeKeys, edgeTargets) = builder.edgeTable()
        let closed = builder.closure()
        suffixes = closed.suffixes
        var distinct: [Hint: UInt16] = [Hint(): 0]
        var listed = [Hint()]
        findings = closed.hints.map { hint in
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

    private func number(of hash: UInt64) -> UInt16 {
        let mask = wordHashes.count - 1
        var slot = Self.slot(hash, mask)
        while wordNumbers[slot] != 0 {
            if wordHashes[slot] == hash { return wordNumbers[slot] }
            slot = (slot + 1) & mask
        }
        return 0
    }

    private func next(_ state: UInt16, _ word: UInt16) -> UInt16 {
        var state = state
        while true {
            if let target = Self.target(state, word, edgeKeys, edgeTargets) { return target }
            if state == 0 { return 0 }
            state = suffixes[Int(state)]
        }
    }

    // MARK: Keys

    /// The most different words of all phrases together, for an edge's key keeps the word in twelve bits.
    static let maximumWords = 4095

    private static func key(_ state: UInt16, _ word: UInt16) -> UInt32 { UInt32(state) << 12 | UInt32(word) }

    private static func slot(_ hash: UInt64, _ mask: Int) -> Int { Int(truncatingIfNeeded: hash ^ (hash >> 29)) & mask }

    /// Spreads the bits of a key (Knuth's multiplicative hashing).
    private static func slot(_ key: UInt32, _ mask: Int) -> Int { Int((key &* 0x9E37_79B1) >> 8) & mask }

    private static func target(_ state: UInt16, _ word: UInt16, _ keys: [UInt32], _ targets: [UInt16]) -> UInt16? {
        let mask = keys.count - 1
        let key = key(state, word)
        var slot = slot(key, mask)
        while targets[slot] != 0 {
            if keys[slot] == key { return targets[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }
}

extension PhraseIndex {
    /// Collects phrases and lays out an index of them.
    struct Builder: WordSink {
        private var numbers: [UInt64: UInt16] = [:]
        private var edges: [UInt32: UInt16] = [:]
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
            if let target = edges[key] {
                state = target
                return
            }
            let target = UInt16(parents.count)
            edges[key] = target
            parents.append(state)
            words.append(number)
            depths.append(depths[Int(state)] + 1)
            hints.append(Hint())
            state = target
        }

        private mutating func number(of hash: UInt64) -> UInt16? {
            if let number = numbers[hash] { return number }
            guard numbers.count < PhraseIndex.maximumWords else { return nil }
            let number = UInt16(numbers.count + 1)
            numbers[hash] = number
            return number
        }

        /// The index of what was added.
        func index() -> PhraseIndex { PhraseIndex(self) }

        fileprivate func wordTable() -> (hashes: [UInt64], numbers: [UInt16]) {
            let size = Self.size(for: numbers.count)
            var hashes = [UInt64](repeating: 0, count: size)
            var table = [UInt16](repeating: 0, count: size)
            for (hash, number) in numbers {
                var slot = PhraseIndex.slot(hash, size - 1)
                while table[slot] != 0 { slot = (slot + 1) & (size - 1) }
                hashes[slot] = hash
                table[slot] = number
            }
            return (hashes, table)
        }

        fileprivate func edgeTable() -> (keys: [UInt32], targets: [UInt16]) {
            let size = Self.size(for: edges.count)
            var keys = [UInt32](repeating: 0, count: size)
            var targets = [UInt16](repeating: 0, count: size)
            for (key, target) in edges {
                var slot = PhraseIndex.slot(key, size - 1)
                while targets[slot] != 0 { slot = (slot + 1) & (size - 1) }
                keys[slot] = key
                targets[slot] = target
            }
            return (keys, targets)
        }

        /// A power of two, at most half full, so that a look-up reads one or two slots.
        private static func size(for count: Int) -> Int {
            var size = 16
            while size < 2 * count { size *= 2 }
            return size
        }

        /// Suffixes and what each state has found, the shortest phrases first: a suffix is shorter than its state.
        fileprivate func closure() -> (suffixes: [UInt16], hints: [Hint]) {
            var suffixes = [UInt16](repeating: 0, count: parents.count)
            var closed = hints
            for state in parents.indices.dropFirst().sorted(by: { depths[$0] < depths[$1] }) {
                if depths[state] > 1 {
                    var suffix = suffixes[Int(parents[state])]
                    while edges[PhraseIndex.key(suffix, words[state])] == nil, suffix != 0 {
                        suffix = suffixes[Int(suffix)]
                    }
                    suffixes[state] = edges[PhraseIndex.key(suffix, words[state])] ?? 0
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
        for line in NumberedLines.read(phrases) {
            let utf8 = line.text.utf8
            builder.add(utf8.span, Hint(features: .number(line.number)))
        }
        for line in NumberedLines.read(signatures) {
            let utf8 = line.text.utf8
            builder.add(utf8.span, Hint(providers: .number(line.number)))
        }
        return builder
    }
}
