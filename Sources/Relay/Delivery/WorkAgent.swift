import Delivery

/// Whoever carries out the work of one destination on one event loop.
protocol WorkAgent: AnyObject {
    /// Takes more work; results go to the loop's `LoopDelivery`.
    func take(_ assignment: Assignment)
    /// Whether it holds neither work nor connections, so that it may be forgotten.
    var isIdle: Bool { get }
    /// Ends connections when what is in work has its outcome, and returns what was not begun.
    func stop()
    /// The settings of `LoopDelivery` are others now: what begins from here on follows them.
    func settingsChanged()
}
