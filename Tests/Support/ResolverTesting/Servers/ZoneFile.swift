import Foundation

/// A zone for a real server: a name, its records, and whether it is signed.
package struct ZoneFile: Sendable {
    /// What is done to the zone after it was written.
    package enum Signing: Sendable {
        /// Nothing.
        case none
        /// DNSSEC signatures by a fresh key.
        case signed
        /// Signatures, and then this text of the signed file is replaced: they are wrong now.
        case forged(replace: String, with: String)
    }

    /// The zone's name with its final dot.
    package let name: String
    /// Its records, without SOA and NS.
    package let records: String
    /// What is done to it.
    package let signing: Signing

    /// Makes a zone.
    package init(_ name: String, _ records: String, signing: Signing = .none) {
        self.name = name
        self.records = records
        self.signing = signing
    }

    /// Writes the zone file; its name, and the key's DS record where there is one.
    func write(in folder: TemporaryFolder) throws -> (file: String, anchor: String?) {
        let file = "\(name)zone"
        let text = """
            $ORIGIN \(name)
            $TTL 3600
            @ SOA ns hostmaster 1 3600 600 86400 300
            @ NS ns
            ns A 127.0.0.1
            \(records)

            """
        try folder.write(file, text)
        switch signing {
        case .none:
            return (file, nil)
        case .signed:
            return ("\(file).signed", try sign(file, in: folder))
        case .forged(let original, let forged):
            let anchor = try sign(file, in: folder)
            let signed = try folder.read("\(file).signed")
            guard signed.contains(original) else { throw ServerError("\(original) is not in the signed zone") }
            try folder.write("\(file).signed", signed.replacing(original, with: forged))
            return ("\(file).signed", anchor)
        }
    }

    private func sign(_ file: String, in folder: TemporaryFolder) throws -> String {
        let generate = try Programs.path("ldns-keygen", package: "ldnsutils")
        let sign = try Programs.path("ldns-signzone", package: "ldnsutils")
        let key = try Programs.run(
            generate,
            ["-a", "ECDSAP256SHA256", "-k", "-r", "/dev/urandom", name],
            in: folder.path
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        _ = try Programs.run(sign, ["-n", file, key], in: folder.path)
        return try folder.read("\(key).ds").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
