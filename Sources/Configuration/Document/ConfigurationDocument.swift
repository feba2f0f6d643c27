/// A configuration that has been read and found well-formed: a value for every key that was given or has a default.
package struct ConfigurationDocument: Sendable {
    private var values: [String: Value]

    /// A document with no key given: the defaults.
    package init() {
        self.init(values: [:])
    }

    init(values: [String: Value]) {
        self.values = values
    }

    /// Whether a key was given.
    package func isGiven(_ path: String) -> Bool { values[path] != nil }

    /// The names below a map such as `listeners`, sorted.
    package func names(below path: String) -> [String] {
        let prefix = path + "."
        let names = values.keys.filter { $0.hasPrefix(prefix) }.map { key in
            ConfigurationPath.steps(String(key.dropFirst(prefix.count))).first ?? ""
        }
        return Set(names).sorted()
    }

    /// A text; nil when absent without a default.
    package func text(_ path: String) -> String? {
        if case .text(let text) = value(path) { text } else { nil }
    }

    /// A number or an amount of bytes; 0 when absent without a default.
    package func number(_ path: String) -> Int {
        if case .number(let number) = value(path) { number } else { 0 }
    }

    /// True or false; false when absent without a default.
    package func flag(_ path: String) -> Bool {
        if case .flag(let flag) = value(path) { flag } else { false }
    }

    /// A length of time; zero when absent without a default.
    package func duration(_ path: String) -> Duration {
        if case .duration(let duration) = value(path) { duration } else { .zero }
    }

    /// A list; nil when absent without a default.
    package func list(_ path: String) -> [String]? {
        if case .list(let list) = value(path) { list } else { nil }
    }

    /// A key in force.
    package struct Entry: Hashable, Sendable {
        /// The key's path.
        package let key: String
        /// Its value, as the file would have it.
        package let value: String
        /// Nobody gave it.
        package let isDefault: Bool
    }

    /// Every key in force with its value, in the order of the schema.
    package var entries: [Entry] {
        var entries: [Entry] = []
        for setting in Schema.settings {
            let given = values.keys.filter { Schema.setting(for: ConfigurationPath.steps($0))?.path == setting.path }
                .sorted()
            if given.isEmpty, !setting.path.contains("*"), let value = value(setting.path) {
                entries.append(Entry(key: setting.path, value: "\(value)", isDefault: true))
            }
            for path in given {
                if let value = values[path] { entries.append(Entry(key: path, value: "\(value)", isDefault: false)) }
            }
        }
        return entries
    }

    /// The same as lines, `key: value`; defaults are marked.
    package var lines: [String] {
        entries.map { "\($0.key): \($0.value)" + ($0.isDefault ? "  # default" : "") }
    }

    /// The keys that were given and whose change needs a restart.
    package var givenRestartKeys: [String] {
        values.keys.filter { Schema.setting(for: ConfigurationPath.steps($0))?.change == .restart }.sorted()
    }

    /// Sets a key, or makes it one that was not given.
    mutating func set(_ path: String, _ value: Value?) { values[path] = value }

    /// Removes every key below a path.
    mutating func remove(below path: String) {
        for key in values.keys where key.hasPrefix("\(path).") { values[key] = nil }
    }

    /// Takes every key below a path from another document.
    mutating func copy(below path: String, from other: ConfigurationDocument) {
        for (key, value) in other.values where key.hasPrefix("\(path).") { values[key] = value }
    }

    /// The value in force; nil when absent without a default.
    func value(_ path: String) -> Value? {
        if let value = values[path] { return value }
        guard let setting = Schema.setting(for: ConfigurationPath.steps(path)), let standard = setting.standard else {
            return nil
        }
        return YAMLReader.standardValue(of: setting, standard)
    }
}

/// Paths of keys.
///
/// A name that holds a dot (a domain) is quoted: `domains."example.net".kind`.
package enum ConfigurationPath {
    /// The path of steps.
    package static func path(_ steps: [String]) -> String {
        steps.map { $0.contains(".") || $0.contains("\"") ? "\"\($0)\"" : $0 }.joined(separator: ".")
    }

    /// The steps of a path.
    package static func steps(_ path: String) -> [String] {
        var steps: [String] = []
        var current = ""
        var isQuoted = false
        for character in path {
            switch character {
            case "\"": isQuoted.toggle()
            case "." where !isQuoted:
                steps.append(current)
                current = ""
            default: current.append(character)
            }
        }
        steps.append(current)
        return steps
    }
}
