/// Makes the server's half of every mechanism.
public struct ServerMechanisms: Sendable {
    private let primitives: any AuthenticationPrimitives
    private let decoy: SCRAMDecoy

    /// Makes a source of mechanisms.
    ///
    /// `secret` invents the salts of unknown accounts; it must stay the same across restarts and nodes, or a client
    /// could tell invented salts from real ones.
    public init(
        primitives: any AuthenticationPrimitives,
        secret: [UInt8],
        iterations: Int = SCRAMVerifier.defaultIterations
    ) {
        self.primitives = primitives
        self.decoy = SCRAMDecoy(secret: secret, iterations: iterations)
    }

    /// A fresh exchange.
    public func make(_ mechanism: AuthenticationMechanism) -> any ServerMechanism {
        switch mechanism {
        case .plain: PlainServer(primitives: primitives)
        case .login: LoginServer(primitives: primitives)
        case .scramSHA256: SCRAMServer(primitives: primitives, decoy: decoy)
        }
    }
}
