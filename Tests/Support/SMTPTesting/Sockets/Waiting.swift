/// What was waited for did not come within a minute.
package struct WaitedInVain: Error {}

/// Waits for another process or thread, which has no way to call back.
///
/// Throws `WaitedInVain` after a minute, and whatever `value` throws.
package func waited<Value>(_ value: () async throws -> Value?) async throws -> Value {
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    while ContinuousClock.now < end {
        if let value = try await value() { return value }
        try await Task.sleep(for: .milliseconds(2))
    }
    throw WaitedInVain()
}
