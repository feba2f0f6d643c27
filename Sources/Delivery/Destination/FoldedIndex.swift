/// From names (domains) to numbers, ASCII case ignored, without making a string or an array to look one up.
///
/// Open addressing with linear probing and backward-shift deletion, at most half full. The names come from the network:
/// the hash is keyed, so that nobody can choose names that collide.
struct FoldedIndex: Sendable {
    private struct Entry {
        var hash: UInt64 = 0
        var value: Int32 = -1
        var key: [UInt8] = []
    }

    private var entries: [Entry]
    private let seed: UInt64
    private(set) var count = 0

    /// An empty index whose hash is keyed by a seed.
    init(seed: UInt64) {
        self.seed = seed
        self.entries = Array(repeating: Entry(), count: 16)
    }

    /// The hash of a name, the same for every case of it.
    func hash(_ name: Span<UInt8>) -> UInt64 {
        var hash = seed ^ 0x9E37_79B9_7F4A_7C15
        var word: UInt64 = 0
        for position in name.indices {
            word = word << 8 | UInt64(Self.folded(name[position]))
            if position & 7 == 7 {
                hash = Self.mixed(hash ^ word, 0xA076_1D64_78BD_642F ^ seed)
                word = 0
            }
        }
        hash = Self.mixed(hash ^ word, 0xE703_7ED1_A0B4_28DB ^ seed)
        return Self.mixed(hash ^ UInt64(name.count), 0x8EBC_6AF0_9C88_C6E3)
    }

    /// The number of a name; nil when it has none.
    func find(_ name: Span<UInt8>, hash: UInt64) -> Int32? {
        var position = Int(truncatingIfNeeded: hash) & (entries.count - 1)
        while entries[position].value >= 0 {
            if entries[position].hash == hash, Self.equal(entries[position].key, name) {
                return entries[position].value
            }
            position = (position + 1) & (entries.count - 1)
        }
        return nil
    }

    /// Gives a name a number, from 0; the name has none yet.
    mutating func insert(_ key: [UInt8], hash: UInt64, value: Int32) {
        if (count + 1) * 2 > entries.count { grow() }
        place(Entry(hash: hash, value: value, key: key))
        count += 1
    }

    /// Forgets a name.
    mutating func remove(_ name: Span<UInt8>, hash: UInt64) {
        let mask = entries.count - 1
        var hole = Int(truncatingIfNeeded: hash) & mask
        while entries[hole].value >= 0, entries[hole].hash != hash || !Self.equal(entries[hole].key, name) {
            hole = (hole + 1) & mask
        }
        guard entries[hole].value >= 0 else { return }
        count -= 1
        var next = (hole + 1) & mask
        while entries[next].value >= 0 {
            let home = Int(truncatingIfNeeded: entries[next].hash) & mask
            // The entry may move into the hole unless its home lies behind the hole.
            if (next &- home) & mask >= (next &- hole) & mask {
                entries.swapAt(hole, next)
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = Entry()
    }

    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Entry(), count: old.count * 2)
        for entry in old where entry.value >= 0 { place(entry) }
    }

    private mutating func place(_ entry: Entry) {
        var position = Int(truncatingIfNeeded: entry.hash) & (entries.count - 1)
        while entries[position].value >= 0 { position = (position + 1) & (entries.count - 1) }
        entries[position] = entry
    }

    /// An ASCII capital in lower case, every other byte unchanged (RFC 5321 §2.4: domains ignore case).
    static func folded(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    private static func mixed(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    private static func equal(_ key: [UInt8], _ name: Span<UInt8>) -> Bool {
        guard key.count == name.count else { return false }
        for position in name.indices where key[position] != folded(name[position]) { return false }
        return true
    }
}
