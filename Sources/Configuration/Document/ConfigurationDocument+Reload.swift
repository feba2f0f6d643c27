// What a running service takes over from a file that was read again.
extension ConfigurationDocument {
    /// A document with what may change while the service runs, and the rest as it was.
    package struct Reloaded: Sendable {
        /// What is in force now.
        package var document: ConfigurationDocument
        /// Keys that differ in the file and keep their old value until a restart, sorted.
        package var kept: [String]
    }

    /// The document of a service that runs with this one and has read `changed`.
    ///
    /// A listener is opened at the start: one that came or went waits for a restart as a whole, one that is there in
    /// both takes over everything but its address and port.
    package func reloaded(with changed: ConfigurationDocument) -> Reloaded {
        var reloaded = Reloaded(document: changed, kept: [])
        keepListeners(in: &reloaded)
        for setting in Schema.settings where setting.change == .restart && !setting.path.contains("*") {
            keep(setting.path, in: &reloaded)
        }
        reloaded.kept.sort()
        return reloaded
    }

    /// The names of the listeners; the one that is there when none is named too.
    private var listenerNames: [String] {
        let names = names(below: "listeners")
        return names.isEmpty ? ["mx"] : names
    }

    private func keepListeners(in reloaded: inout Reloaded) {
        let (old, new) = (listenerNames, reloaded.document.listenerNames)
        for name in new where !old.contains(name) {
            let path = ConfigurationPath.path(["listeners", name])
            reloaded.document.remove(below: path)
            reloaded.kept.append(path)
        }
        for name in old {
            let path = ConfigurationPath.path(["listeners", name])
            if new.contains(name) {
                for setting in Schema.settings where setting.change == .restart && setting.steps[0] == "listeners" {
                    keep("\(path).\(setting.steps[2])", in: &reloaded, isExplicit: true)
                }
            } else {
                reloaded.document.copy(below: path, from: self)
                reloaded.kept.append(path)
            }
        }
    }

    /// Keeps one key's value; `isExplicit` also where it is the default, so that its listener stays a named one.
    private func keep(_ path: String, in reloaded: inout Reloaded, isExplicit: Bool = false) {
        if value(path) != reloaded.document.value(path) { reloaded.kept.append(path) }
        reloaded.document.set(path, isExplicit || isGiven(path) ? value(path) : nil)
    }
}
