import MailFormat
import StatusCodes

/// Sightings of one cause at one address, one after the other: whether they are enough by now, and for how long.
///
/// The cause says how many it takes, how far apart, and for how long they suppress (`Registry/causes.csv`). Each one
/// beyond that doubles the length, up to eightfold; a pause of four lengths (half a year for a permanent one) ends the
/// chain, and the next sighting is a first one again.
struct SuppressionChain {
    private(set) var first: Timestamp
    private(set) var last: Timestamp
    private(set) var count = 0
    /// When its effect ends; `.min` while there is none, `.max` when it is for good.
    private(set) var until: Int64 = .min

    /// Sightings of one cause that are closer together than this count as one: five mails within a minute to a full
    /// mailbox are no five findings.
    static let grain: Duration = .seconds(6 * 3600)
    /// The doublings of a length.
    static let mostDoublings = 3
    /// A chain is forgotten after so many of its lengths without a sighting.
    static let memoryFactor: Int64 = 4
    /// How long a first sighting of a hard cause waits for a second.
    static let permanentMemory: Duration = .seconds(180 * 86_400)

    private static let day: Int64 = 86_400_000

    init(_ sighting: Sighting) {
        first = sighting.at
        last = sighting.at
        take(sighting)
    }

    /// Adds the next sighting; they come in the order of time.
    mutating func add(_ sighting: Sighting) {
        if let end = Self.end(last: last, until: until, sighting.term), sighting.at.milliseconds > end {
            self = Self(sighting)
        } else {
            take(sighting)
        }
    }

    private mutating func take(_ sighting: Sighting) {
        let term = sighting.term
        last = sighting.at
        count += 1
        guard count >= Int(term.needs.count), first.duration(to: last) >= term.needs.apart else { return }
        switch term.length {
        case .none: break
        case .permanent: until = .max
        case .days(let days):
            let doublings = min(count - Int(term.needs.count), Self.mostDoublings)
            until = max(until, last.milliseconds + Int64(days) * Self.day << Int64(doublings))
        }
    }

    /// When it is forgotten; nil for never.
    func end(_ term: SuppressionTerm) -> Int64? { Self.end(last: last, until: until, term) }

    private static func end(last: Timestamp, until: Int64, _ term: SuppressionTerm) -> Int64? {
        guard until != .max else { return nil }
        let from = max(last.milliseconds, until)
        return switch term.length {
        case .none: from
        case .permanent: from + Self.permanentMemory.wholeMilliseconds
        case .days(let days): from + Int64(days) * Self.day * Self.memoryFactor
        }
    }
}
