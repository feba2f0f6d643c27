// swift-tools-version: 6.2
import PackageDescription

// The modules under test are compiled in by links to their sources: instrumented, with `package` access, and without
// resolving one of the relay's dependencies. `scripts/fuzz` passes the sanitizers' flags.
let modules: [(name: String, dependencies: [Target.Dependency])] = [
    ("StatusCodes", []),
    ("MailFormat", []),
    ("SMTPProtocol", ["StatusCodes", "MailFormat"]),
    ("DeliveryReports", ["StatusCodes", "MailFormat", "SMTPProtocol"]),
    ("BounceAnalysis", ["StatusCodes", "MailFormat", "DeliveryReports"]),
    ("FuzzTargets", ["StatusCodes", "MailFormat", "SMTPProtocol", "DeliveryReports", "BounceAnalysis"]),
]

let package = Package(
    name: "fuzzing",
    targets: modules.map { .target(name: $0.name, dependencies: $0.dependencies) } + [
        .target(name: "CLibFuzzer"),
        .executableTarget(name: "MartletFuzz", dependencies: ["CLibFuzzer", "FuzzTargets"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.name != "CLibFuzzer" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
    ]
}
