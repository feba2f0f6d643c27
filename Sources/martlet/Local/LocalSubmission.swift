import Foundation
import MailDrop
import Relay

/// Hands mail of this machine over: to the running service, or into its drop directory while none answers.
struct LocalSubmission: Sendable {
    /// The service's control socket.
    let socket: String
    /// Where mail waits for the service; nil where only a socket was named.
    let drop: String?

    /// What became of a message.
    enum Outcome: Hashable {
        /// It is in the queue.
        case queued(id: String)
        /// It lies in the drop directory, where the service finds it.
        case dropped
    }

    /// Hands a message over; when this returns, it is on disk.
    ///
    /// The message needs a key where the service might die between taking it and saying so: it is then left in the drop
    /// directory as well, and the key makes one of the two.
    func submit(_ message: ControlRequest.Message) async throws -> Outcome {
        do throws(LocalEnvelope.Invalid) {
            _ = try LocalEnvelope.make(message)
        } catch {
            throw CommandFailure(.badData, error.sentence)
        }
        do {
            return .queued(id: try await ask(message))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            try leave(message, because: "\(error)")
            return .dropped
        }
    }

    private func ask(_ message: ControlRequest.Message) async throws -> String {
        var id = ""
        try await ControlClient(path: socket).ask(ControlRequest(.submit, message: message)) { answer in
            switch answer {
            case .line(let line): id = line
            case .failure(let sentence, let status): throw CommandFailure(exit: status, sentence)
            case .message, .event, .suppression, .position, .end: return
            }
        }
        return id
    }

    private func leave(_ message: ControlRequest.Message, because reason: String) throws {
        guard let drop else { throw CommandFailure(.unavailable, reason) }
        let file = try DropFile.encode(message)
        do throws(DropFailure) {
            try DropDirectory(path: drop).put(file.span)
        } catch {
            switch error.code {
            case .notPermitted: try DropHelper.put(file, into: drop)
            case .tooLarge, .noMessage: throw CommandFailure(.badData, error.description)
            case .full: throw CommandFailure(.tryAgain, error.description)
            case .inputOutput: throw CommandFailure(.inputOutput, error.description)
            case .missing, .unsafeFolder:
                throw CommandFailure(.unavailable, "\(reason); and mail cannot wait for it: \(error.description)")
            }
        }
    }
}

/// `martlet-drop`, the small setgid program that puts a file where this one may not.
enum DropHelper {
    /// It is installed beside this program.
    static let name = "martlet-drop"

    private static var path: String {
        // The name of the running program itself, whatever link it was called by.
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent(name).path
    }

    /// Has a file put into a drop directory.
    static func put(_ file: [UInt8], into folder: String) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw CommandFailure(
                .unavailable,
                "no service answers to you, and you may not leave mail in \(folder); is \(path) installed, setgid martlet?"
            )
        }
        // A helper that refuses early must not take us along.
        signal(SIGPIPE, SIG_IGN)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [folder]
        process.environment = [:]
        let input = Pipe()
        let complaint = Pipe()
        process.standardInput = input
        process.standardError = complaint
        try process.run()
        // When it does not read to the end, its status says why.
        try? input.fileHandleForWriting.write(contentsOf: Data(file))
        try? input.fileHandleForWriting.close()
        let said = try complaint.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let line = String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            let status = process.terminationReason == .exit ? process.terminationStatus : 75
            throw CommandFailure(exit: status, line.isEmpty ? "\(path) ended with status \(status)" : line)
        }
    }
}
