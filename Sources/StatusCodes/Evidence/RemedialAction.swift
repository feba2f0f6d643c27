/// One thing to do about a finding.
public enum RemedialAction: Hashable, Sendable {
    /// Done: it lies in the mailbox.
    case delivered
    /// Done: the next system has taken responsibility.
    case relayed
    /// Try again later, on a curve of the configuration. Terminal.
    case retry(RetryCurve)
    /// Try the next MX of the same round; on the last one go on with the next action.
    case nextHost
    /// Try the other address family of the same host.
    case otherFamily
    /// Try from another source address, where rules allow.
    case otherSource
    /// Open a new session to the same host and go on there.
    case reconnect
    /// Send the recipients in smaller transactions, once.
    case split
    /// Send again without the parameter that was refused, where that loses nothing asked for.
    case withoutParameter
    /// Start TLS, or use a stronger mechanism, and try again.
    case upgrade
    /// Convert the content for a peer that takes less.
    case downgrade
    /// Lower connections and rate for the destination.
    case slowDown
    /// Stop until somebody acts. Terminal.
    case hold
    /// Return it. Terminal.
    case fail
    /// Return it because its time is over. Terminal.
    case expire

    /// Whether nothing may follow it.
    public var isTerminal: Bool {
        switch self {
        case .delivered, .relayed, .retry, .hold, .fail, .expire: true
        default: false
        }
    }

    /// Its name in output, `next-host`, `retry(greylisting)`.
    public var name: String {
        switch self {
        case .delivered: "delivered"
        case .relayed: "relayed"
        case .retry(let curve): "retry(\(curve.rawValue))"
        case .nextHost: "next-host"
        case .otherFamily: "other-family"
        case .otherSource: "other-source"
        case .reconnect: "reconnect"
        case .split: "split"
        case .withoutParameter: "without-parameter"
        case .upgrade: "upgrade"
        case .downgrade: "downgrade"
        case .slowDown: "slow-down"
        case .hold: "hold"
        case .fail: "fail"
        case .expire: "expire"
        }
    }

    var octet: UInt8 {
        switch self {
        case .delivered: 1
        case .relayed: 2
        case .nextHost: 3
        case .otherFamily: 4
        case .otherSource: 5
        case .reconnect: 6
        case .split: 7
        case .withoutParameter: 8
        case .upgrade: 9
        case .downgrade: 10
        case .slowDown: 11
        case .hold: 12
        case .fail: 13
        case .expire: 14
        case .retry(let curve): 0x80 | curve.ordinal
        }
    }

    init(octet: UInt8) {
        self =
            switch octet {
            case 1: .delivered
            case 2: .relayed
            case 3: .nextHost
            case 4: .otherFamily
            case 5: .otherSource
            case 6: .reconnect
            case 7: .split
            case 8: .withoutParameter
            case 9: .upgrade
            case 10: .downgrade
            case 11: .slowDown
            case 12: .hold
            case 13: .fail
            case 14: .expire
            default: .retry(RetryCurve(ordinal: octet & 0x7F))
            }
    }
}

/// How soon to try again; the delays are configuration.
public enum RetryCurve: String, Hashable, Sendable, CaseIterable {
    /// Anything without a curve of its own.
    case standard
    /// First contact: soon, then often enough to meet the window (RFC 6647).
    case greylisting
    /// Connection, DNS and time-out trouble.
    case network
    /// Full mailboxes: they stay full for hours.
    case mailbox
    /// Limits of rate and quota: wait, then slowly.
    case rate
    /// TLS and its policies.
    case tls
    /// Our own system or smart host: soon, for an operator is repairing it.
    case own
    /// At once, in another transaction or session.
    case immediate

    var ordinal: UInt8 {
        switch self {
        case .standard: 0
        case .greylisting: 1
        case .network: 2
        case .mailbox: 3
        case .rate: 4
        case .tls: 5
        case .own: 6
        case .immediate: 7
        }
    }

    init(ordinal: UInt8) {
        self =
            switch ordinal {
            case 1: .greylisting
            case 2: .network
            case 3: .mailbox
            case 4: .rate
            case 5: .tls
            case 6: .own
            case 7: .immediate
            default: .standard
            }
    }
}

/// Up to eight actions in order, in one word: a finding is made for every delivery and must not allocate.
public struct RemedialActions: Hashable, Sendable, RandomAccessCollection {
    private var octets: UInt64 = 0

    /// The most that fit.
    public static let maximum = 8

    /// Makes a list; more than eight are the caller's mistake.
    public init(_ actions: RemedialAction...) {
        precondition(actions.count <= Self.maximum, "a finding has at most eight actions")
        for (index, action) in actions.enumerated() { octets |= UInt64(action.octet) << (8 * UInt64(index)) }
    }

    init(octets: UInt64) { self.octets = octets }

    /// 0.
    public var startIndex: Int { 0 }
    /// How many there are.
    public var endIndex: Int { (64 - octets.leadingZeroBitCount + 7) / 8 }
    /// The action at a place.
    public subscript(position: Int) -> RemedialAction {
        precondition(position >= 0 && position < endIndex, "no action at this place")
        return RemedialAction(octet: UInt8(truncatingIfNeeded: octets >> (8 * UInt64(position))))
    }

    /// The last action, what happens when the others lead nowhere.
    public var terminal: RemedialAction? { last }

    /// This list with another action before it.
    func preceded(by action: RemedialAction) -> Self {
        endIndex == Self.maximum ? self : Self(octets: octets << 8 | UInt64(action.octet))
    }
}

extension RemedialActions: CustomStringConvertible {
    /// The names, separated by spaces.
    public var description: String { map(\.name).joined(separator: " ") }
}
