import ArgumentParser
import Configuration
import Foundation
import Delivery
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

    /// Asks the service; the end of the answer is checked, a failure becomes this command's exit.
    func send(_ request: ControlRequest, each: (ControlAnswer) throws -> Void) async throws {
        do {
            try await ControlClient(path: try socketPath()).ask(request) { answer in
                if case .failure(let sentence, let status) = answer {
                    throw CommandFailure(exit: status, sentence).exit()
                }
                try each(answer)
            }
        } catch let error as ControlClient.Unreachable {
            throw CommandFailure(.unavailable, error.description).exit()
        }
    }

    /// Asks for messages of the queue; when no service runs, the store itself is read.
    func ask(_ request: ControlRequest, each: (QueueItem) throws -> Void) async throws {
        do {
            try await ControlClient(path: try socketPath()).ask(request) { answer in
                switch answer {
                case .message(let item): try each(item)
                case .failure(let sentence, let status): throw CommandFailure(exit: status, sentence).exit()
                case .line, .end: return
                }
            }
        } catch let error as ControlClient.Unreachable {
            guard let reader = try storeReader() else { throw CommandFailure(.unavailable, error.description).exit() }
            do {
                try await QueueSelection(request.selector).forEach(in: reader) { message in
                    try each(QueueItem(message, withHistory: request.verb == .queueShow))
                }
            } catch let error as QueueSelection.Unreadable {
                throw CommandFailure(.badData, error.sentence).exit()
            }
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
        do throws(StoreError) {
            return try SQLiteQueueReader(store)
        } catch {
            throw CommandFailure(.inputOutput, "no service runs, and the queue cannot be read: \(error.detail)").exit()
        }
    }
}
