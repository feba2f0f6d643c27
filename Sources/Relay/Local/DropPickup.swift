import Delivery
import MailDrop
import MailFormat
import NIOConcurrencyHelpers
package import NIOPosix
import StatusCodes

/// Takes what local programs have left in the drop directory into the queue: at start, and every few seconds.
///
/// A file is removed only when its message is durable; between the two a crash leaves both, and the key that the message
/// carries keeps it from being queued twice. What is no message is moved aside and noted, never removed.
package final class DropPickup: Sendable {
    private let directory: DropDirectory
    private let local: LocalIntake
    private let clock: RelayClock
    private let log: EventLog
    private let files: NIOThreadPool
    private let state = NIOLockedValueBox(State())

    private struct State {
        /// Files that can be neither removed nor moved; they are left alone until the next start.
        var stuck: Set<String> = []
        /// The trouble that was noted last, so that it is noted once and not every few seconds.
        var trouble = ""
    }

    /// How long to wait between two looks.
    package static let pause: Duration = .seconds(5)
    /// Names looked at in one go; the others come the next time.
    package static let batch = 500
    /// More files that can be neither removed nor moved are not remembered one by one.
    private static let mostStuck = 10_000

    /// Makes a pick-up that does not run yet.
    package init(path: String, local: LocalIntake, clock: RelayClock, log: EventLog, files: NIOThreadPool) {
        self.directory = DropDirectory(path: path)
        self.local = local
        self.clock = clock
        self.log = log
        self.files = files
    }

    /// Looks again and again until cancelled.
    package func run() async {
        var isReady = false
        while !Task.isCancelled {
            if !isReady { isReady = await prepare() }
            // A full batch means that there is more.
            while isReady, !Task.isCancelled, await sweep() == Self.batch {}
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// Makes the folder what it must be; false when that failed, which is noted.
    package func prepare() async -> Bool { await attempt { [directory] in try directory.prepare() } != nil }

    /// Takes what is there; returns how many messages were handed to the queue.
    package func sweep() async -> Int {
        let now = clock.wall
        let stuck = state.withLockedValue { $0.stuck }
        let found = await attempt { [directory] in
            try directory.contents(skipping: stuck, limit: Self.batch, now: now)
        }
        guard let found else { return 0 }
        for name in found.strays { await setAside(name, "it is no message") }
        var count = 0
        for name in found.messages {
            guard !Task.isCancelled else { break }
            switch await take(name) {
            case .queued: count += 1
            case .set: continue
            case .later: return count
            }
        }
        return count
    }

    /// What became of a file.
    private enum Fate {
        case queued
        /// Aside, or gone already.
        case set
        /// The store takes nothing now, and hence nothing else either.
        case later
    }

    private func take(_ name: String) async -> Fate {
        let file: DroppedFile
        do {
            file = try await files.runIfActive { [directory] in try directory.read(name) }
        } catch let failure as DropFailure {
            return await unreadable(name, failure)
        } catch {
            // The threads have stopped, and so will we.
            return .later
        }
        var message: ControlRequest.Message
        do throws(DropFile.Malformed) {
            message = try DropFile.decode(file.bytes)
        } catch {
            return await setAside(name, error.description)
        }
        message.key = message.key ?? name
        switch await local.submit(message) {
        case .queued(let id):
            await queued(name, id, user: file.user)
            return .queued
        case .invalid(let sentence): return await setAside(name, sentence)
        case .refused(let reply) where reply.code.severity == .permanentNegative:
            return await setAside(name, reply.condition.text)
        case .refused(let reply):
            note("mail in \(directory.path) waits: \(reply.condition.text)")
            return .later
        }
    }

    private func queued(_ name: String, _ id: MessageID, user: UInt32) async {
        log.note(
            "drop.queued",
            at: clock.wall,
            "taken from the drop directory",
            [("id", id.description), ("user", "\(user)"), ("file", name)]
        )
        if await attempt({ [directory] in try directory.remove(name) }) == nil { leave(name) }
    }

    private func unreadable(_ name: String, _ failure: DropFailure) async -> Fate {
        switch failure.code {
        case .missing: return .set
        case .notPermitted, .unsafeFolder, .tooLarge, .noMessage: return await setAside(name, failure.description)
        case .full, .inputOutput:
            note(failure.description)
            return .later
        }
    }

    /// Moves a file out of the way and says so.
    @discardableResult
    private func setAside(_ name: String, _ reason: String) async -> Fate {
        if let place = await attempt({ [directory] in try directory.setAside(name) }) {
            log.note(
                "drop.set-aside",
                at: clock.wall,
                "what lay in the drop directory was not taken: \(reason)",
                [("file", place)]
            )
        } else {
            leave(name)
        }
        return .set
    }

    private func leave(_ name: String) {
        state.withLockedValue { state in
            if state.stuck.count < Self.mostStuck { state.stuck.insert(name) }
        }
    }

    /// Does something with the folder where blocking is allowed; nil when it failed, which is noted.
    private func attempt<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async -> Value? {
        do {
            return try await files.runIfActive(work)
        } catch {
            note("\(error)")
            return nil
        }
    }

    private func note(_ trouble: String) {
        let isNew = state.withLockedValue { state in
            defer { state.trouble = trouble }
            return state.trouble != trouble
        }
        if isNew { log.note("drop.trouble", at: clock.wall, trouble) }
    }
}
