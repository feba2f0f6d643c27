import MailFormat
import StatusCodes

/// Whose system refused, where that changes what a code means: by the host's name, or by words that only one writes.
enum ProviderHint {
    /// `domain` is the recipient's where a reply of its system may be quoted, empty where the words are the reporter's.
    static func provider(
        _ remote: String?,
        _ reporting: String?,
        _ reply: PrintedReply,
        domain: String
    ) -> Provider? {
        if let provider = remote.flatMap(Provider.init(mxHost:)) { return provider }
        // Exchange's resolver and store name themselves in what they print.
        let text = reply.text.utf8
        if text.span.contains("resolver.") || text.span.contains("storedrv.") { return .microsoft }
        if text.span.matches("gsmtp", at: text.count - 5) { return .google }
        // A mailbox provider's own domain tells who answered, where the report does not.
        if let provider = Provider(mxHost: domain) { return provider }
        return reporting.flatMap(Provider.init(mxHost:))
    }
}
