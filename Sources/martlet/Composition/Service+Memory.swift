import CMalloc
import NIOCore
import NIOPosix

extension Service {
    /// How often free memory is given back: often enough that a burst does not show for long, seldom enough that a pass
    /// of a millisecond, and touching again what is needed again, cost nothing.
    private static let givingBack = TimeAmount.seconds(10)

    /// Gives memory that a burst of mail left free inside the allocator back to the system, from time to time.
    ///
    /// The allocator of glibc keeps what lies below the last allocation of a thread's heap; one burst of waiting mail
    /// would otherwise be paid for until the process ends. Other allocators return it by themselves.
    func giveBackMemory() {
        #if canImport(Glibc)
            let files = files
            group.next().scheduleRepeatedTask(initialDelay: Self.givingBack, delay: Self.givingBack) { _ in
                files.submit { state in
                    guard case .active = state else { return }
                    _ = malloc_trim(0)
                }
            }
        #endif
    }
}
