import Foundation

/// Where a mail lies: a file, and its number where the file holds several.
struct MailPlace: Sendable {
    /// The name as the output shows it; nil for standard input.
    var file: String?
    /// Which mail of an mbox, counted from 1.
    var number: Int?
}

/// Everything that paths of the command line name, as files in a settled order.
struct MailSources: Sendable {
    /// One file to read.
    struct File: Sendable {
        /// Where it is; nil for standard input.
        let path: String?
        /// How the output calls it.
        let name: String?
        /// Whether it was named on the command line, so that it is read whatever is in it.
        let isNamed: Bool
    }

    private(set) var files: [File] = []

    /// How many files there are.
    var count: Int { files.count }

    /// Walks the paths.
    init(paths: [String]) throws {
        for path in paths {
            if path == "-" {
                files.append(File(path: nil, name: nil, isNamed: true))
                continue
            }
            switch Self.isFolder(path) {
            case nil: throw CommandFailure(.inputOutput, "no such file or folder: \(path)").exit()
            case true?: walk(path, below: "", depth: 0)
            case false?: files.append(File(path: path, name: path, isNamed: true))
            }
        }
    }

    /// How deep folders may lie in each other; a symbolic link to a folder above would go on for ever.
    private static let deepest = 64

    private mutating func walk(_ root: String, below folder: String, depth: Int) {
        let place = folder.isEmpty ? root : root + "/" + folder
        guard depth < Self.deepest else {
            Standard.error("more than \(Self.deepest) folders lie in each other: \(place) is left out")
            return
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: place) else {
            Standard.error("cannot list the folder \(place)")
            return
        }
        // What a Maildir is still receiving is no mail yet.
        let isMaildir = names.contains("cur") && names.contains("new")
        for name in names.sorted() where !name.hasPrefix(".") || isMaildir {
            if isMaildir, name == "tmp" { continue }
            let relative = folder.isEmpty ? name : folder + "/" + name
            switch Self.isFolder(root + "/" + relative) {
            case nil: continue
            case true?: walk(root, below: relative, depth: depth + 1)
            case false?: files.append(File(path: root + "/" + relative, name: relative, isNamed: false))
            }
        }
    }

    /// Whether a path leads to a folder; nil when it leads nowhere.
    private static func isFolder(_ path: String) -> Bool? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        return try? target.resourceValues(forKeys: [.isDirectoryKey]).isDirectory
    }
}
