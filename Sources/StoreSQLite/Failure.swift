internal import Delivery
internal import Synchronization

/// The first error after which the store does no more work, shared by all its connections.
final class Failure: Sendable {
    private let first = Mutex<StoreError?>(nil)

    /// Runs `body`, unless an earlier call failed for good; remembers it when this one does.
    func guarding<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        if let error = first.withLock({ $0 }) { throw error }
        do throws(StoreError) {
            return try body()
        } catch {
            let lasting = Self.lasting(error)
            if let lasting { first.withLock { $0 = $0 ?? lasting } }
            throw lasting ?? error
        }
    }

    /// The error as it stands from now on; nil when the next call may succeed.
    private static func lasting(_ error: StoreError) -> StoreError? {
        switch error.code {
        case .full, .invalid: nil
        // A file system that becomes read-only under us has lost something (`docs/design/rulings.md` §4).
        case .readOnly: StoreError(code: .inputOutput, detail: error.detail)
        case .inputOutput, .unusable: error
        }
    }
}
