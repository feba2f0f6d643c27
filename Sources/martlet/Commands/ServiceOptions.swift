import ArgumentParser
import Configuration
import Delivery
import Foundation
import MailFormat
import Relay
import StoreSQLite

/// How a command finds the running service.
struct ServiceOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file (default: \(ConfigurationPlaces.text)).")
    var config: String?
    @Option(name: .long, help: "The control socket, where the configuration file is not at hand.")
    var control: String?

    func socketPath() throws -> String {
        if let control { return control }
        return Settings(try ConfigurationPlaces.load(config)).control
    }

    /// Our host name, for addresses without a domain.
    func hostname() throws -> String { Settings(try ConfigurationPlaces.load(config)).hostname }

    /// Where reports go that name their message in their content; nil where mail keeps its reverse-path.
    func reportAddress() throws -> String? { Settings(try ConfigurationPlaces.load(config)).reportAddress }

    /// The same options as a command line.
    var arguments: [String] {
        (config.map { ["--config", $0] } ?? []) + (control.map { ["--control", $0] } ?? [])
    }

    /// How mail of this machine is handed over.
    func submission() throws -> LocalSubmission {
        // Whoever names a socket means that service, and no other's folder.
        if let control { return LocalSubmission(socket: control, drop: nil) }
        let settings = Settings(try ConfigurationPlaces.load(config))
        return LocalSubmission(socket: settings.control, drop: settings.drop)
    }

    /// Asks the service; the end of the answer is checked, a failure of the service is thrown as ours.
    func send(_ request: ControlRequest, each: (ControlAnswer) throws -> Void) async throws {
        do {
            try await ask(request, each)
        } catch let error as ControlClient.Unreachable {
            throw CommandFailure(.unavailable, error.description)
        }
    }

    func ask(_ request: ControlRequest, _ each: (ControlAnswer) throws -> Void) async throws {
        do throws(QueueSelection.Unreadable) {
            // A slip in an id is the same with and without a service.
            _ = try QueueSelection(request.selector)
        } catch {
            throw CommandFailure(.badData, error.sentence)
        }
        try await ControlClient(path: try socketPath()).ask(request) { answer in
            if case .failure(let sentence, let status) = answer {
                throw CommandFailure(exit: status, sentence)
            }
            try each(answer)
        }
    }

    // MARK: What can also be read while the service is down

    /// Asks for messages of the queue; when no service runs, the store itself is read.
    func messages(_ request: ControlRequest, each: (QueueItem) throws -> Void) async throws {
        do {
            try await ask(request) { answer in if case .message(let item) = answer { try each(item) } }
        } catch let error as ControlClient.Unreachable {
            try await read(insteadOf: error) { reader in
                guard request.verb != .queueWhy else {
                    return try await QueueStory(request.selector).forEach(in: reader) { try each($0) }
                }
                try await QueueSelection(request.selector).forEach(in: reader) { message in
                    try each(QueueItem(message, withHistory: request.verb == .queueShow))
                }
            }
        }
    }

    /// Asks for events above a number; when no service runs, the store itself is read.
    ///
    /// - Returns: Where to go on.
    func events(after position: Int64, since: Timestamp?, each: (EventItem) throws -> Void) async throws -> Int64 {
        do {
            var last = position
            try await ask(.events(after: position, since: since)) { answer in
                switch answer {
                case .event(let event): try each(event)
                case .position(let number): last = number
                case .message, .suppression, .line, .end, .failure: return
                }
            }
            return last
        } catch let error as ControlClient.Unreachable {
            return try await read(insteadOf: error) { reader in
                try await EventFeed(after: position, since: since).forEach(in: reader) { try each($0) }
            }
        }
    }

    /// Reads the store in place of a service that does not answer.
    func read<Value>(
        insteadOf error: ControlClient.Unreachable,
        _ body: (SQLiteQueueReader) async throws -> Value
    ) async throws -> Value {
        do {
            guard let reader = try storeReader() else { throw CommandFailure(.unavailable, error.description) }
            return try await body(reader)
        } catch let error as StoreError {
            throw CommandFailure(.inputOutput, "no service runs, and the queue cannot be read: \(error.detail)")
        }
    }

    /// The store, for reading; nil where there is none, or only a socket was named.
    private func storeReader() throws -> SQLiteQueueReader? {
        guard control == nil else { return nil }
        let settings = Settings(try ConfigurationPlaces.load(config))
        guard let store = try? settings.storeConfiguration(), FileManager.default.fileExists(atPath: store.directory)
        else {
            return nil
        }
        return try SQLiteQueueReader(store)
    }
}
