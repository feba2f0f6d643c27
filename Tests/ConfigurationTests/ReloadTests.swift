import Configuration
import Testing

@Suite struct `Configuration that is read again` {
    private func read(_ text: String) throws -> ConfigurationDocument { try YAMLReader.read(text, place: "f") }

    private func reloaded(_ old: String, _ new: String) throws -> ConfigurationDocument.Reloaded {
        try read(old).reloaded(with: try read(new))
    }

    @Test func `What may change changes, what needs a restart keeps its value and is named`() throws {
        let reloaded = try reloaded(
            "hostname: a.test\nstore: sqlite:/a\ndelivery: {expiry: 5d, start: held}\ndns: {resolvers: [192.0.2.1]}\n",
            "hostname: b.test\nspool: /b\ndelivery: {expiry: 3d}\ndns: {timeout: 9s}\nlog: {format: text}\n"
        )
        #expect(reloaded.kept == ["delivery.start", "dns.resolvers", "hostname", "spool", "store"])
        let document = reloaded.document
        #expect(document.text("hostname") == "a.test")
        #expect(document.text("store") == "sqlite:/a")
        #expect(document.text("spool") == "/var/lib/martlet/spool")
        #expect(document.text("delivery.start") == "held")
        #expect(document.list("dns.resolvers") == ["192.0.2.1"])
        #expect(document.duration("delivery.expiry") == .seconds(3 * 86_400))
        #expect(document.duration("dns.timeout") == .seconds(9))
        #expect(document.text("log.format") == "text")
    }

    @Test func `A key that is written out at its default has not changed`() throws {
        #expect(try reloaded("", "store: sqlite:/var/lib/martlet/queue\ncontrol: /run/martlet/control\n").kept.isEmpty)
    }

    @Test func `Domains and routes come and go`() throws {
        let reloaded = try reloaded(
            "domains:\n  a.test: {kind: relay}\nroutes:\n  out: {domains: ['*'], host: a.test}\n",
            "domains:\n  b.test: {kind: relay}\n"
        )
        #expect(reloaded.kept.isEmpty)
        #expect(reloaded.document.names(below: "domains") == ["b.test"])
        #expect(reloaded.document.names(below: "routes").isEmpty)
    }

    @Test func `A listener takes over everything but its address and port`() throws {
        let reloaded = try reloaded(
            "listeners:\n  mx: {port: 25, tls: none}\n",
            "listeners:\n  mx: {port: 26, address: 192.0.2.1, tls: starttls, add_sender: true}\n"
        )
        #expect(reloaded.kept == ["listeners.mx.address", "listeners.mx.port"])
        #expect(reloaded.document.number("listeners.mx.port") == 25)
        #expect(reloaded.document.text("listeners.mx.address") == "0.0.0.0")
        #expect(reloaded.document.text("listeners.mx.tls") == "starttls")
        #expect(reloaded.document.flag("listeners.mx.add_sender"))
    }

    @Test func `A listener that came or went waits for a restart as a whole`() throws {
        let reloaded = try reloaded(
            "listeners:\n  mx: {port: 25}\n  users: {port: 587, role: submission, tls: starttls}\n",
            "listeners:\n  mx: {port: 25}\n  more: {port: 465, role: submission, tls: implicit}\n"
        )
        #expect(reloaded.kept == ["listeners.more", "listeners.users"])
        #expect(reloaded.document.names(below: "listeners") == ["mx", "users"])
        #expect(reloaded.document.text("listeners.users.role") == "submission")
        #expect(reloaded.document.text("listeners.users.tls") == "starttls")
    }

    @Test func `The one listener of a file that names none is called mx`() throws {
        let appeared = try reloaded("", "listeners:\n  users: {port: 587, role: submission}\n")
        #expect(appeared.kept == ["listeners.mx", "listeners.users"])
        #expect(appeared.document.names(below: "listeners").isEmpty)
        let vanished = try reloaded("listeners:\n  mx: {port: 2525}\n", "")
        #expect(vanished.kept == ["listeners.mx.port"])
        #expect(vanished.document.number("listeners.mx.port") == 2525)
    }

    @Test func `A second reload is compared with what is in force, not with the file before`() throws {
        let first = try reloaded("hostname: a.test\n", "hostname: b.test\n")
        let second = first.document.reloaded(with: try read("hostname: b.test\n"))
        #expect(second.kept == ["hostname"])
        #expect(second.document.text("hostname") == "a.test")
        let back = second.document.reloaded(with: try read("hostname: a.test\n"))
        #expect(back.kept.isEmpty)
    }

    @Test func `The default file marks exactly the keys that need a restart`() {
        let marked = DefaultFile.text.split(separator: "\n").filter { $0.hasSuffix("[restart]") }
        let settings = Schema.settings.filter { $0.change == .restart }
        #expect(marked.count == settings.count)
        for setting in settings { #expect(marked.contains { $0.contains(setting.help) }, "\(setting.path)") }
        #expect(settings.map(\.path).contains("hostname"))
        #expect(!settings.map(\.path).contains("tls.certificate"))
    }

    @Test func `The keys that were given and need a restart can be listed`() throws {
        let document = try read("hostname: a.test\nlisteners:\n  mx: {port: 25, tls: none}\nlog: {format: text}\n")
        #expect(document.givenRestartKeys == ["hostname", "listeners.mx.port"])
    }

    @Test func `Forwards have one address or several`() throws {
        let document = try read(
            "domains:\n  a.test:\n    forwards:\n      info: [x@b.test, y@b.test]\n      al.ice: z@b.test\n      '*': w@b.test\n"
        )
        let path = ConfigurationPath.path(["domains", "a.test", "forwards"])
        #expect(document.names(below: path) == ["*", "al.ice", "info"])
        #expect(document.list("\(path).info") == ["x@b.test", "y@b.test"])
        #expect(document.list(ConfigurationPath.path(["domains", "a.test", "forwards", "al.ice"])) == ["z@b.test"])
    }
}
