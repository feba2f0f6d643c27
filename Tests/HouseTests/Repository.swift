import Foundation

/// The checkout that these tests were compiled from.
enum Repository {
    /// The folder that holds `Package.swift`.
    static let root: URL = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path)
        {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// Paths relative to the root, sorted, of the Swift files below a folder.
    static func swiftFiles(under folder: String) throws -> [String] {
        let top = root.appending(path: folder).path
        guard FileManager.default.fileExists(atPath: top) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: top)
            .filter { $0.hasSuffix(".swift") && !$0.split(separator: "/").contains(".build") }
            .sorted().map { "\(folder)/\($0)" }
    }

    /// The text of one file.
    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Runs a program in the root and returns its exit status and standard output.
    static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = root
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
