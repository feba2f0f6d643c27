import Foundation
import Synchronization

/// A bar on standard error while a person waits; nothing where nobody looks.
final class Progress: Sendable {
    private let total: Int
    private let isShown: Bool
    private let done = Atomic<Int>(0)
    private let shown = Atomic<Int>(0)

    /// How wide the bar is.
    private static let width = 40

    /// Starts a bar for so many steps.
    init(total: Int) {
        self.total = total
        isShown = isatty(STDERR_FILENO) == 1 && total > 1
    }

    /// One step more; drawn when the bar grows.
    func step() {
        let count = done.wrappingAdd(1, ordering: .relaxed).newValue
        guard isShown else { return }
        let percent = count * 100 / total
        // Only the step that reaches a new percentage draws it.
        guard percent > shown.exchange(percent, ordering: .relaxed) || count == 1 else { return }
        let filled = Self.width * count / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        FileHandle.standardError.write(Data("\r[\(bar)] \(percent) %".utf8))
    }

    /// Clears the bar.
    func finish() {
        guard isShown else { return }
        FileHandle.standardError.write(Data(("\r" + String(repeating: " ", count: Self.width + 10) + "\r").utf8))
    }
}
