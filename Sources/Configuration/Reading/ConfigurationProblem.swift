/// Something wrong in the configuration: where, what, and what to do.
package struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, or the environment variable.
    package var place: String
    /// Counted from 1; nil where there is no line.
    package var line: Int?
    /// One sentence.
    package var sentence: String

    package init(place: String, line: Int? = nil, _ sentence: String) {
        self.place = place
        self.line = line
        self.sentence = sentence
    }

    /// The problem with its place before it, `martlet.yaml:12: …`.
    package var description: String { line.map { "\(place):\($0): \(sentence)" } ?? "\(place): \(sentence)" }
}

/// All that is wrong, at least one.
package struct ConfigurationProblems: Error, CustomStringConvertible {
    /// In the order of the file.
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    /// One a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
