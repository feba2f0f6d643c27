import Foundation
import MailFormat
import SMTPProtocol

/// The first line of an accounts file.
struct Header: Codable {
    static let current = 1
    var format = current
    var secret: String

    init(secret: String) { self.secret = secret }
}

/// One account as a line of the file.
struct AccountRecord: Codable {
    struct SCRAM: Codable {
        var salt: String
        var iterations: Int
        var storedKey: String
        var serverKey: String

        enum CodingKeys: String, CodingKey {
            case salt, iterations
            case storedKey = "stored_key"
            case serverKey = "server_key"
        }
    }

    var name: String
    var password: String
    var scram: SCRAM?
    var disabled: Bool?
    var demandsSCRAM: Bool?
    var senders: [String]?
    /// Seconds since 1970.
    var created: Int64
    var passwordSet: Int64

    enum CodingKeys: String, CodingKey {
        case name, password, scram, disabled, senders, created
        case demandsSCRAM = "demands_scram"
        case passwordSet = "password_set"
    }

    init(_ account: Account) {
        name = account.name
        password = account.password.encoded
        scram = account.verifier.map { verifier in
            SCRAM(
                salt: Data(verifier.salt).base64EncodedString(),
                iterations: verifier.iterations,
                storedKey: Data(verifier.storedKey).base64EncodedString(),
                serverKey: Data(verifier.serverKey).base64EncodedString()
            )
        }
        disabled = account.isDisabled ? true : nil
        demandsSCRAM = account.demandsSCRAM ? true : nil
        senders = account.senders.isEmpty ? nil : account.senders
        created = account.created.seconds
        passwordSet = account.passwordSet.seconds
    }

    /// The account; nil when a field is not what it should be.
    var account: Account? {
        guard !name.isEmpty, let hash = PasswordHash(encoded: password) else { return nil }
        var verifier: SCRAMVerifier?
        if let scram {
            guard let salt = Data(base64Encoded: scram.salt), let stored = Data(base64Encoded: scram.storedKey),
                let server = Data(base64Encoded: scram.serverKey), stored.count == 32, server.count == 32,
                (4096...1_000_000).contains(scram.iterations)
            else { return nil }
            verifier = SCRAMVerifier(
                account: name,
                salt: Array(salt),
                iterations: scram.iterations,
                storedKey: Array(stored),
                serverKey: Array(server)
            )
        }
        var account = Account(name: name, password: hash, verifier: verifier, created: Timestamp(seconds: created))
        account.passwordSet = Timestamp(seconds: passwordSet)
        account.isDisabled = disabled ?? false
        account.demandsSCRAM = demandsSCRAM ?? false
        account.senders = senders ?? []
        return account
    }
}
