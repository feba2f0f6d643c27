package import Delivery
package import NIOSSL
package import SMTPProtocol

/// What a relay does by its configuration, as far as a reload may change it while the relay runs.
package struct RelaySettings: Sendable {
    /// Who may send where, where mail goes, bounds.
    package var configuration: RelayConfiguration
    /// Retries, limits, fixed destinations.
    package var planner: PlannerConfiguration
    /// What reports say of us.
    package var reports: ReportComposer.Settings
    /// Credentials by the name of their route.
    package var logins: [String: ClientLogin]
    /// TLS towards hosts that nobody vouches for.
    package var opportunisticTLS: NIOSSLContext
    /// TLS towards hosts whose certificate is checked.
    package var verifiedTLS: NIOSSLContext

    /// Makes settings.
    package init(
        configuration: RelayConfiguration,
        planner: PlannerConfiguration,
        reports: ReportComposer.Settings,
        logins: [String: ClientLogin],
        opportunisticTLS: NIOSSLContext,
        verifiedTLS: NIOSSLContext
    ) {
        self.configuration = configuration
        self.planner = planner
        self.reports = reports
        self.logins = logins
        self.opportunisticTLS = opportunisticTLS
        self.verifiedTLS = verifiedTLS
    }
}
