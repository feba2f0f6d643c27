/// Which details of each registered subject somebody registered, one bit each.
struct RegisteredDetails: Hashable, Sendable {
    /// The details of the subjects 0…7; what is beyond them, or above 63, counts as not registered.
    private let subjects: [UInt64]

    /// Those of the registry of this release.
    static let builtIn = Self(RegisteredStatus.table)

    /// Those of a registry.
    init(_ statuses: [RegisteredStatus]) {
        subjects = (0...7).map { subject in
            statuses.filter { $0.status.subject == subject && $0.status.detail <= 63 }
                .reduce(0) { $0 | 1 << UInt64($1.status.detail) }
        }
    }

    /// Whether a status is among them.
    func contains(_ status: EnumeratedStatus) -> Bool {
        status.detail <= 63 && subjects.indices.contains(Int(status.subject))
            && subjects[Int(status.subject)] & (1 << UInt64(status.detail)) != 0
    }

    /// Whether a status leaves the cause open: X.Y.0, X.7.1 ("not authorised"), or a detail that nobody registered.
    func isVague(_ status: EnumeratedStatus) -> Bool {
        status.detail == 0 || (status.subject == 7 && status.detail == 1) || !contains(status)
    }

    /// All of it as octets, which tell two registries apart.
    var octets: [UInt8] {
        subjects.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    }
}
