// swift-tools-version: 6.2
import PackageDescription

// A program of its own that uses Martlet's libraries from outside, as any Swift package can. Elsewhere the dependency
// is `.package(url: …)`; here it is the checkout that this example lies in, so that it is built and run with every change.
let package = Package(
    name: "explain-a-bounce",
    dependencies: [
        .package(name: "martlet", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "explain-a-bounce",
            dependencies: [
                .product(name: "StatusCodes", package: "martlet"),
                .product(name: "MailFormat", package: "martlet"),
                .product(name: "SMTPProtocol", package: "martlet"),
                .product(name: "DeliveryReports", package: "martlet"),
                .product(name: "BounceAnalysis", package: "martlet"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
