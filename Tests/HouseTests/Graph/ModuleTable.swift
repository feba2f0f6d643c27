/// What one module may import: the architecture's table of modules as data.
///
/// Each module imports only from rows above it, never sideways into another adapter, and only the executable names
/// concrete adapters. A module that is not here may not exist; adding a row is a decision that needs an ADR.
struct ModuleRow: Sendable {
    /// 0 and 1 are pure, 2 are adapters, 3 services, 4 the executable.
    let layer: Int
    let name: String
    /// Modules of this package.
    let inside: Set<String>
    /// Modules of other packages and of the system.
    let outside: Set<String>

    private init(_ layer: Int, _ name: String, inside: Set<String>, outside: Set<String> = []) {
        self.layer = layer
        self.name = name
        self.inside = inside
        self.outside = outside
    }

    /// Pure modules have no files, clocks, locks, threads or sockets, hence nothing from the system either.
    var isPure: Bool { layer <= 1 }

    static let pureModules: Set<String> = [
        "StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports", "BounceAnalysis", "SenderAuthentication",
        "Delivery",
    ]
    static let adapters: Set<String> = [
        "StoreSQLite", "StorePostgres", "ResolverUnbound", "SMTPTransport", "MailDrop",
    ]
    static let services: Set<String> = ["Relay", "Simulator", "Console"]

    /// Layer 2 and above stand on the system.
    private static let system: Set<String> = ["Foundation", "Dispatch", "Darwin", "Glibc", "Musl", "Synchronization"]
    /// Layer 3 reaches the network through `SMTPTransport` and therefore shares its event loops and TLS contexts.
    private static let transport: Set<String> = [
        "NIOCore", "NIOPosix", "NIOSSL", "NIOConcurrencyHelpers", "Crypto", "Logging",
    ]

    static let all: [ModuleRow] = [
        ModuleRow(0, "StatusCodes", inside: []),
        ModuleRow(0, "MailFormat", inside: ["StatusCodes"]),
        ModuleRow(1, "SMTPProtocol", inside: ["StatusCodes", "MailFormat"]),
        ModuleRow(1, "DeliveryReports", inside: ["StatusCodes", "MailFormat", "SMTPProtocol"]),
        ModuleRow(1, "BounceAnalysis", inside: ["StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports"]),
        ModuleRow(1, "SenderAuthentication", inside: ["StatusCodes", "MailFormat"], outside: ["Crypto"]),
        ModuleRow(1, "Delivery", inside: pureModules.subtracting(["Delivery"])),
        ModuleRow(2, "StoreSQLite", inside: pureModules, outside: system.union(["CSQLite"])),
        ModuleRow(2, "StorePostgres", inside: pureModules, outside: system.union(["CPostgres", "CPQ"])),
        ModuleRow(
            2,
            "ResolverUnbound",
            inside: pureModules,
            outside: system.union(["CUnbound", "CIDN2", "CPSL"])
        ),
        ModuleRow(2, "SMTPTransport", inside: pureModules, outside: system.union(transport).union(["NIO", "NIOTLS"])),
        ModuleRow(2, "MailDrop", inside: ["MailFormat"], outside: ["Glibc", "Musl"]),
        ModuleRow(
            3,
            "Relay",
            inside: pureModules.union(["SMTPTransport", "MailDrop"]),
            outside: system.union(transport).union([
                "ServiceLifecycle", "Metrics", "CArgon2", "AsyncHTTPClient",
            ])
        ),
        ModuleRow(
            3,
            "Simulator",
            inside: pureModules.union(["SMTPTransport"]),
            outside: system.union(transport).union(["ServiceLifecycle"])
        ),
        ModuleRow(
            3,
            "Console",
            inside: pureModules.union(["SMTPTransport", "Relay"]),
            outside: system.union(transport).union(["ServiceLifecycle", "Hummingbird", "HummingbirdTLS", "Mustache"])
        ),
        ModuleRow(4, "Configuration", inside: [], outside: ["Yams"]),
        ModuleRow(4, "martlet-drop", inside: ["MailDrop"], outside: ["Glibc", "Musl"]),
        ModuleRow(
            4,
            "martlet",
            inside: pureModules.union(adapters).union(services).union(["Configuration"]),
            outside: system.union(transport).union([
                "ArgumentParser", "Metrics", "ServiceLifecycle", "UnixSignals", "CMalloc",
            ])
        ),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

/// Modules that help tests: a protocol's contract suite and fakes live here, and no product module imports them.
enum SupportModules {
    static let names: Set<String> = ["SMTPTesting", "StoreTesting", "ResolverTesting", "FuzzTargets", "CFaultVFS"]
    /// The pure modules, the test library, the system and, for scripted peers, event loops.
    static let allowed: Set<String> = ModuleRow.pureModules.union([
        "Testing", "Foundation", "Glibc", "Dispatch", "Synchronization", "NIOCore", "NIOPosix", "NIOSSL",
    ])
}

/// C targets that only carry a module map.
let systemTargets: Set<String> = ["CUnbound", "CIDN2", "CArgon2", "CPSL", "CPostgres", "CPQ", "CSQLite", "CMalloc"]
