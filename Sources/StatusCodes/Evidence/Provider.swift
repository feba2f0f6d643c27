/// Whose mail system a peer is, where that changes what a code means.
public struct Provider: Hashable, Sendable {
    /// Its name in rules and output, lower case.
    public let name: String
    /// Makes a provider by name.
    public init(name: String) { self.name = name }

    /// Gmail and Google Workspace.
    public static let google = Self(name: "google")
    /// Exchange Online and Outlook.com.
    public static let microsoft = Self(name: "microsoft")
    /// GoDaddy's outgoing and incoming servers.
    public static let godaddy = Self(name: "godaddy")

    /// The provider that runs an MX host; nil when the name says nothing.
    public init?(mxHost: String) {
        let host = mxHost.lowercased()
        guard let known = Self.hosts.first(where: { host.hasSuffix($0.suffix) || host == $0.suffix.dropFirst() }) else {
            return nil
        }
        self = known.provider
    }

    private static let hosts: [(suffix: String, provider: Provider)] = [
        (".google.com", .google), (".googlemail.com", .google), (".mail.protection.outlook.com", .microsoft),
        (".olc.protection.outlook.com", .microsoft), (".mx.microsoft", .microsoft), (".secureserver.net", .godaddy),
    ]
}
