/// A message of the queue as people and scripts see it; the keys of `postqueue -j` come first.
package struct QueueItem: Codable, Sendable {
    /// `active`, `deferred`, `hold`; `done` for a message that is not in the queue any more.
    package var queue_name: String
    /// The id.
    package var queue_id: String
    /// Seconds since 1970; nil when the message is done.
    package var arrival_time: Int64?
    /// Bytes; nil when the message is done.
    package var message_size: Int?
    /// The reverse-path; nil when nobody knows it any more.
    package var sender: String?
    /// Its open recipients.
    package var recipients: [Recipient]
    /// What is still known of those that are done; `why` only, nil when that is nothing.
    package var ended: [Ended]?

    /// One open recipient.
    package struct Recipient: Codable, Sendable {
        /// The address.
        package var address: String
        /// Why it is still here, in one line.
        package var delay_reason: String?
        /// `leased`, `scheduled`, `held`.
        package var state: String
        /// When the next thing happens (ISO 8601): next attempt, end of lease, review.
        package var next: String?
        /// Why it is held, and by whom.
        package var hold: String?
        /// Attempts that ended without success.
        package var attempts: Int
        /// The last status concluded.
        package var status: String?
        /// Every kept attempt; `show` and `why` only.
        package var history: [Attempt]?
        /// What keeps it from being tried, beside its own time; `why` only.
        package var waits_for: Wait?
    }

    /// What a recipient waits for.
    package struct Wait: Codable, Sendable {
        /// `pause`, `rate` or `connections`.
        package var limit: String
        /// Whose limit it is: a domain, the name of a route, or the hosts of a site in their order.
        package var destination: String
        /// Domains that are known to share it, where it is a site's.
        package var site_domains: Int?
        /// When it is over (ISO 8601), where that is known.
        package var until: String?
        /// What a pause is for.
        package var trouble: String?
    }

    /// A recipient that is done, or, without an address, the whole message.
    package struct Ended: Codable, Sendable {
        /// The address; nil for the whole message.
        package var address: String?
        /// The last thing that is known: `relayed`, `failed`, `expired`, `suppressed`, `bounced`, `complained`, `deleted`.
        package var state: String
        /// What happened, in its order.
        package var timeline: [Step]
    }

    /// Something that happened to a recipient that is done.
    package struct Step: Codable, Sendable {
        /// When (ISO 8601).
        package var at: String
        /// What, named like the events.
        package var event: String
        /// Who did it; nil for what happened by itself.
        package var by: String?
        /// Why, in the words of who did it.
        package var reason: String?
        /// The attempt or the report that decided it.
        package var attempt: Attempt?
    }

    /// One attempt.
    package struct Attempt: Codable, Sendable {
        /// When (ISO 8601).
        package var at: String
        /// Host and address.
        package var remote: String
        /// The stage it ended at.
        package var stage: String
        /// The reply as printed.
        package var reply: String
        /// The status concluded.
        package var status: String
        /// The cause.
        package var cause: String
        /// The condition's id.
        package var condition: String
        /// The rule that won.
        package var rule: String
        /// False when the reply to the final dot was lost.
        package var outcome_known: Bool
    }
}
