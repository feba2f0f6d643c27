/// Every account, by name, with the secret that invents salts for names that are none.
package struct AccountBook: Sendable {
    private var accounts: [String: Account]
    /// Known to nobody; see `ServerMechanisms`.
    package let secret: [UInt8]

    /// More accounts than this belong into a directory service.
    package static let limit = 100_000

    /// Makes a book; a name that occurs twice counts as it stands last.
    package init(secret: [UInt8], accounts: [Account] = []) {
        self.secret = secret
        self.accounts = Dictionary(accounts.map { ($0.key, $0) }) { _, last in last }
    }

    /// The account of a name.
    package subscript(name: String) -> Account? {
        get { accounts[Account.key(name)] }
        set { accounts[Account.key(name)] = newValue }
    }

    /// All accounts, by name.
    package var all: [Account] { accounts.values.sorted { $0.key < $1.key } }
}
