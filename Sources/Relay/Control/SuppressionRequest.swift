/// What the command line asks about the suppression list, beside the verb.
package struct SuppressionRequest: Codable, Sendable {
    /// Addresses, or `@domain` for whole domains.
    package var subjects: [String]?
    /// Only subjects of this domain.
    package var domain: String?
    /// Only what rests on this cause.
    package var cause: String?
    /// Only what rests on this rule, or comes from this origin.
    package var rule: String?
    /// Only what was seen or said since this instant, in milliseconds since 1970.
    package var since: Int64?
    /// Also what is not enough to suppress, or is over.
    package var all: Bool?
    /// Until when a suppression holds, in milliseconds since 1970; nil until it is lifted.
    package var until: Int64?
    /// What another list says.
    package var entries: [Entry]?
    /// Tell what would be done, and do nothing.
    package var isTrial: Bool?

    /// A line of another list.
    package struct Entry: Codable, Hashable, Sendable {
        /// The address.
        package var address: String
        /// Why it stands there.
        package var reason: String
        /// Whether its owner complained.
        package var isComplaint: Bool
        /// Since when, in milliseconds since 1970; nil where the list does not say.
        package var at: Int64?
        /// Until when, in milliseconds since 1970; nil until it is lifted.
        package var until: Int64?

        /// Makes a line.
        package init(address: String, reason: String, isComplaint: Bool, at: Int64? = nil, until: Int64? = nil) {
            self.address = address
            self.reason = reason
            self.isComplaint = isComplaint
            self.at = at
            self.until = until
        }
    }

    /// Subjects or lines of one request: a transaction of bounded size.
    package static let limit = 500

    /// Makes an empty one.
    package init() {}
}
