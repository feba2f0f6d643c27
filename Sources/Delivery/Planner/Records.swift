import MailFormat

/// No slot: the end of a list.
let none: Int32 = -1

/// A recipient in memory.
///
/// Lists run through the records: one of the message, one of the destination's ready queue.
struct RecipientRecord {
    enum State: UInt8 {
        /// The slot is not in use.
        case free
        /// In its destination's queue.
        case ready
        /// Handed out with a work item.
        case handedOut
        /// Decided; waits for the commit that makes it so.
        case decided
    }

    struct Marks: OptionSet {
        let rawValue: UInt16
        /// Goes in a transaction of its own: a refusal after the dot did not say whom it meant.
        static let alone = Self(rawValue: 1)
        /// The delay notice went out.
        static let noticed = Self(rawValue: 2)
        /// An earlier attempt ended without a reply to its final dot.
        static let perhapsDelivered = Self(rawValue: 4)
        /// The operator wants it held when its attempt ends.
        static let holdWanted = Self(rawValue: 8)
        /// The operator wants it given up when its attempt ends.
        static let failWanted = Self(rawValue: 16)
        /// The message was deleted; nothing about it is stored or reported any more.
        static let deleted = Self(rawValue: 32)
        /// Decided to go on at once; the commit puts it back into its queue.
        static let goesOn = Self(rawValue: 128)
        /// The first host is in `firstHosts`.
        static let hasFirstHost = Self(rawValue: 64)
        /// Attempted however old the message is: a late report that a person has released to be read once more.
        static let ignoresAge = Self(rawValue: 256)
    }

    var generation: UInt32 = 0
    var message: Int32 = none
    var index: Int32 = 0
    var destination: Int32 = none
    var work: Int32 = none
    var nextOfMessage: Int32 = none
    var previousOfMessage: Int32 = none
    var nextReady: Int32 = none
    var previousReady: Int32 = none
    var attempts: Int32 = 0
    var state = State.free
    var marks: Marks = []
    var leaseUntil = Timestamp(milliseconds: 0)
}

/// A message with recipients in memory.
struct MessageRecord {
    var message: DeliveryMessage?
    var content: (any MessageContent)?
    var firstRecipient: Int32 = none
    var recipients: Int32 = 0
}

/// A work item that was handed out.
struct WorkRecord {
    /// Recipients whose outcome is missing.
    var missing: Int32 = 0
    /// The destination's epoch when it was handed out.
    var epoch: UInt32 = 0
    /// The site under whose limits it was handed out; `none` where the destination has its own.
    var site: Int32 = none
    /// The site's epoch at that time.
    var siteEpoch: UInt32 = 0
    /// It led to the domain's site and to no transaction, and has been taken out of the counts.
    var searchCounted = false
    /// Its failure has been counted against the destination.
    var failureCounted = false
    /// Its request to slow down has been counted.
    var slowDownCounted = false
}
