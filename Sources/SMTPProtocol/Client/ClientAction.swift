/// What the driver has to do after an event.
///
/// Before it does so it writes what `ClientSession.drainOutput` gives; commands are no action of their own.
public enum ClientAction: Hashable, Sendable {
    /// Nothing further: wait for the next event.
    case wait
    /// Stream the content of the transaction in work, then report `contentSent`.
    case sendContent(ContentForm)
    /// Run this derivation away from the event loop, then report `derived`.
    case derive(SCRAMDerivation)
    /// Begin the TLS handshake, then report `tlsEstablished` or `tlsFailed`.
    case startTLS
    /// Greeting, EHLO, TLS and AUTH are done, once in a session: tell the owner, then call `proceed`.
    case established
    /// Reports are there: fetch them with `takeReport`, then call `proceed`.
    case finished
    /// Fetch the reports and close the connection; `ClientSession.failure` says whether it failed.
    case close
}

/// How content goes out.
public enum ContentForm: Hashable, Sendable {
    /// After 354: dots stuffed, ended by a dot (RFC 5321 §4.5.2).
    case dotStuffed
    /// As it is, behind a BDAT that is already in the output; it must be lines (RFC 3030 §2).
    case chunkOfLines
    /// As it is, whatever octets it has (BODY=BINARYMIME, RFC 3030 §3).
    case chunkOfOctets
}

/// What one look at received octets led to.
public struct ClientStep: Hashable, Sendable {
    /// How many octets were used up; 0: a reply is not complete yet.
    public let consumed: Int
    /// What to do.
    public let action: ClientAction
}
