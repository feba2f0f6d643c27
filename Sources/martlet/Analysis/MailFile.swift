import BounceAnalysis
import Foundation
import MailFormat
import StatusCodes

/// Files that hold one mail, and how they are told from others.
enum MailFile {
    /// How much is read at a time; most mails are smaller.
    static let chunk = 1 << 16
    /// How much of a file is looked at to tell what it is.
    private static let beginning = 512

    /// What the mail in a file is; nil when the file was only found in a folder and is no mail.
    static func analysis(of file: MailSources.File, rules: DecisionRules = .builtIn) throws -> MailAnalysis? {
        let handle = try open(file)
        defer { try? handle.close() }
        let first = try read(handle)
        guard file.isNamed || isEML(file) || isMail(first) else { return nil }
        // Most mails come in one piece and are not copied.
        guard first.count == chunk else { return MailAnalyzer.analyze(first.span, rules: rules) }
        var analyzer = MailAnalyzer(rules: rules)
        analyzer.consume(first.span)
        while true {
            let next = try read(handle)
            if next.isEmpty { return analyzer.finish() }
            analyzer.consume(next.span)
        }
    }

    /// Opens a file, or standard input.
    static func open(_ file: MailSources.File) throws -> FileHandle {
        guard let path = file.path else { return .standardInput }
        return try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }

    /// The next bytes; fewer than `chunk` only at the end.
    static func read(_ handle: FileHandle) throws -> [UInt8] {
        var bytes = try Descriptor.read(handle.fileDescriptor, most: chunk)
        // A pipe gives what is in it at the moment.
        while bytes.count < chunk, !bytes.isEmpty {
            let next = try Descriptor.read(handle.fileDescriptor, most: chunk - bytes.count)
            if next.isEmpty { break }
            bytes += next
        }
        return bytes
    }

    /// Whether a file holds mails behind `From ` lines; one called `.eml` is a single mail also with such a line.
    ///
    /// Standard input cannot be read twice: it always counts as one, which for a single mail makes no difference.
    static func isMailbox(_ file: MailSources.File) throws -> Bool {
        guard file.path != nil else { return true }
        guard !isEML(file) else { return false }
        let handle = try open(file)
        defer { try? handle.close() }
        return MailboxSplitter.isSeparator([UInt8](try handle.read(upToCount: beginning) ?? Data()).span)
    }

    private static func isEML(_ file: MailSources.File) -> Bool { file.name?.lowercased().hasSuffix(".eml") ?? false }

    /// Whether bytes begin with header fields.
    private static func isMail(_ bytes: [UInt8]) -> Bool {
        var reader = HeaderReader()
        return reader.next(bytes.span) != nil && reader.next(bytes.span) != nil
    }
}
