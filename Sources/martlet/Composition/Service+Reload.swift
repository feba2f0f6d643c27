import Configuration
import Foundation
import Relay
import SMTPTransport
import Synchronization

// SIGHUP, and the control socket's `reload`.
extension Service {
    /// Takes over a configuration that was read again: everything that can change while the relay runs.
    ///
    /// All or nothing: whatever may be wrong with it is found out before the first thing changes. Keys that need a
    /// restart keep their value, and the log says which. A log file is opened anew in any case, for it may have been
    /// rotated.
    func reload(_ changed: ConfigurationDocument) throws {
        try current.withLock { current in
            let (settings, kept) = current.reloaded(with: changed)
            let relaySettings = try Self.relaySettings(settings)
            let listeners = try settings.listeners(clock, mechanisms: mechanisms)
            let output = try Self.logOutput(settings)
            relay.reload(relaySettings, listeners: listeners.map(\.settings))
            let old = log.reopen(descriptor: output.descriptor, format: output.format)
            if old != STDERR_FILENO { close(old) }
            current = settings
            noteReload(relaySettings, kept)
        }
        log.flush()
    }

    private func noteReload(_ settings: RelaySettings, _ kept: [String]) {
        for key in kept {
            log.note(
                "configuration.needs-restart",
                at: clock.wall,
                "\(key) was changed and takes effect when the service is started again; until then the old value stays",
                [("key", key)]
            )
        }
        noteWarnings(settings)
        log.note("configuration.reloaded", at: clock.wall, "the configuration was read again")
    }

    /// What is in force and yet leads nowhere.
    func noteWarnings(_ settings: RelaySettings) {
        for warning in settings.configuration.forwards.warnings {
            log.note("configuration.warning", at: clock.wall, warning)
        }
    }

    /// What the relay takes at the start and at every reload.
    static func relaySettings(_ settings: Settings) throws -> RelaySettings {
        let relay = try settings.relay()
        return RelaySettings(
            configuration: relay,
            planner: try settings.planner(relay),
            reports: settings.reports,
            logins: try settings.logins(CryptoPrimitives()),
            opportunisticTLS: try settings.clientTLS(isVerified: false),
            verifiedTLS: try settings.clientTLS(isVerified: true)
        )
    }

    /// Where log lines go, and how they look.
    static func logOutput(_ settings: Settings) throws -> (descriptor: Int32, format: EventLog.Format) {
        let format = EventLog.Format(rawValue: settings.document.text("log.format") ?? "json") ?? .json
        guard let file = settings.document.text("log.file") else { return (STDERR_FILENO, format) }
        let descriptor = unsafe open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .inputOutput,
                "log.file \(file) cannot be opened: \(unsafe String(cString: strerror(errno)))"
            )
        }
        return (descriptor, format)
    }
}
