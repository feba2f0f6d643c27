import ArgumentParser
import Configuration
import Foundation

/// Where a configuration file is looked for, and how it is read.
enum ConfigurationPlaces {
    static let candidates = ["martlet.yaml", "/etc/martlet/martlet.yaml"]
    static var text: String { candidates.joined(separator: ", then ") }

    /// Reads the named file, or the first of the usual ones that is there, or the defaults; then the environment.
    static func document(_ path: String?) throws -> ConfigurationDocument {
        let environment = ProcessInfo.processInfo.environment
        let place = path ?? candidates.first { FileManager.default.fileExists(atPath: $0) }
        guard let place else { return try YAMLReader.read("", place: "defaults", environment: environment) }
        guard let data = FileManager.default.contents(atPath: place) else {
            throw CommandFailure(.configuration, "\(place) cannot be read; does it exist, and may you read it?")
        }
        return try YAMLReader.read(String(decoding: data, as: UTF8.self), place: place, environment: environment)
    }

    /// The same for a command, which ends with what is wrong.
    static func load(_ path: String?) throws -> ConfigurationDocument {
        do {
            return try document(path)
        } catch let failure as CommandFailure {
            throw failure.exit()
        } catch let problems as ConfigurationProblems {
            for problem in problems.problems.dropLast() { Standard.error(problem.description) }
            throw CommandFailure(.configuration, problems.problems.last?.description ?? "the configuration is wrong")
                .exit()
        }
    }
}
