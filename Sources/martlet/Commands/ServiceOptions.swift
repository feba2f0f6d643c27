import ArgumentParser
import Configuration
import Foundation
import Relay

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

    /// Asks for messages of the queue.
    func ask(_ request: ControlRequest, each: (QueueItem) throws -> Void) async throws {
        try await send(request) { answer in if case .message(let item) = answer { try each(item) } }
    }
}
