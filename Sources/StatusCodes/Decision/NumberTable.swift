/// Numbers from 1 by keys; 0 stands for none.
///
/// Open addressing, at most half full, so that a look-up reads one or two slots.
struct NumberTable<Key: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private var keys: [Key]
    private var numbers: [UInt16]
    /// How many keys it has.
    private(set) var count = 0

    /// Makes a table with a number of slots, a power of two, that grows when half of them are taken.
    init(capacity: Int = 16) {
        keys = [Key](repeating: 0, count: capacity)
        numbers = [UInt16](repeating: 0, count: capacity)
    }

    /// The number of a key; 0 when it has none.
    subscript(key: Key) -> UInt16 {
        let mask = keys.count - 1
        var slot = Self.slot(key, mask)
        while numbers[slot] != 0 {
            if keys[slot] == key { return numbers[slot] }
            slot = (slot + 1) & mask
        }
        return 0
    }

    /// Gives a number, which is not 0, to a key that has none.
    mutating func insert(_ key: Key, _ number: UInt16) {
        if 2 * (count + 1) > keys.count { grow() }
        place(key, number)
        count += 1
    }

    private mutating func place(_ key: Key, _ number: UInt16) {
        let mask = keys.count - 1
        var slot = Self.slot(key, mask)
        while numbers[slot] != 0 { slot = (slot + 1) & mask }
        keys[slot] = key
        numbers[slot] = number
    }

    private mutating func grow() {
        let (oldKeys, oldNumbers) = (keys, numbers)
        keys = [Key](repeating: 0, count: 2 * oldKeys.count)
        numbers = [UInt16](repeating: 0, count: keys.count)
        for (key, number) in zip(oldKeys, oldNumbers) where number != 0 { place(key, number) }
    }

    /// Spreads the bits of a key (Knuth's multiplicative hashing).
    @inline(__always)
    private static func slot(_ key: Key, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }
}
