import Yams

/// Reads the file and the environment into a document, and says everything that is wrong at once.
package struct YAMLReader {
    private let place: String
    private var values: [String: Value] = [:]
    private var problems: [ConfigurationProblem] = []

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - text: the YAML text.
    ///   - place: its name in problems.
    ///   - environment: variables; every scalar key is also `MARTLET_` with its path in capitals, joined by underscores.
    /// - Returns: The document.
    /// - Throws: Everything that is wrong, at once.
    package static func read(
        _ text: String,
        place: String,
        environment: [String: String] = [:]
    ) throws(ConfigurationProblems) -> ConfigurationDocument {
        var reader = YAMLReader(place: place)
        do {
            if let node = try Yams.compose(yaml: text) { reader.read(node, at: []) }
        } catch {
            throw ConfigurationProblems([ConfigurationProblem(place: place, "is no YAML: \(error)")])
        }
        reader.readEnvironment(environment)
        guard reader.problems.isEmpty else { throw ConfigurationProblems(reader.problems) }
        return ConfigurationDocument(values: reader.values)
    }

    private init(place: String) { self.place = place }

    private mutating func complain(_ line: Int?, _ sentence: String) {
        problems.append(ConfigurationProblem(place: place, line: line, sentence))
    }

    private mutating func read(_ node: Node, at steps: [String]) {
        let path = ConfigurationPath.path(steps)
        let line = node.mark?.line
        if let setting = Schema.setting(for: steps) { return read(node, as: setting, path: path) }
        switch node {
        case .mapping(let mapping):
            for (key, child) in mapping {
                let name = key.string ?? ""
                let next = steps + [name]
                guard Schema.isKnown(next) else {
                    let known = Schema.names(below: steps)
                    complain(
                        key.mark?.line,
                        "unknown key \(ConfigurationPath.path(next))\(Suggestion.sentence(for: name, among: known))"
                    )
                    continue
                }
                read(child, at: next)
            }
        case .scalar(let scalar) where scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null":
            // A key with everything below it commented out.
            return
        case .scalar, .sequence, .alias:
            complain(
                line,
                "\(path.isEmpty ? "the file" : path) takes keys below it: \(Schema.names(below: steps).sorted().joined(separator: ", "))"
            )
        }
    }

    private mutating func read(_ node: Node, as setting: Setting, path: String) {
        let line = node.mark?.line
        switch node {
        case .sequence(let sequence):
            guard setting.kind == .list else { return complain(line, "\(path) takes one value, not a list") }
            values[path] = .list(sequence.compactMap(\.string))
        case .scalar(let scalar):
            if scalar.string.isEmpty && scalar.style == .plain { return }
            switch ScalarReader.read(scalar.string, as: setting.kind) {
            case .success(let value): values[path] = value
            case .failure(let complaint): complain(line, "\(path) \(complaint.sentence)")
            }
        case .mapping, .alias: complain(line, "\(path) takes one value, not keys")
        }
    }

    private mutating func readEnvironment(_ environment: [String: String]) {
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("MARTLET_") {
            guard let (path, setting) = variablePath(variable) ?? newVariablePath(variable) else { continue }
            let result: Result<Value, ScalarReader.Complaint> =
                setting.kind == .list
                ? .success(.list(text.split(separator: ",").map { $0.trimmed }))
                : ScalarReader.read(text, as: setting.kind)
            switch result {
            case .success(let value): values[path] = value
            case .failure(let complaint):
                problems.append(ConfigurationProblem(place: variable, complaint.sentence))
            }
        }
    }

    /// The key that a variable means; names of the operator's choice match in capitals, other signs as underscores.
    private func variablePath(_ variable: String) -> (String, Setting)? {
        let wanted = variable.dropFirst("MARTLET_".count)
        for setting in Schema.settings {
            var candidates: [[String]] = [[]]
            for step in setting.steps {
                candidates = candidates.flatMap { steps -> [[String]] in
                    guard step == "*" else { return [steps + [step]] }
                    let known = values.keys.map(ConfigurationPath.steps)
                        .filter { $0.count > steps.count && Array($0.prefix(steps.count)) == steps }
                        .map { $0[steps.count] }
                    return Set(known).map { steps + [$0] }
                }
            }
            for steps in candidates where steps.map(Self.variableName).joined(separator: "_") == wanted {
                return (ConfigurationPath.path(steps), setting)
            }
        }
        return nil
    }

    /// The key of a listener or route that the file does not have: the variables alone may make one.
    ///
    /// Its name is the variable's in small letters. A domain is never made so: underscores cannot tell its dots.
    private func newVariablePath(_ variable: String) -> (String, Setting)? {
        for setting in Schema.settings {
            let steps = setting.steps
            guard steps.count == 3, steps[1] == "*", ["listeners", "routes"].contains(steps[0]) else { continue }
            let prefix = "MARTLET_\(Self.variableName(steps[0]))_"
            let suffix = "_\(Self.variableName(steps[2]))"
            guard variable.hasPrefix(prefix), variable.hasSuffix(suffix) else { continue }
            let name = variable.dropFirst(prefix.count).dropLast(suffix.count)
            guard !name.isEmpty, prefix.count + suffix.count < variable.count else { continue }
            return (ConfigurationPath.path([steps[0], name.lowercased(), steps[2]]), setting)
        }
        return nil
    }

    private static func variableName(_ step: String) -> String {
        String(step.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    /// The value of a setting's own default.
    static func standardValue(of setting: Setting, _ text: String) -> Value? {
        guard setting.kind == .list else {
            if case .success(let value) = ScalarReader.read(text, as: setting.kind) { return value }
            return nil
        }
        // Defaults are ours; a test reads every one of them.
        guard let node = try? Yams.compose(yaml: text), case .sequence(let sequence) = node else { return nil }
        return .list(sequence.compactMap(\.string))
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Schema {
    /// The setting at the end of these steps; nil when there is none.
    package static func setting(for steps: [String]) -> Setting? {
        settings.first { matches($0.steps, steps) }
    }

    /// Whether these steps lead to a setting or towards one.
    package static func isKnown(_ steps: [String]) -> Bool {
        settings.contains { setting in
            setting.steps.count >= steps.count && matches(Array(setting.steps.prefix(steps.count)), steps)
        }
    }

    /// The keys that may stand below these steps.
    package static func names(below steps: [String]) -> [String] {
        var names: [String] = []
        for setting in settings where setting.steps.count > steps.count {
            guard matches(Array(setting.steps.prefix(steps.count)), steps) else { continue }
            let name = setting.steps[steps.count]
            if name != "*" && !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func matches(_ pattern: [String], _ steps: [String]) -> Bool {
        pattern.count == steps.count && zip(pattern, steps).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
