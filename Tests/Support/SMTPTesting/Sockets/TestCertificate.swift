import Foundation
package import NIOSSL

/// A self-signed certificate for `mx.example.net`, made once per run by the `openssl` command.
package struct TestCertificate: Sendable {
    /// For servers.
    package let server: NIOSSLContext
    /// For clients, which trust nobody and ask nothing.
    package let client: NIOSSLContext

    /// The one of this run.
    package static let shared = Result { try TestCertificate() }

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appendingPathComponent("key.pem")
        let certificate = folder.appendingPathComponent("certificate.pem")
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=mx.example.net", "-keyout", key.path, "-out", certificate.path,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        struct NoCertificate: Error { let status: Int32 }
        guard openssl.terminationStatus == 0 else { throw NoCertificate(status: openssl.terminationStatus) }
        self.server = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate.path).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key.path, format: .pem))
            )
        )
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.certificateVerification = .none
        self.client = try NIOSSLContext(configuration: trusting)
    }
}
