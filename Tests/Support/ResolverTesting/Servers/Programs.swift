import Foundation

/// Programs that tests start.
package enum Programs {
    /// Where a program is; an error says which package has it.
    package static func path(_ name: String, package: String) throws -> String {
        // Servers are in sbin, which an ordinary user's PATH leaves out.
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders + ["/usr/sbin", "/sbin", "/usr/bin"] {
            let file = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: file) { return file }
        }
        throw ServerError("\(name) is not installed: apt-get install \(package) (make test does)")
    }

    /// Runs a program to its end; what it printed.
    package static func run(_ path: String, _ arguments: [String], in folder: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ServerError("\(path) \(arguments): \(text)") }
        return text
    }
}
