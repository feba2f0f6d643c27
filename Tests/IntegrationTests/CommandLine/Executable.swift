import Foundation
import Synchronization

/// The programs of this package, run as people run them.
enum Executable {
    /// How a run ended.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        /// The lines of standard output.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Runs a program whose output nobody reads.
    static func runUnheard(_ arguments: [String]) async throws -> Outcome {
        let process = prepared(arguments, "\(folder)/martlet", [:])
        let stdout = Pipe()
        try stdout.fileHandleForReading.close()
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try finish(process, [], stdout) })
            }
        }
    }

    /// Where the build puts programs: beside the test runner.
    static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path

    /// A program that takes longer has lost its way.
    private static let patience: DispatchTimeInterval = .seconds(120)

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - input: its standard input.
    ///   - path: another program than `martlet`, or the same by another name.
    ///   - environment: more variables.
    /// - Returns: How it ended.
    /// - Throws: What kept it from being run.
    static func run(
        _ arguments: [String],
        input: String = "",
        path: String = "\(folder)/martlet",
        environment: [String: String] = [:]
    ) async throws -> Outcome {
        let process = prepared(arguments, path, environment)
        // On a thread of its own: what it waits for may need the ones that tests run on.
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try finish(process, Array(input.utf8)) })
            }
        }
    }

    static func prepared(_ arguments: [String], _ path: String, _ environment: [String: String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        // No configuration lies there by chance.
        process.currentDirectoryURL = URL(filePath: "/proc")
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARTLET_") }
            .merging(environment) { $1 }
        return process
    }

    private static func finish(_ process: Process, _ input: [UInt8], _ unheard: Pipe? = nil) throws -> Outcome {
        let (stdin, stdout, stderr) = (Pipe(), unheard ?? Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        // A program that does not read its input must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        try process.run()
        let watch = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + patience, execute: watch)
        let errors = Mutex(Data())
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            let said = stderr.fileHandleForReading.readDataToEndOfFile()
            errors.withLock { $0 = said }
        }
        DispatchQueue.global().async(group: group) {
            try? stdin.fileHandleForWriting.write(contentsOf: Data(input))
            try? stdin.fileHandleForWriting.close()
        }
        let output = unheard == nil ? stdout.fileHandleForReading.readDataToEndOfFile() : Data()
        group.wait()
        process.waitUntilExit()
        watch.cancel()
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors.withLock { $0 }, as: UTF8.self)
        )
    }
}

/// A program that goes on until it is stopped, whose lines are read as they come.
final class RunningProgram: Sendable {
    private let process: Process
    private let lines: AsyncStream<String>

    init(_ arguments: [String]) throws {
        process = Executable.prepared(arguments, "\(Executable.folder)/martlet", [:])
        let stdout = Pipe()
        process.standardOutput = stdout
        process.standardInput = FileHandle.nullDevice
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        try process.run()
        DispatchQueue.global().async {
            var rest = Data()
            while case let part = stdout.fileHandleForReading.availableData, !part.isEmpty {
                rest += part
                while let end = rest.firstIndex(of: 0x0A) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            continuation.finish()
        }
    }

    /// The next line; nil when it has ended.
    func line() async -> String? {
        for await line in lines { return line }
        return nil
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
