import Configuration
import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOSSL
import Relay
import ResolverUnbound
import SMTPProtocol
import SMTPTransport
import StatusCodes
import StoreSQLite

/// The configuration file as the values that the parts of the relay take; what the schema cannot check is checked here.
struct Settings {
    let document: ConfigurationDocument
    /// Our name.
    let hostname: String

    /// Reads a document; the machine's own name is asked for where it gives none.
    init(_ document: ConfigurationDocument) {
        self.document = document
        hostname = document.text("hostname") ?? ProcessInfo.processInfo.hostName.lowercased()
    }

    /// The settings of a service that runs with these and has read its file again, and the keys that wait for a restart.
    func reloaded(with changed: ConfigurationDocument) -> (settings: Settings, kept: [String]) {
        let reloaded = document.reloaded(with: changed)
        return (Settings(reloaded.document, hostname: hostname), reloaded.kept)
    }

    private init(_ document: ConfigurationDocument, hostname: String) {
        self.document = document
        self.hostname = hostname
    }

    /// Something that is well-formed and yet wrong.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The folder of the embedded store.
    func storeFolder() throws -> String {
        let text = document.text("store") ?? ""
        guard text.hasPrefix("sqlite:"), text.count > 7 else {
            throw Problem("store takes sqlite:FOLDER, not \(text)")
        }
        return String(text.dropFirst(7))
    }

    /// The spool's folder.
    var spool: String { document.text("spool") ?? "/var/lib/martlet/spool" }
    /// The control socket.
    var control: String { document.text("control") ?? "/run/martlet/control" }
    /// The drop directory.
    var drop: String { document.text("drop") ?? "/var/lib/martlet/drop" }
    /// The accounts file.
    var accounts: String { document.text("accounts") ?? "/var/lib/martlet/accounts" }

    // MARK: Relay

    func relay() throws -> RelayConfiguration {
        var relay = RelayConfiguration(hostname: hostname, spool: spool)
        relay.startsHeld = document.text("delivery.start") == "held"
        relay.limits.connections = document.number("policy.limits.connections")
        relay.limits.connectionsPerAddress = document.number("policy.limits.connections_per_address")
        relay.limits.contentMemory = document.number("policy.limits.content_memory")
        relay.admission.trustedNetworks = try networks("policy.trusted_networks")
        relay.admission.deniedNetworks = try networks("policy.denied_networks")
        relay.admission.deniedSenders = Set((document.list("policy.denied_senders") ?? []).map { $0.lowercased() })
        try addBounces(to: &relay)
        try addDomains(to: &relay)
        relay.routing = try routing()
        relay.decisions = try decisions()
        return relay
    }

    /// What replies mean; files of the operator are read anew each time.
    private func decisions() throws -> DecisionRules {
        do throws(StatusTables.Problem) {
            return try StatusTables(rules: document.text("status.rules"), registry: document.text("status.registry"))
                .rules
        } catch {
            throw Problem("status.\(error.subject.rawValue): \(error)")
        }
    }

    func networks(_ path: String) throws -> [IPNetwork] {
        try (document.list(path) ?? []).map { text in
            guard let network = IPNetwork(text) else {
                throw Problem("\(path): \(text) is no network; write 192.0.2.0/24, 2001:db8::/32 or an address")
            }
            return network
        }
    }

    // MARK: Routing

    private func routing() throws -> RelayConfiguration.Routing {
        var policy = RoutingPolicy()
        if let own = DNSName(hostname) { policy.ownNames = [own] }
        policy.port = UInt16(document.number("delivery.port"))
        policy.permittedNetworks = try networks("delivery.permit_addresses")
        policy.families = document.flag("delivery.ipv6") ? .both : .onlyV4
        var routing = RelayConfiguration.Routing(policy: policy)
        routing.connectionsPerDestination = document.number("delivery.connections")
        routing.idleTimeout = TimeAmount(document.duration("delivery.idle_timeout"))
        routing.lookupTime = document.duration("dns.timeout")
        routing.heloName = document.text("delivery.helo")
        for name in document.names(below: "routes") { routing.fixed[name] = try route(name) }
        return routing
    }

