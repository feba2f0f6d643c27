internal import Delivery
internal import MailFormat

/// The columns of a recipient that say where it stands.
struct RecipientFields {
    /// The numbers of `recipient.state`.
    enum State: Int64 {
        case leased = 0
        case scheduled = 1
        case held = 2
    }

    /// The bits of `recipient.flags`.
    struct Flags: OptionSet {
        let rawValue: Int64
        /// A delay notice went out.
        static let delayNoticeSent = Flags(rawValue: 1)
        /// The content lies in the spool.
        static let isSpooled = Flags(rawValue: 2)
        /// No other recipient was accepted with it: its end is the message's.
        static let isOnly = Flags(rawValue: 4)
        /// Its next attempt is made however old the message is.
        static let ignoresAge = Flags(rawValue: 8)
    }

    var state: State
    var at: Timestamp
    var fence: Int64
    var attempts: Int64
    var flags: Flags
}

extension RecipientState {
    /// The columns of `recipient` from `state` on that this state fills: state, at, fence, holder; and the hold's.
    var columns: (state: RecipientFields.State, at: Timestamp, lease: Lease?, hold: Hold?) {
        switch self {
        case .leased(let lease): (.leased, lease.until, lease, nil)
        case .scheduled(let at): (.scheduled, at, nil, nil)
        case .held(let hold): (.held, hold.since, nil, hold)
        }
    }
}
