import Configuration
import Testing

@Suite struct `Configuration file` {
    @Test func `The printed default file reads back as the defaults`() throws {
        let document = try YAMLReader.read(DefaultFile.text, place: "default")
        let defaults = ConfigurationDocument()
        for setting in Schema.settings where !setting.path.contains("*") {
            #expect(document.text(setting.path) == defaults.text(setting.path), "\(setting.path)")
            #expect(document.number(setting.path) == defaults.number(setting.path), "\(setting.path)")
            #expect(document.flag(setting.path) == defaults.flag(setting.path), "\(setting.path)")
            #expect(document.duration(setting.path) == defaults.duration(setting.path), "\(setting.path)")
            #expect(document.list(setting.path) == defaults.list(setting.path), "\(setting.path)")
        }
        #expect(document.names(below: "listeners") == ["mx"])
        #expect(document.number("listeners.mx.port") == 25)
        #expect(document.list("policy.trusted_networks") == ["127.0.0.0/8", "::1/128"])
    }

    @Test func `Every setting has a help text and a default of its own kind`() {
        for setting in Schema.settings {
            #expect(!setting.help.isEmpty, "\(setting.path)")
            guard let standard = setting.standard, setting.kind != .list else { continue }
            guard case .success = ScalarReader.read(standard, as: setting.kind) else {
                Issue.record("\(setting.path): \(standard)")
                continue
            }
        }
    }

    @Test(arguments: [
        ("delivry:\n  expiry: 5d\n", 1, "unknown key delivry; did you mean delivery?"),
        ("delivery:\n  expirey: 5d\n", 2, "unknown key delivery.expirey; did you mean expiry?"),
        (
            "delivery:\n  expiry: soon\n", 2,
            "delivery.expiry takes a length of time such as 30s, 10m, 4h or 5d, not soon"
        ),
        ("delivery:\n  start: runing\n", 2, "delivery.start takes running, held, not runing; did you mean running?"),
        (
            "listeners:\n  mx:\n    port: 99999\n", 3,
            "listeners.mx.port takes a whole number from 0 to 65535, not 99999"
        ),
        ("hostname: [a, b]\n", 1, "hostname takes one value, not a list"),
    ])
    func `A mistake is named with its line and a way out`(text: String, line: Int, sentence: String) throws {
        let problems = try #require(throws: ConfigurationProblems.self) { try YAMLReader.read(text, place: "f") }
        #expect(problems.problems == [ConfigurationProblem(place: "f", line: line, sentence)])
    }

    @Test func `Every mistake of a file is named at once`() throws {
        let problems = try #require(throws: ConfigurationProblems.self) {
            try YAMLReader.read("hostnam: x\nlog:\n  format: xml\n", place: "f")
        }
        #expect(problems.problems.count == 2)
    }

    @Test func `A variable of the environment wins over the file`() throws {
        let document = try YAMLReader.read(
            "listeners:\n  mx:\n    port: 25\ndelivery:\n  expiry: 5d\n",
            place: "f",
            environment: [
                "MARTLET_LISTENERS_MX_PORT": "2525", "MARTLET_DELIVERY_EXPIRY": "3d",
                "MARTLET_POLICY_TRUSTED_NETWORKS": "10.0.0.0/8, 192.0.2.1",
            ]
        )
        #expect(document.number("listeners.mx.port") == 2525)
        #expect(document.duration("delivery.expiry") == .seconds(3 * 86_400))
        #expect(document.list("policy.trusted_networks") == ["10.0.0.0/8", "192.0.2.1"])
    }

    @Test func `A listener or a route may come from the environment alone`() throws {
        let document = try YAMLReader.read(
            "",
            place: "f",
            environment: [
                "MARTLET_LISTENERS_MX_PORT": "2525", "MARTLET_LISTENERS_MX_PROXY_PROTOCOL": "192.0.2.0/24",
                "MARTLET_ROUTES_UPSTREAM_PASSWORD_FILE": "/run/secret", "MARTLET_DOMAINS_EXAMPLE_ORG_KIND": "local",
                "MARTLET_LISTENERS__PORT": "26",
            ]
        )
        #expect(document.names(below: "listeners") == ["mx"])
        #expect(document.number("listeners.mx.port") == 2525)
        #expect(document.list("listeners.mx.proxy_protocol") == ["192.0.2.0/24"])
        #expect(document.text("routes.upstream.password_file") == "/run/secret")
        #expect(document.names(below: "domains") == [])
    }

    @Test func `A mistake in the environment names the variable`() throws {
        let problems = try #require(throws: ConfigurationProblems.self) {
            try YAMLReader.read("", place: "f", environment: ["MARTLET_DELIVERY_EXPIRY": "x"])
        }
        #expect(problems.problems.first?.place == "MARTLET_DELIVERY_EXPIRY")
    }

    @Test func `Names with dots are names, not paths`() throws {
        let document = try YAMLReader.read(
            "domains:\n  example.org:\n    kind: local\n    mailboxes:\n      al.ice: /m/alice\n",
            place: "f"
        )
        #expect(document.names(below: "domains") == ["example.org"])
        #expect(document.text("domains.\"example.org\".kind") == "local")
        #expect(document.names(below: "domains.\"example.org\".mailboxes") == ["al.ice"])
    }

    @Test(arguments: [("1h30m", 5400), ("5d", 432_000), ("0s", 0), ("90s", 90)])
    func `Durations add up`(text: String, seconds: Int) {
        #expect(ScalarReader.read(text, as: .duration) == .success(.duration(.seconds(seconds))))
    }

    @Test(arguments: ["", "5", "d", "5w", "-5s", "99999999999999d"])
    func `What is no duration is refused`(text: String) {
        guard case .failure = ScalarReader.read(text, as: .duration) else {
            Issue.record("\(text) was taken")
            return
        }
    }
}
