// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where CI says so; a user's build must not break on a newer toolchain's warning.
let strict = Context.environment["MARTLET_STRICT"] != nil

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .executable(name: "martlet-drop", targets: ["martlet-drop"]),
        .library(name: "StatusCodes", targets: ["StatusCodes"]),
        .library(name: "MailFormat", targets: ["MailFormat"]),
        .library(name: "SMTPProtocol", targets: ["SMTPProtocol"]),
        .library(name: "DeliveryReports", targets: ["DeliveryReports"]),
        .library(name: "BounceAnalysis", targets: ["BounceAnalysis"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Layer 0: values and grammar; no sockets, files, clocks, locks, Foundation.
        .target(name: "StatusCodes", exclude: ["Catalogues"]),
        .target(name: "MailFormat"),

        // Layer 1: machines and decisions; the same rules.
        .target(name: "SMTPProtocol", dependencies: ["StatusCodes", "MailFormat"]),
        .target(
            name: "DeliveryReports",
            dependencies: ["StatusCodes", "MailFormat", "SMTPProtocol"],
            exclude: ["Catalogues"]
        ),
        .target(name: "BounceAnalysis", dependencies: ["StatusCodes", "MailFormat", "DeliveryReports"]),
        .target(name: "Delivery", dependencies: ["StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports"]),

        // Layer 2: adapters to the outside world.
        .target(
            name: "StoreSQLite",
            dependencies: [
                "StatusCodes", "MailFormat", "SMTPProtocol", "Delivery", "CSQLite",
            ]
        ),
        .target(name: "MailDrop", dependencies: ["MailFormat"]),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "ResolverUnbound",
            dependencies: ["StatusCodes", "MailFormat", "Delivery", "CUnbound", "CIDN2"]
        ),
        .target(
            name: "SMTPTransport",
            dependencies: [
                "StatusCodes", "MailFormat", "SMTPProtocol", "Delivery",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
        .systemLibrary(name: "CIDN2", providers: [.apt(["libidn2-dev"])]),
        .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),

        // Layer 3: services.
        .target(
            name: "Relay",
            dependencies: [
                "StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports", "BounceAnalysis", "Delivery",
                "SMTPTransport", "MailDrop", "CArgon2",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "Simulator",
            dependencies: [
                "StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports", "Delivery", "SMTPTransport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),

        // Layer 4: command line, configuration, composition root.
        .target(name: "Configuration", dependencies: [.product(name: "Yams", package: "Yams")]),
        .executableTarget(
            name: "martlet",
            dependencies: [
                "StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports", "BounceAnalysis", "Delivery",
                "StoreSQLite", "ResolverUnbound", "SMTPTransport", "Relay", "Simulator", "Configuration", "MailDrop",
                "CMalloc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .systemLibrary(name: "CMalloc"),
        .executableTarget(name: "martlet-drop", dependencies: ["MailDrop"]),

        // Test support: dialogue runner and scripted peers, the contract suite of every store, zones from text.
        .target(
            name: "SMTPTesting",
            dependencies: [
                "StatusCodes", "MailFormat", "SMTPProtocol", "Delivery",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/Support/SMTPTesting"
        ),
        .target(
            name: "StoreTesting",
            dependencies: ["StatusCodes", "MailFormat", "SMTPProtocol", "Delivery"],
            path: "Tests/Support/StoreTesting"
        ),
        .target(
            name: "CFaultVFS",
            path: "Tests/Support/CFaultVFS",
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
        .target(
            name: "ResolverTesting",
            dependencies: ["StatusCodes", "MailFormat", "Delivery"],
            path: "Tests/Support/ResolverTesting"
        ),
        .target(
            name: "FuzzTargets",
            dependencies: ["StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports", "BounceAnalysis"],
            path: "Tests/Support/FuzzTargets"
        ),

        .testTarget(name: "StatusCodesTests", dependencies: ["StatusCodes"], exclude: ["Fixtures"]),
        .testTarget(name: "MailFormatTests", dependencies: ["MailFormat"]),
        .testTarget(
            name: "SMTPProtocolTests",
            dependencies: ["SMTPProtocol", "SMTPTesting", "StatusCodes", "MailFormat"],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "DeliveryReportsTests",
            dependencies: ["DeliveryReports", "SMTPProtocol", "StatusCodes", "MailFormat"],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "BounceAnalysisTests",
            dependencies: ["BounceAnalysis", "DeliveryReports", "StatusCodes", "MailFormat"],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "Delivery", "DeliveryReports", "SMTPProtocol", "StatusCodes", "MailFormat", "ResolverTesting",
                "SMTPTesting",
            ]
        ),
        .testTarget(
            name: "StoreSQLiteTests",
            dependencies: [
                "StoreSQLite", "StoreTesting", "CFaultVFS", "Delivery", "SMTPProtocol", "StatusCodes", "MailFormat",
            ]
        ),
        .testTarget(
            name: "ResolverUnboundTests",
            dependencies: ["ResolverUnbound", "ResolverTesting", "Delivery", "StatusCodes", "MailFormat"]
        ),
        .testTarget(
            name: "SMTPTransportTests",
            dependencies: [
                "SMTPTransport", "SMTPTesting", "SMTPProtocol", "Delivery", "StatusCodes", "MailFormat",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "Relay", "Delivery", "StoreSQLite", "SMTPTransport", "SMTPProtocol", "StatusCodes", "MailFormat",
                "SMTPTesting", "StoreTesting", "ResolverTesting", "MailDrop",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Simulator", "SMTPTransport", "SMTPProtocol", "DeliveryReports", "Delivery", "StatusCodes",
                "MailFormat",
                "SMTPTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"]),
        .testTarget(name: "MailDropTests", dependencies: ["MailDrop", "MailFormat"]),
        .testTarget(
            name: "martletTests",
            dependencies: [
                "martlet", "Relay", "Delivery", "BounceAnalysis", "SMTPTransport", "SMTPProtocol", "StatusCodes",
                "MailFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Snapshots"]
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "martlet", "Configuration", "Relay", "Simulator", "Delivery", "StoreSQLite", "SMTPTransport",
                "SMTPProtocol", "StatusCodes", "MailFormat", "SMTPTesting", "ResolverTesting", "MailDrop",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "FuzzTargetsTests", dependencies: ["FuzzTargets"]),
        .testTarget(name: "HouseTests"),
    ],
    swiftLanguageModes: [.v6]
)

// `make docs` alone needs the plugin.
if Context.environment["MARTLET_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

for target in package.targets where target.type != .system && target.type != .plugin {
    var settings = target.swiftSettings ?? []
    settings += [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
    ]
    if strict {
        settings += [
            .treatAllWarnings(as: .error), .treatWarning("DeprecatedDeclaration", as: .warning),
        ]
    }
    target.swiftSettings = settings
}