    private func route(_ name: String) throws -> Route {
        guard name != LocalRoute.name else {
            throw Problem("routes.\(name) has the name of delivery to this machine's mailboxes; give it another")
        }
        let path = ConfigurationPath.path(["routes", name])
        let hosts = document.list("\(path).hosts") ?? document.text("\(path).host").map { [$0] } ?? []
        guard !hosts.isEmpty else { throw Problem("routes.\(name) needs a host") }
        let port = UInt16(document.number("\(path).port"))
        let targets = try hosts.map { host -> SmartHost in
            if let address = IPAddress(host) { return SmartHost(.address(address), port: port) }
            guard let dnsName = DNSName(host) else { throw Problem("routes.\(name).host: \(host) is no host name") }
            return SmartHost(.name(dnsName), port: port)
        }
        let tls: Route.TLSDemand =
            switch document.text("\(path).tls") {
            case "none": .never
            case "required": .encrypted
            case "verified": .verified
            default: .opportunistic
            }
        let username = document.text("\(path).username")
        guard (username == nil) == (document.text("\(path).password_file") == nil) else {
            throw Problem("routes.\(name) needs both username and password_file, or neither")
        }
        return Route(name: name, target: .hosts(targets), tls: tls, port: port, credentials: username.map { _ in name })
    }

    /// The credentials of routes that have some.
    func logins(_ primitives: any AuthenticationPrimitives) throws -> [String: ClientLogin] {
        var logins: [String: ClientLogin] = [:]
        for name in document.names(below: "routes") {
            let path = ConfigurationPath.path(["routes", name])
            guard let username = document.text("\(path).username") else { continue }
            let file = document.text("\(path).password_file") ?? ""
            guard let text = FileManager.default.contents(atPath: file) else {
                throw Problem("routes.\(name).password_file: \(file) cannot be read")
            }
            let password = Array(text.prefix { $0 != 0x0A && $0 != 0x0D })
            logins[name] = ClientLogin(
                credentials: ClientCredentials(account: username, password: password),
                primitives: primitives
            )
        }
        return logins
    }

    // MARK: Planner

    func planner(_ relay: RelayConfiguration) throws -> PlannerConfiguration {
        var planner = PlannerConfiguration()
        planner.destination.connections = document.number("delivery.connections")
        planner.destination.recipientsPerTransaction = document.number("delivery.recipients_per_transaction")
        planner.retry.lifetime = document.duration("delivery.expiry")
        planner.retry.reportLifetime = document.duration("delivery.report_expiry")
        let notice = document.duration("delivery.delay_notice")
        planner.retry.delayNotice = notice == .zero ? nil : notice
        let first = document.duration("delivery.retry.first")
        let most = document.duration("delivery.retry.most")
        guard first > .zero, most >= first else {
            throw Problem("delivery.retry.most must not be less than delivery.retry.first")
        }
        planner.retry.curves[.standard] = RetryDelays(
            first: first,
            growthPercent: document.number("delivery.retry.growth"),
            most: most
        )
        let greylisted = document.duration("delivery.retry.greylisted")
        guard greylisted > .zero else { throw Problem("delivery.retry.greylisted must be longer than nothing") }
        planner.retry.curves[.greylisting] = RetryDelays(
            first: greylisted,
            growthPercent: 200,
            most: max(greylisted, .seconds(3600))
        )
        let network = document.duration("delivery.retry.network")
        guard network > .zero else { throw Problem("delivery.retry.network must be longer than nothing") }
        planner.retry.curves[.network] = RetryDelays(
            first: network,
            growthPercent: 150,
            most: max(network, .seconds(4 * 3600))
        )
        for domain in relay.admission.localDomains { planner.fixedDestinations[domain] = LocalRoute.name }
        // RFC 5321 §4.5.1: postmaster without a domain is ours.
        planner.fixedDestinations[""] = LocalRoute.name
        for name in document.names(below: "routes") {
            let domains = document.list(ConfigurationPath.path(["routes", name, "domains"])) ?? []
            guard !domains.isEmpty else { throw Problem("routes.\(name) needs domains, or [\"*\"] for all") }
            for domain in domains { planner.fixedDestinations[domain.lowercased()] = name }
        }
        planner.seed = .random(in: .min ... .max)
        return planner
    }

