/// When destinations want to be looked at: a binary heap.
///
/// Entries are not removed when plans change; the destination knows its valid instant, and an entry that disagrees is
/// dropped when it comes up.
struct WakeHeap: Sendable {
    struct Entry {
        var at: Int64
        var slot: Int32
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var first: Entry? { entries.first }

    mutating func push(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].at < entries[parent].at else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> Entry? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].at < entries[least].at { least = child }
            }
            guard least != parent else { break }
            entries.swapAt(parent, least)
            parent = least
        }
        return first
    }

    /// Starts again from entries that are all valid.
    mutating func rebuild(_ valid: some Sequence<Entry>) {
        entries.removeAll(keepingCapacity: true)
        for entry in valid { push(entry) }
    }
}
