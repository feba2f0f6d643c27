import Synchronization

/// The memory that content may take, counted before the first byte of it is asked for.
package final class ContentBudget: Sendable {
    private let used = Atomic<Int>(0)
    private let most: Atomic<Int>

    /// A budget of so many bytes.
    package init(limit: Int) { most = Atomic(limit) }

    /// How much there is, in bytes; less than is in use means that nothing is granted until enough came back.
    package var limit: Int {
        get { most.load(ordering: .relaxed) }
        set { most.store(newValue, ordering: .relaxed) }
    }

    /// Takes bytes; false when there are not enough left.
    package func reserve(_ bytes: Int) -> Bool {
        let now = used.add(bytes, ordering: .relaxed).newValue
        if now <= limit { return true }
        used.subtract(bytes, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    package func release(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }

    /// How much is in use.
    package var inUse: Int { used.load(ordering: .relaxed) }
}