    // MARK: Listeners

    func listeners(_ clock: RelayClock, mechanisms: ServerMechanisms? = nil) throws -> [RelayService.ListenerPlan] {
        var names = document.names(below: "listeners")
        if names.isEmpty { names = ["mx"] }
        let tls = try serverTLS()
        return try names.map { name in
            let path = ConfigurationPath.path(["listeners", name])
            let mode: TLSMode =
                switch document.text("\(path).tls") {
                case "starttls": .startTLS
                case "implicit": .implicit
                default: .none
                }
            guard mode == .none || tls != nil else {
                throw Problem("listeners.\(name) has tls; set tls.certificate and tls.key")
            }
            let role: ServerRole = document.text("\(path).role") == "submission" ? .submission : .mx
            var limits = ServerLimits()
            limits.messageSize = document.number("policy.limits.message_size")
            limits.recipients = document.number("policy.limits.recipients")
            limits.errors = document.number("policy.limits.errors")
            var server = ServerConfiguration(
                hostname: hostname,
                role: role,
                tls: mode,
                mechanisms: role == .submission ? [.scramSHA256, .plain, .login] : [],
                mechanismSource: mechanisms,
                limits: limits
            )
            guard role != .submission || mode != .none else {
                throw Problem("listeners.\(name) is for submission and needs tls: starttls or implicit (RFC 8314)")
            }
            server.addsSender = document.flag("\(path).add_sender")
            // RFC 5321 §6.4: mail of other hosts is passed on as it is.
            guard !server.addsSender || role == .submission else {
                throw Problem("listeners.\(name).add_sender is for role: submission; remove it, or change the role")
            }
            return RelayService.ListenerPlan(
                host: document.text("\(path).address") ?? "0.0.0.0",
                port: document.number("\(path).port"),
                settings: ServerListener(
                    name: name,
                    configuration: server,
                    tls: mode == .none ? nil : tls,
                    proxies: try networks("\(path).proxy_protocol"),
                    wallClock: { clock.wall }
                )
            )
        }
    }

    private func serverTLS() throws -> NIOSSLContext? {
        guard let certificate = document.text("tls.certificate"), let key = document.text("tls.key") else { return nil }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            )
            configuration.minimumTLSVersion = .tlsv12
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Problem("tls.certificate or tls.key cannot be used: \(error)")
        }
    }

    /// TLS towards other hosts.
    func clientTLS(isVerified: Bool) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = isVerified ? .fullVerification : .none
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
    }

    // MARK: Names

    func resolver() throws -> ResolverConfiguration {
        let servers = try (document.list("dns.resolvers") ?? []).map { text in
            guard let endpoint = IPEndpoint(text, defaultPort: 53) else {
                throw Problem("dns.resolvers: \(text) is no address; write 192.0.2.1 or 192.0.2.1:53")
            }
            return endpoint
        }
        var resolver = ResolverConfiguration(source: servers.isEmpty ? .system : .forward(servers))
        if let anchor = document.text("dns.trust_anchor") {
            resolver.trustAnchor = anchor == "root" ? .root : .file(anchor)
        }
        return resolver
    }

    // MARK: Store, reports

    func storeConfiguration() throws -> SQLiteStore.Configuration {
        var store = SQLiteStore.Configuration(directory: try storeFolder())
        store.spoolDirectory = spool
        return store
    }

    var reports: ReportComposer.Settings {
        var reports = ReportComposer.Settings(hostname: hostname)
        if let language = document.text("reports.language") { reports.language = language }
        if let sender = document.text("reports.sender") { reports.sender = sender }
        if let postmaster = document.text("reports.postmaster") { reports.postmaster = postmaster }
        return reports
    }
}
