// swift-tools-version: 6.2
import PackageDescription

// The pure modules are compiled in by links to their sources, as in Fuzzing/: measured as the relay has them, with
// `package` access, and without building what the relay needs beside them.
let modules: [(name: String, dependencies: [Target.Dependency], exclude: [String])] = [
    ("StatusCodes", [], ["Catalogues"]),
    ("MailFormat", [], []),
    ("SMTPProtocol", ["StatusCodes", "MailFormat"], []),
    ("DeliveryReports", ["StatusCodes", "MailFormat", "SMTPProtocol"], ["Catalogues"]),
]

let package = Package(
    name: "martlet-benchmarks",
    platforms: [.macOS(.v13)],
    dependencies: [
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    ],
    targets: modules.map { .target(name: $0.name, dependencies: $0.dependencies, exclude: $0.exclude) } + [
        .target(name: "CAllocationCount"),
        .executableTarget(
            name: "Machines",
            dependencies: [
                "CAllocationCount", "StatusCodes", "MailFormat", "SMTPProtocol",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Machines",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.name != "CAllocationCount" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
