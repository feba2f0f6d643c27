/// Slots that are used again, named by their number.
///
/// Keeps its elements in one block, so that a recipient in memory costs no allocation.
struct Slab<Element>: ~Copyable {
    private var elements: [Element] = []
    private var free: [Int32] = []
    /// How many slots are in use.
    private(set) var count = 0

    /// How many slots there are, used or not.
    var capacity: Int { elements.count }

    subscript(slot: Int32) -> Element {
        get { elements[Int(slot)] }
        _modify { yield &elements[Int(slot)] }
    }

    /// Takes a free slot; the element there is what was left, `fresh` in a new one.
    mutating func take(fresh: @autoclosure () -> Element) -> Int32 {
        count += 1
        if let slot = free.popLast() { return slot }
        elements.append(fresh())
        return Int32(elements.count - 1)
    }

    /// Gives a slot back.
    mutating func release(_ slot: Int32) {
        count -= 1
        free.append(slot)
    }
}
