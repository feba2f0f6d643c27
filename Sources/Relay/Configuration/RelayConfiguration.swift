package import Delivery
package import MailFormat
package import NIOCore
import SMTPProtocol
package import StatusCodes

/// What the relay needs to know, as values; the command line makes it from the configuration file.
package struct RelayConfiguration: Sendable {
    /// Our name in greeting, trace and reports.
    package var hostname: String
    /// The node's number, 0…63, and the lease holder.
    package var node: Int64 = 0
    /// Who may send where.
    package var admission = Admission()
    /// Local mailboxes.
    ///
    /// address in lower case to the path of a Maildir. A key `@domain` takes what has no box of its own.
    package var mailboxes: [String: String] = [:]
    /// Addresses of ours that stand for others.
    package var forwards = ForwardTable()
    /// Where late reports come in; nil where mail keeps its reverse-path.
    ///
    /// Its domain is one of `admission.localDomains`.
    package var bounces: BounceAddresses?
    /// Mailboxes of other programs in which reports are looked for, where `bounces` is set.
    package var reportMailboxes: [ReportMailbox] = []
    /// The folder of spool files.
    package var spool: String
    /// Whether deliveries wait for an operator's word.
    package var startsHeld = false
    /// Bounds of the whole process.
    package var limits = ProcessLimits()
    /// Where mail goes and how.
    package var routing = Routing()
    /// What replies mean: the built-in rules, or with the operator's.
    package var decisions = DecisionRules.builtIn

    /// Makes a configuration with defaults for what is not named.
    package init(hostname: String, spool: String) {
        self.hostname = hostname
        self.spool = spool
    }

    /// Who may send where.
    package struct Admission: Sendable {
        /// Domains that end here, lower case.
        package var localDomains: Set<String> = []
        /// Domains whose mail is taken from anybody and passed on, lower case.
        package var relayDomains: Set<String> = []
        /// The recipients of relay domains that exist, lower case; a domain that is not a key takes any local part.
        package var relayRecipients: [String: Set<String>] = [:]
        /// Clients that may relay anywhere.
        package var trustedNetworks: [IPNetwork] = []
        /// Clients that are turned away: on role mx at RCPT (550 5.7.1), except to the postmaster, else in the greeting (554
        /// 5.7.1).
        package var deniedNetworks: [IPNetwork] = []
        /// Senders that are refused (550 5.7.1), on role mx at RCPT, except to the postmaster: addresses, or domains with a
        /// leading `@`; lower case.
        package var deniedSenders: Set<String> = []

        /// Nobody but clients of our own domains.
        package init() {}
    }

    /// Bounds of the whole process.
    package struct ProcessLimits: Sendable {
        /// Connections open at a time.
        ///
        /// Beyond: 421 4.3.2-overloaded.
        package var connections = 10_000
        /// Connections from one client address.
        ///
        /// Beyond: 421 4.7.0-too-many-connections.
        package var connectionsPerAddress = 50
        /// Memory for content that arrives, waits or is on its way, in bytes.
        ///
        /// None left: 452 4.3.1-disk-full.
        package var contentMemory = 64 << 20
        /// Content above this many bytes is streamed to the spool.
        package var inlineContent = 65_536

        /// The default bounds.
        package init() {}
    }

    /// Where mail goes and how.
    package struct Routing: Sendable {
        /// How hosts are found and which are refused.
        package var policy: RoutingPolicy
        /// Routes by their name: where a destination that the planner calls by that name leads.
        package var fixed: [String: Route] = [:]
        /// Connections at a time to one destination.
        package var connectionsPerDestination = 20
        /// How long an unused connection to a next hop is kept.
        package var idleTimeout: TimeAmount = .seconds(5)
        /// How long one look-up may take.
        package var lookupTime: Duration = .seconds(20)
        /// The name we say in EHLO; the hostname unless the operator says otherwise.
        package var heloName: String?
        /// The largest number of look-ups remembered.
        package var rememberedRoutes = 20_000

        /// MX, as the RFC has it.
        package init(policy: RoutingPolicy = RoutingPolicy()) { self.policy = policy }
    }
}
