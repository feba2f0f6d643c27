package import Glibc

/// A process that a test started, ended by its id when it is let go of.
///
/// Not `Foundation.Process`: that hands the spawning thread's signal mask down, and on a worker thread, where every
/// signal is blocked, the child then never hears SIGTERM.
package final class ChildProcess: Sendable {
    /// Its number, ours until it is let go of.
    package let identifier: pid_t

    /// Starts a program with a clean signal mask and nothing on its standard input.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - arguments: what it gets behind its name.
    ///   - output: a file to which its standard output and error are appended; nil drops them.
    /// - Throws: `ServerError` where it cannot be started.
    package init(_ path: String, _ arguments: [String], output: String? = nil) throws {
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
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for descriptor: Int32 in 1...2 {
            let file = output ?? "/dev/null"
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_APPEND, 0o600)
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
    package var isRunning: Bool { exitStatus == nil }

    /// Its exit status, 128 and more for the signal that ended it; nil while it runs.
    package var exitStatus: Int32? {
        // WNOWAIT leaves the zombie, so that the id stays ours until `deinit`.
        var state = unsafe siginfo_t()
        let code = unsafe waitid(P_PID, id_t(identifier), &state, WEXITED | WNOHANG | WNOWAIT)
        precondition(code == 0, "nobody else waits for it")
        guard unsafe state.si_signo != 0 else { return nil }
        let status = unsafe state._sifields._sigchld.si_status
        return unsafe Int(state.si_code) == Int(CLD_EXITED) ? status : 128 + status
    }

    /// Sends it a signal.
    package func signal(_ number: Int32) { kill(identifier, number) }

    deinit {
        kill(identifier, SIGTERM)
        // It has five seconds to end its own children.
        for _ in 0..<500 where isRunning { usleep(10_000) }
        if isRunning { kill(identifier, SIGKILL) }
        waitpid(identifier, nil, 0)
    }
}
