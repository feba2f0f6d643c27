import Glibc

/// A process that a test started, ended by its id when it is let go of.
///
/// Not `Foundation.Process`: that hands the spawning thread's signal mask down, and on a worker thread, where every
/// signal is blocked, the child then never hears SIGTERM.
final class ChildProcess: Sendable {
    private let identifier: pid_t

    /// Starts a program with a clean signal mask and nothing on its standard streams.
    init(_ path: String, _ arguments: [String]) throws {
        var identifier: pid_t = 0
        var attributes = posix_spawnattr_t()
        var actions = unsafe posix_spawn_file_actions_t()
        var none = sigset_t()
        // Every pointer below is to a local that outlives the call, and the argument list ends with nil.
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        for descriptor: Int32 in 0...2 {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        let code = unsafe posix_spawn(&identifier, path, &actions, &attributes, &words, environ)
        unsafe words.forEach { unsafe free($0) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        guard code == 0 else { throw ServerError("\(path): errno \(code)") }
        self.identifier = identifier
    }

    /// Whether it still runs.
    var isRunning: Bool {
        // WNOWAIT leaves the zombie, so that the id stays ours until `deinit`.
        var state = unsafe siginfo_t()
        guard unsafe waitid(P_PID, id_t(identifier), &state, WEXITED | WNOHANG | WNOWAIT) == 0 else { return false }
        return unsafe state.si_signo == 0
    }

    deinit {
        kill(identifier, SIGTERM)
        // It has five seconds to end its own children.
        for _ in 0..<500 where isRunning { usleep(10_000) }
        if isRunning { kill(identifier, SIGKILL) }
        waitpid(identifier, nil, 0)
    }
}
