import ArgumentParser
import Foundation
import NIOCore
import Relay
import ServiceLifecycle
import UnixSignals

/// `martlet serve`: the relay in the foreground.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the relay in the foreground.",
        discussion: """
            SIGTERM and SIGINT stop it: nothing new is accepted, what is under way may end within the deadline, and \
            what does not is tried again at the next start. SIGHUP reads configuration and certificates again, and \
            opens the log file anew; what needs a restart keeps its value, and the log says so.
            """
    )
    @Option(name: .long, help: "The configuration file (default: \(ConfigurationPlaces.text)).")
    var config: String?
    @Option(help: "Seconds that a stop may take.") var deadline: Int = 30
    @Flag(help: "Try it out: everything goes to a simulator on loopback, never to the internet.")
    var withSimulator = false
    @Option(help: "With --with-simulator: where queue, log and received mail lie.")
    var folder: String = "martlet-trial"

    func run() async throws {
        if withSimulator { return try await TrialRun.run(folder: folder, deadline: deadline) }
        let settings = Settings(try ConfigurationPlaces.load(config))
        let service = try ConfigurationFailure.translate { try Service(settings) }
        // Before anybody hears that it runs: a signal that nobody waits for ends the process.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let bound = try await ConfigurationFailure.translate { try await service.start() }
        for (name, address) in bound {
            service.log.note(
                "listener.open",
                at: service.clock.wall,
                "listening on \(address.ipAddress ?? ""):\(address.port ?? 0)",
                [("listener", name)]
            )
        }
        service.log.flush()
        ReadinessNotice.send()
        await withThrowingTaskGroup(of: Void.self) { tasks in
            let control = settings.control
            tasks.addTask {
                try await service.relay.serveControl(
                    at: control,
                    reload: { try service.reload(try ConfigurationPlaces.document(config)) }
                )
            }
            let drop = settings.drop
            tasks.addTask { await service.relay.serveDrop(at: drop) }
            tasks.addTask { await service.relay.serveMailboxes() }
            tasks.addTask {
                // What sessions say between two batches of the queue is written at least this often.
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(500))
                    service.log.flush()
                }
            }
            tasks.addTask { await waitForStop(service, config: config, signals) }
            do { _ = try await tasks.next() } catch {
                service.log.note("control.failed", at: service.clock.wall, "the control socket: \(error)")
            }
            tasks.cancelAll()
        }
        service.log.note("process.stops", at: service.clock.wall, "stopping within \(deadline) seconds")
        await service.stop(within: .seconds(Int64(deadline)))
    }

    /// Waits for SIGTERM or SIGINT; SIGHUP reads the configuration again.
    private func waitForStop(_ service: Service, config: String?, _ signals: UnixSignalsSequence) async {
        for await signal in signals {
            guard signal == .sighup else { return }
            do {
                try service.reload(try ConfigurationPlaces.document(config))
            } catch {
                service.log.note("configuration.refused", at: service.clock.wall, "the old settings stay: \(error)")
                service.log.flush()
            }
        }
    }
}

/// Turns what is wrong with a configuration into exit status 78.
enum ConfigurationFailure {
    static func translate<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let problem as Settings.Problem {
            throw CommandFailure(.configuration, problem.description).exit()
        } catch let failure as CommandFailure {
            throw failure.exit()
        }
    }

    static func translate<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let problem as Settings.Problem {
            throw CommandFailure(.configuration, problem.description).exit()
        } catch let error as IOError {
            throw CommandFailure(
                .unavailable,
                "a listener cannot be opened: \(error); is the port in use, or below 1024 without the right to it?"
            ).exit()
        }
    }
}

/// Tells systemd that the service is ready (`sd_notify`), where it asks for it.
enum ReadinessNotice {
    static func send() {
        guard let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"], !path.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < 108 else { return }
        // The path is copied into the fixed-size field; a leading @ means the abstract namespace.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in name.enumerated() {
                unsafe field[index] = index == 0 && byte == UInt8(ascii: "@") ? 0 : byte
            }
        }
        let message = Array("READY=1".utf8)
        let length = socklen_t(2 + name.count)
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = unsafe sendto(descriptor, message, message.count, 0, generic, length)
            }
        }
    }
}
