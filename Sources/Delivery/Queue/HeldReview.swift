public import MailFormat

/// When the queue is looked through for held recipients whose review is due, and how far that has come.
///
/// The store has no index of reviews: they are rare, and an hour more or less is nothing to a hold. So the whole queue
/// is looked through from time to time, a page at a time, with a rest for other work between two pages:
///
/// 1. when `isDue`, read a page of at most `pageSize` messages behind `position`;
/// 2. let `DeliveryPlanner.review` say what comes of it, and store that;
/// 3. tell `looked(at:now:)` about the page.
public struct HeldReview: Hashable, Sendable {
    /// From the end of one look to the beginning of the next.
    public static let pause: Duration = .seconds(3600)
    /// Messages in a page: a transaction of bounded size.
    public static let pageSize = 200
    /// The rest that other work gets between two pages.
    public static let rest: Duration = .milliseconds(50)

    /// When the next page is to be read.
    public private(set) var nextLook: Timestamp
    /// The message behind which the next page begins; nil for the beginning of the queue.
    public private(set) var position: MessageID?

    /// The first look comes a pause after the start.
    public init(startingAt now: Timestamp) { nextLook = now.advanced(by: Self.pause) }

    /// Whether a page is to be read now.
    public func isDue(at now: Timestamp) -> Bool { now >= nextLook }

    /// A page was looked at; one that is not full was the last.
    public mutating func looked(at page: [QueuedMessage], now: Timestamp) {
        let isLast = page.count < Self.pageSize
        position = isLast ? nil : page.last?.id
        nextLook = now.advanced(by: isLast ? Self.pause : Self.rest)
    }
}
