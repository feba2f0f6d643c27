/// The file that `config default` prints: every key with its default, what it does beside it.
package enum DefaultFile {
    /// The whole text.
    package static var text: String {
        var lines = [
            "# Martlet's configuration. Every key is shown with its default; delete what you do not change.",
            "# Check it with: martlet config check --config FILE",
            "# Every value may also come from the environment: MARTLET_DELIVERY_EXPIRY=3d",
            "# A running service takes changes over when it gets SIGHUP; where it says [restart], when it is started again.",
            "",
        ]
        for section in Schema.sections {
            if !section.help.isEmpty { lines.append("# \(section.help)") }
            let settings = Schema.settings.filter { $0.steps[0] == section.key }
            let isMap = section.key != "listeners" && settings.allSatisfy { $0.steps.dropFirst().first == "*" }
            lines += isMap ? map(section, settings) : plain(section, settings)
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n") + "\n"
    }

    private static func plain(_ section: Schema.Section, _ settings: [Setting]) -> [String] {
        var lines: [String] = []
        var open: [String] = []
        let named = section.key == "listeners" ? [] : settings.filter { $0.path.contains("*") }
        for setting in settings where !named.contains(where: { $0.path == setting.path }) {
            // The one default listener is called mx.
            let steps = setting.steps.map { $0 == "*" ? "mx" : $0 }
            let parents = Array(steps.dropLast())
            let shared = zip(open, parents).prefix { $0 == $1 }.count
            for depth in shared..<parents.count { lines.append("\(indent(depth))\(parents[depth]):") }
            open = parents
            lines.append("\(indent(parents.count))# \(help(setting))")
            let name = steps[steps.count - 1]
            lines.append(
                setting.standard.map { "\(indent(parents.count))\(name): \(quoted($0, setting.kind))" }
                    ?? "\(indent(parents.count))# \(name):"
            )
        }
        if let map = named.first?.steps[1] {
            lines.append("  # By a name of your choice:")
            lines += named.map { "  #   \($0.steps.dropFirst(3).joined(separator: ".")): \(help($0))" }
            lines.append("  \(map): {}")
        }
        if let example = section.example { lines += example.split(separator: "\n").map(String.init) }
        return lines
    }

    private static func map(_ section: Schema.Section, _ settings: [Setting]) -> [String] {
        var lines = settings.map { "#   \($0.steps.dropFirst(2).joined(separator: ".")): \(help($0))" }
        lines.append("\(section.key): {}")
        lines += (section.example ?? "").split(separator: "\n").map(String.init)
        return lines
    }

    private static func help(_ setting: Setting) -> String {
        setting.change == .restart ? "\(setting.help) [restart]" : setting.help
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private static func quoted(_ text: String, _ kind: Setting.Kind) -> String {
        kind == .text && text.contains(":") ? "\"\(text)\"" : text
    }
}
