/// Every key of the configuration file.
///
/// `config default` prints it, `config check` checks by it, the manual shows it.
package enum Schema {
    /// A part of the file, with the sentence that introduces it.
    package struct Section: Sendable {
        /// Its top-level key.
        package let key: String
        /// What it is about.
        package let help: String
        /// An example for a map whose names the operator chooses, as YAML below the key.
        package let example: String?
    }

    /// The parts, in the order of the file.
    package static let sections: [Section] = [
        Section(key: "hostname", help: "", example: nil),
        Section(
            key: "listeners",
            help:
                "Where clients connect, by a name of your choice. What you write here replaces the one listener below.",
            example: """
                  # submission:
                  #   port: 587
                  #   tls: starttls
                  #   role: submission
                  # submissions:
                  #   port: 465
                  #   tls: implicit
                  #   role: submission
                """
        ),
        Section(key: "tls", help: "Our certificate, for listeners with tls: starttls or implicit.", example: nil),
        Section(key: "store", help: "", example: nil),
        Section(key: "spool", help: "", example: nil),
        Section(key: "accounts", help: "", example: nil),
        Section(
            key: "domains",
            help: "Domains that we take mail for, by name.",
            example: """
                  # example.org:
                  #   kind: local               # mail ends here, in Maildirs
                  #   mailboxes:
                  #     alice: /var/mail/alice
                  #   forwards:
                  #     info: [alice@example.org, office@example.com]
                  # example.net:
                  #   kind: relay               # mail is passed on to the domain's MX or a route
                  #   recipients: [bob@example.net]
                """
        ),
        Section(
            key: "routes",
            help: "Next hops that you decide instead of MX records, by a name of your choice.",
            example: """
                  # upstream:
                  #   domains: ["*"]            # everything that has no route of its own
                  #   host: smtp.example.com
                  #   port: 587
                  #   tls: verified
                  #   username: relay
                  #   password_file: /etc/martlet/upstream.password
                """
        ),
        Section(key: "delivery", help: "How mail goes out, how long we try, when senders hear of it.", example: nil),
        Section(key: "policy", help: "Who may do what, and how much of it.", example: nil),
        Section(key: "status", help: "What replies and status codes mean.", example: nil),
        Section(key: "reports", help: "Reports to senders.", example: nil),
        Section(
            key: "bounces",
            help: "Return-paths of our own, by which reports that come later find their message.",
            example: """
                    # exchange:
                    #   path: /var/lib/martlet/mailboxes/exchange
                """
        ),
        Section(key: "log", help: "", example: nil),
        Section(key: "dns", help: "Where names are looked up.", example: nil),
        Section(key: "control", help: "", example: nil),
        Section(key: "drop", help: "", example: nil),
    ]

    private static let port = Setting.Kind.number(0...65_535)

    /// The keys, in the order of the file.
    package static let settings: [Setting] = [
        Setting(
            "hostname",
            .text,
            nil,
            "Our name in greeting, EHLO, trace and reports; this machine's own when absent.",
            change: .restart
        ),

        Setting(
            "listeners.*.address",
            .text,
            "0.0.0.0",
            "The address to listen on; \"::\" for both families.",
            change: .restart
        ),
        Setting("listeners.*.port", port, "25", "The port.", change: .restart),
        Setting("listeners.*.tls", .choice(["none", "starttls", "implicit"]), "none", "How TLS comes about."),
        Setting(
            "listeners.*.role",
            .choice(["mx", "submission"]),
            "mx",
            "mx takes mail from other hosts; submission from our users, who log in."
        ),
        Setting(
            "listeners.*.proxy_protocol",
            .list,
            "[]",
            "Networks of proxies that begin each connection with a PROXY header; empty when there are none."
        ),
        Setting(
            "listeners.*.add_sender",
            .flag,
            "false",
            "submission: add a Sender field with the account's name where From has another address."
        ),

        Setting("tls.certificate", .path, nil, "PEM file with our certificate chain."),
        Setting("tls.key", .path, nil, "PEM file with its private key."),

        Setting(
            "store",
            .text,
            "sqlite:/var/lib/martlet/queue",
            "Where the queue lies: sqlite:FOLDER.",
            change: .restart
        ),
        Setting("spool", .path, "/var/lib/martlet/spool", "Folder for messages above 64 KiB.", change: .restart),
        Setting(
            "accounts",
            .path,
            "/var/lib/martlet/accounts",
            "File of the accounts that may log in; see: martlet user. Changes inside it are seen at once.",
            change: .restart
        ),

        Setting(
            "domains.*.kind",
            .choice(["local", "relay"]),
            "relay",
            "local: mail ends here; relay: it is passed on."
        ),
        Setting(
            "domains.*.mailboxes.*",
            .path,
            nil,
            "Local part and Maildir of a local mailbox; \"*\" takes all others."
        ),
        Setting(
            "domains.*.recipients",
            .list,
            nil,
            "Addresses that exist in a relay domain; every one when absent."
        ),
        Setting(
            "domains.*.forwards.*",
            .list,
            nil,
            "Local part and the addresses that it stands for; \"*\" for all that have no mailbox."
        ),

        Setting(
            "routes.*.domains",
            .list,
            "[]",
            "Recipient domains; .example.net covers subdomains, \"*\" all others."
        ),
        Setting("routes.*.host", .text, nil, "The next hop: a name or an address, no MX look-up."),
        Setting("routes.*.hosts", .list, nil, "Several next hops, tried in this order."),
        Setting("routes.*.port", port, "25", "Its port."),
        Setting(
            "routes.*.tls",
            .choice(["none", "opportunistic", "required", "verified"]),
            "opportunistic",
            "none; where offered; demanded; demanded with a certificate valid for the host."
        ),
        Setting("routes.*.username", .text, nil, "Account to log in with."),
        Setting("routes.*.password_file", .path, nil, "File whose first line is its password."),

        Setting(
            "delivery.start",
            .choice(["running", "held"]),
            "running",
            "held: accept and keep, deliver nothing yet.",
            change: .restart
        ),
        Setting("delivery.port", port, "25", "The port of MX hosts."),
        Setting("delivery.helo", .text, nil, "Our name in EHLO to others; the hostname when absent."),
        Setting(
            "delivery.permit_addresses",
            .list,
            "[]",
            "Networks that MX records may lead to although they are loopback or private."
        ),
        Setting("delivery.ipv6", .flag, "true", "Whether this machine can send over IPv6."),
        Setting(
            "delivery.connections",
            .number(1...10_000),
            "20",
            "Connections to one destination at a time; domains with the same MX are one."
        ),
        Setting(
            "delivery.recipients_per_transaction",
            .number(1...10_000),
            "100",
            "Recipients in one SMTP transaction."
        ),
        Setting("delivery.idle_timeout", .duration, "5s", "How long an unused connection to a next hop is kept."),
        Setting("delivery.retry.first", .duration, "30m", "The wait after the first failed attempt."),
        Setting("delivery.retry.growth", .number(100...1000), "150", "Each wait is so many percent of the one before."),
        Setting("delivery.retry.most", .duration, "4h", "No wait is longer."),
        Setting("delivery.retry.greylisted", .duration, "5m", "The wait after the first refusal by greylisting."),
        Setting("delivery.retry.network", .duration, "10m", "The wait after the first connection or DNS trouble."),
        Setting("delivery.expiry", .duration, "5d", "When a message is given up."),
        Setting("delivery.report_expiry", .duration, "5d", "When a report that cannot be delivered is given up."),
        Setting("delivery.delay_notice", .duration, "4h", "When a sender hears that a message waits; 0s for never."),

        Setting("policy.trusted_networks", .list, "[127.0.0.0/8, \"::1/128\"]", "Clients that may relay anywhere."),
        Setting(
            "policy.denied_networks",
            .list,
            "[]",
            "Clients whose mail reaches only postmaster and abuse of our domains (550 5.7.1)."
        ),
        Setting(
            "policy.denied_senders",
            .list,
            "[]",
            "Senders, addresses or @domain, whose mail reaches only those two (550 5.7.1)."
        ),
        Setting(
            "policy.limits.connections",
            .number(1...1_000_000),
            "10000",
            "Connections at a time (421 4.3.2)."
        ),
        Setting(
            "policy.limits.connections_per_address",
            .number(1...1_000_000),
            "50",
            "Connections of one client address (421 4.7.0)."
        ),
        Setting("policy.limits.message_size", .size, "50MiB", "The largest message (552 5.3.4)."),
        Setting("policy.limits.recipients", .number(100...100_000), "1000", "Recipients of one message (452 4.5.3)."),
        Setting("policy.limits.errors", .number(1...100_000), "20", "Refused commands in a session (421 4.7.0)."),
        Setting("policy.limits.content_memory", .size, "48MiB", "Memory for content in all (452 4.3.1)."),

        Setting("status.rules", .path, nil, "File of rules of yours that are tried before the built-in ones."),
        Setting("status.registry", .path, nil, "Folder with a newer enhanced-status-codes.csv or reply-codes.csv."),

        Setting(
            "reports.language",
            .choice(["en", "de", "fr", "es", "ja", "zh-Hans"]),
            "en",
            "The language in which reports explain what happened."
        ),
        Setting("reports.sender", .text, nil, "From of reports; mailer-daemon@HOSTNAME when absent."),
        Setting("reports.postmaster", .text, nil, "The person to ask; postmaster@HOSTNAME when absent."),
        Setting("reports.postmaster_mailbox", .path, nil, "Maildir that postmaster and abuse of our domains reach."),

        Setting(
            "bounces.domain",
            .text,
            nil,
            "Domain of the return-paths of mail that our users send; its MX is this machine. Mail keeps its own when absent."
        ),
        Setting(
            "bounces.key_file",
            .path,
            nil,
            "File with the key that signs them, one a line: the first signs, all of them are accepted."
        ),
        Setting("bounces.feedback", .text, "feedback", "Local part in that domain for feedback loops."),
        Setting(
            "bounces.mailboxes.*.path",
            .path,
            nil,
            "A mailbox of this machine; reports in it are taken, everything else stays."
        ),
        Setting(
            "bounces.mailboxes.*.kind",
            .choice(["maildir", "mbox"]),
            "maildir",
            "maildir: what was taken is marked as seen; mbox: it is cut off."
        ),
        Setting("bounces.mailboxes.*.interval", .duration, "60s", "How long to wait between two looks; at least 5s."),

        Setting("log.format", .choice(["json", "text"]), "json", "JSON lines, or lines shaped like Postfix's."),
        Setting("log.file", .path, nil, "Where to; standard error when absent."),

        Setting(
            "dns.resolvers",
            .list,
            "[]",
            "HOST:PORT of resolvers; those of this machine when empty.",
            change: .restart
        ),
        Setting(
            "dns.trust_anchor",
            .path,
            nil,
            "File of DNSSEC trust anchors; no validation when absent.",
            change: .restart
        ),
        Setting("dns.timeout", .duration, "20s", "How long one look-up may take."),

        Setting("control", .path, "/run/martlet/control", "Unix socket for the command line.", change: .restart),
        Setting(
            "drop",
            .path,
            "/var/lib/martlet/drop",
            "Folder where sendmail leaves mail while no service answers; mode 1730, group martlet.",
            change: .restart
        ),
    ]
}
