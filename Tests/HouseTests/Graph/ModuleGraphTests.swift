import Testing

@Suite struct `Module graph` {
    /// Asked once for all tests: SwiftPM compiles the description each time.
    private static let loaded = Result { try Manifest.load() }
    let manifest: Manifest

    init() throws { manifest = try Self.loaded.get() }

    /// What a target may import and depend on.
    private func allowed(for target: Manifest.Target) -> Set<String>? {
        if SupportModules.names.contains(target.name) { return SupportModules.allowed }
        guard target.type == "test" else {
            return ModuleRow.byName[target.name].map { $0.inside.union($0.outside) }
        }
        let helpers = SupportModules.names.union(["Testing", "Foundation", "Dispatch", "Glibc", "Synchronization"])
        switch target.name {
        case "HouseTests": return ["Testing", "Foundation"]
        case "FuzzTargetsTests": return ["Testing", "Foundation", "FuzzTargets"]
        case "IntegrationTests":
            return ModuleRow.all.reduce(into: helpers) { $0.formUnion($1.inside.union($1.outside).union([$1.name])) }
        default:
            guard target.name.hasSuffix("Tests"), let row = ModuleRow.byName[String(target.name.dropLast(5))] else {
                return nil
            }
            // Tests of a service may build it up from real adapters; an adapter's tests drive its library by hand.
            let extra: Set<String> =
                row.layer >= 2 ? ["NIOEmbedded", "NIOCore", "NIOPosix", "NIOSSL", "NIOTestUtils", "Logging"] : []
            let adapters = row.layer >= 3 ? ModuleRow.adapters : []
            return helpers.union(row.inside).union(row.outside).union([row.name]).union(extra).union(adapters)
        }
    }

    @Test func `every target has a row in the architecture's table`() {
        #expect(!manifest.targets.isEmpty)
        for target in manifest.targets where target.type != "system" {
            #expect(allowed(for: target) != nil, "\(target.name) has no row in ModuleTable.swift")
        }
        for target in manifest.targets where target.type == "system" {
            #expect(systemTargets.contains(target.name))
        }
    }

    @Test func `no target declares a dependency that its row does not allow`() {
        for target in manifest.targets {
            // The tests of the command line run the executable, which SwiftPM knows by its target's name.
            let permitted = (allowed(for: target) ?? []).union(target.name == "IntegrationTests" ? ["martlet"] : [])
            for dependency in target.dependencies {
                #expect(permitted.contains(dependency.name), "\(target.name) must not depend on \(dependency.name)")
            }
        }
    }

    @Test func `no file imports what its module's row does not allow or its target does not declare`() throws {
        var files = 0
        for target in manifest.targets where target.type != "system" {
            let permitted = allowed(for: target) ?? []
            let declared = Set(target.dependencies.map(\.name))
            for path in try Repository.swiftFiles(under: target.folder) {
                files += 1
                for found in ImportScanner.imports(in: try Repository.text(of: path)) {
                    #expect(
                        permitted.contains(found.module),
                        "\(path):\(found.line): \(target.name) must not import \(found.module)"
                    )
                    // The compiler's own check of this leaves test targets out.
                    #expect(
                        declared.contains(found.module) || toolchainModules.contains(found.module),
                        "\(path):\(found.line): \(found.module) is imported but not declared in Package.swift"
                    )
                }
            }
        }
        #expect(files > 0)
    }

    @Test func `no product module imports test support`() throws {
        for row in ModuleRow.all {
            #expect(row.inside.isDisjoint(with: SupportModules.names))
            #expect(!row.outside.contains("Testing"))
        }
    }

    @Test(arguments: ModuleRow.all.filter(\.isPure))
    func `a pure module imports nothing with a socket, file, clock, lock or thread`(row: ModuleRow) throws {
        let outside: Set<String> = row.name == "SenderAuthentication" ? ["Crypto"] : []
        #expect(row.outside == outside)
        for path in try Repository.swiftFiles(under: "Sources/\(row.name)") {
            for found in ImportScanner.imports(in: try Repository.text(of: path)) {
                #expect(row.inside.union(outside).contains(found.module), "\(path):\(found.line): \(found.module)")
            }
        }
    }

    @Test func `rows import only rows above them, never another adapter`() {
        for (index, row) in ModuleRow.all.enumerated() {
            for name in row.inside {
                let other = ModuleRow.all.firstIndex { $0.name == name }
                #expect(other != nil, "\(row.name) allows \(name), which has no row")
                // `Delivery` stands last of its layer and may use what stands before it.
                if let other { #expect(other < index, "\(row.name) allows \(name), which is not above it") }
                if row.layer == 2 { #expect(!ModuleRow.adapters.contains(name)) }
            }
        }
    }

    /// What comes with the toolchain and is declared by nobody.
    private let toolchainModules: Set<String> = [
        "Testing", "Foundation", "Dispatch", "Darwin", "Glibc", "Musl", "Synchronization",
    ]
}

@Suite struct `Import scanner` {
    @Test(arguments: [
        ("import NIOCore", ["NIOCore"]),
        ("public import NIOSSL // for TLSConfiguration", ["NIOSSL"]),
        ("@testable @preconcurrency package import struct MailFormat.Timestamp", ["MailFormat"]),
        ("    import Foundation", ["Foundation"]),
        ("import A; ", ["A"]),
        ("// import Foundation\n/* \nimport Glibc\n*/", []),
        ("let text = \"\"\"\nimport Foundation\n\"\"\"\nimport B", ["B"]),
        ("important(1)\nlet imports = 2", []),
    ])
    func `finds imports and nothing else`(text: String, modules: [String]) {
        #expect(ImportScanner.imports(in: text).map(\.module) == modules)
    }
}
