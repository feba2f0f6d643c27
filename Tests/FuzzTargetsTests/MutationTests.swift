import Foundation
import FuzzTargets
import Testing

/// What a fuzzer would try first, the same on every run; a target that traps ends the test run, which is the failure.
@Suite struct Mutation {
    /// What the structure of a message hangs on, and what is nearly that.
    private static let pieces: [String] = [
        "Content-Type: multipart/mixed; boundary=a", "Content-Type: multipart/digest;\n boundary=\"b c\"",
        "Content-Type: multipart/signed; boundary*0*=utf-8''%61", "Content-Type: multipart/mixed; boundary=\"\"",
        "Content-Type: message/rfc822", "Content-Type: message/global", "Content-Type: text/plain; charset=utf-8",
        "Content-Type: application/octet-stream; name=\"\\\"\"", "Content-Type: application/pkcs7-mime",
        "Content-Type: ",
        "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: binary (b)", "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable", "Content-Transfer-Encoding: x-uuencode", "MIME-Version: 1.0",
        "From a@b Mon", "From : a@b", "Subject: =?utf-8?Q?=C3?= =?utf-8?B?qQ==?=", "DKIM-Signature: v=1",
        "--a", "--a--", "--a \t", "--a---", "--b c", "--b c--", "--", "---", "-----BEGIN PGP SIGNED MESSAGE-----",
        " folded", "\tfolded", ":", "YWJj", "YQ==", "=C3=A9=", "a=", "f\u{FC}nf", "text", "",
        "--a" + String(repeating: " ", count: 300), String(repeating: "YWJj", count: 300),
        String(repeating: "x", count: 72) + " --a",
    ]

    /// A message of such lines, or parts of them, with line ends of every kind and an octet spoilt here and there.
    private static func message(_ random: inout FuzzRandom) -> [UInt8] {
        var message: [UInt8] = [UInt8.random(in: 0...255, using: &random)]
        let ends = ["\r\n", "\n", "\r\n", "\n", "\n\n", "\r\n\r\n", "\r", ""]
        for _ in 0..<Int.random(in: 1...24, using: &random) {
            var piece = Array((pieces.randomElement(using: &random) ?? "").utf8)
            if Int.random(in: 0..<8, using: &random) == 0 { piece = Array(piece.prefix(piece.count / 2)) }
            message += piece + Array((ends.randomElement(using: &random) ?? "").utf8)
        }
        return mutated(message, rate: 3, &random)
    }

    /// Replaces, inserts, removes or repeats octets, up to so many times.
    private static func mutated(_ bytes: [UInt8], rate: Int, _ random: inout FuzzRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...rate, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let reach = min(bytes.count - place, Int.random(in: 1...16, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1:
                bytes.insert([0x00, 0x0A, 0x0D, 0x20, 0x2D, 0x3D, 0xE9].randomElement(using: &random) ?? 0, at: place)
            case 2: bytes.removeSubrange(place..<(place + reach))
            case 3: bytes.insert(contentsOf: bytes[place..<(place + reach)], at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }

    @Test(arguments: UInt32(1)...8)
    func `the parts of four hundred broken messages keep their promises`(seed: UInt32) {
        var random = FuzzRandom(seed: seed &* 0x9E37_79B9)
        for _ in 0..<400 {
            let message = Self.message(&random)
            FuzzTarget.mime.run(message)
            FuzzTarget.report.run(Array(message.dropFirst()))
            FuzzTarget.conversion.run(Array(message.dropFirst()))
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `three hundred mutations of its seeds do a target no harm`(target: FuzzTarget) throws {
        let seeds = try KeptInputs.files(of: target, in: "Corpus").map { [UInt8](try Data(contentsOf: $0)) }
        var random = FuzzRandom(seed: UInt32(target.rawValue.utf8.count))
        for _ in 0..<300 {
            target.run(Self.mutated(try #require(seeds.randomElement(using: &random)), rate: 8, &random))
        }
    }
}
