package import Delivery

extension Resolver {
    /// Asks one question and waits for the answer.
    package func answer(
        _ name: String,
        _ type: DNSRecordType,
        within limit: Duration = .seconds(30)
    ) async throws -> DNSAnswer {
        guard let name = DNSName(name) else { throw ServerError("\(name) is no name") }
        return await withCheckedContinuation { continuation in
            resolve(DNSQuestion(name, type), within: limit) { continuation.resume(returning: $0) }
        }
    }
}
