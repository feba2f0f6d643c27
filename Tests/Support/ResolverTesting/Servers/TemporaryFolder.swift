import Foundation

/// A folder that goes when it is let go of.
package final class TemporaryFolder: Sendable {
    /// Its path.
    package let path: String

    /// Makes an empty folder.
    package init(_ name: String) throws {
        let path = NSTemporaryDirectory() + "/martlet-\(name)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        self.path = path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file in it; its path.
    @discardableResult package func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }

    /// Reads a file in it.
    package func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }
}
