import Foundation
import ResolverTesting
import SMTPTesting

/// The executable as an operator runs it: `martlet serve` with a configuration of its own.
///
/// Stopped when it is let go of.
final class MartletProcess: Sendable {
    /// Where it listens.
    let port: Int
    private let process: ChildProcess
    private let configuration: String
    private let output: String

    /// Where its files lie, and what else differs from the default.
    struct Plan {
        /// The folder of configuration, log and control socket.
        var folder: String
        /// The folder of the queue.
        var store: String
        /// The next hop; nobody listens at the default, so that everything stays in the queue.
        var nextHop = 1
        /// More of the configuration, as YAML.
        var more = ""

        fileprivate var configuration: String {
            """
            hostname: relay.test
            listeners: {mx: {address: 127.0.0.1, port: 0, role: mx}}
            store: "sqlite:\(store)"
            spool: "\(store)/spool"
            accounts: "\(folder)/accounts"
            control: "\(folder)/control"
            routes: {next: {domains: ["*"], host: 127.0.0.1, port: \(nextHop), tls: none}}
            \(more)
            """
        }
    }

    /// It ended before it listened.
    struct Ended: Error {
        let status: Int32
        /// What it printed.
        let output: String
    }

    /// The executable, which lies where the tests do.
    private static func executable() throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("martlet").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ServerError("\(path) is not there: build the whole package")
        }
        return path
    }

    /// Starts a service and returns when it listens; throws `Ended` when it does not come so far.
    init(_ plan: Plan) async throws {
        configuration = "\(plan.folder)/martlet.yaml"
        output = "\(plan.folder)/\(UUID().uuidString).log"
        try plan.configuration.write(toFile: configuration, atomically: false, encoding: .utf8)
        let process = try ChildProcess(
            try Self.executable(),
            ["serve", "--config", configuration],
            output: output
        )
        self.process = process
        let output = output
        let port = try await waited { Self.port(in: output) ?? (process.isRunning ? nil : 0) }
        if port == 0 { throw Ended(status: process.exitStatus ?? 0, output: Self.text(output)) }
        self.port = port
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    /// The port that the log names.
    private static func port(in path: String) -> Int? {
        guard let found = text(path).range(of: "listening on 127.0.0.1:") else { return nil }
        return Int(text(path)[found.upperBound...].prefix { $0.isNumber })
    }

    /// What it has printed.
    var printed: String { Self.text(output) }

    /// Whether it still runs.
    var isRunning: Bool { process.isRunning }

    /// Waits until it has ended by itself; its exit status.
    func ended() async throws -> Int32 { try await waited { self.process.exitStatus } }

    /// Sends it a signal.
    func signal(_ number: Int32) { process.signal(number) }

    /// Stops it as a service manager does; its exit status.
    func stop() async throws -> Int32 {
        process.signal(SIGTERM)
        return try await ended()
    }

    /// Runs a command of the command line against it; what it printed.
    ///
    /// Throws when it does not end with 0.
    func run(_ arguments: String...) throws -> String {
        try Programs.run(try Self.executable(), arguments + ["--config", configuration], in: "/")
    }

    private struct Item: Decodable {
        let queue_id: String
        let recipients: [Recipient]
        struct Recipient: Decodable {
            let address: String
            let attempts: Int
        }
    }

    /// What `queue list` and its like print.
    private func items(_ lines: String) throws -> [Item] {
        try lines.split(separator: "\n").map { try JSONDecoder().decode(Item.self, from: Data($0.utf8)) }
    }

    /// The ids of all messages in the queue.
    func queue() throws -> Set<String> {
        Set(try items(try run("queue", "list", "--format", "json")).map(\.queue_id))
    }

    /// The open recipients of a message, in the order of its envelope.
    func recipients(of id: String) throws -> [String] {
        try items(try run("queue", "show", id, "--format", "json")).flatMap { $0.recipients.map(\.address) }
    }

    /// How many attempts on the recipients of a message ended without success.
    func attempts(of id: String) throws -> Int {
        try items(try run("queue", "show", id, "--format", "json")).flatMap { $0.recipients.map(\.attempts) }
            .reduce(0, +)
    }

    /// Forgets the peak of its start; what is resident now, in bytes.
    func resetResidentPeak() throws -> Int {
        // proc(5): 5 resets the peak resident set size to the present one.
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(process.identifier)/clear_refs"))
        return try residentPeak()
    }

    /// The most memory that it has had resident since the peak was reset, in bytes.
    func residentPeak() throws -> Int {
        // A file of /proc says that it is empty: it is read until its end.
        let file = FileHandle(forReadingAtPath: "/proc/\(process.identifier)/status")
        let text = String(decoding: file?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw ServerError("no VmHWM in /proc/\(process.identifier)/status: \(text)")
        }
        return kibibytes * 1024
    }
}
