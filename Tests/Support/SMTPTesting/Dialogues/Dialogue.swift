/// One scenario between a client and a server, read from a fixture.
///
/// ```text
/// # RFC 5321 §4.1.4                       a comment; the first names the rules shown
/// ? recipients alice@example.net          the scripted world: a word and its value
/// S: 220 mx.example.net ESMTP {text}      a line with CRLF; {name} stands for any text that is not empty
/// C: EHLO client.example.org
/// S~ 250                                  a reply with this code, of however many lines
/// C| DATA\r\n\(x*998)\r\n.\r\n            raw bytes: \r \n \t \0 \\ \xHH, and \(text*N) for a text N times
/// @ +300s                                 time passes (ms, s, m, h)
/// = tls                                   the TLS handshake completes
/// = drain                                 the server under test is told to go down
/// x server                                that side closes the connection
/// ! state ready, errors 1                 words of the side under test that must hold now
/// ```
///
/// `S|` exists as well. Lines that one side says without a pause go in one write.
package struct Dialogue: Sendable {
    /// The file's name without its extension.
    package var name: String
    /// The comments, without their mark.
    package var comments: [String]
    /// The scripted world, in order; a word may occur several times.
    package var world: [(word: String, value: String)]
    /// What happens.
    package var steps: [Step]

    /// One line of the fixture that does something.
    package struct Step: Sendable {
        /// Its line number in the file.
        package var line: Int
        /// What it says.
        package var event: Event
    }

    /// What may happen.
    package enum Event: Sendable {
        /// A side says a line, CRLF at its end.
        case line(Side, Pattern)
        /// The server says a reply with this code, of one line or more.
        case reply(String)
        /// A side says these octets.
        case raw(Side, [UInt8])
        /// Time passes.
        case time(Duration)
        /// The handshake completes.
        case tls
        /// The side under test is told to stop.
        case drain
        /// A side closes.
        case closed(Side)
        /// The side under test is in this state.
        case holds([(word: String, value: String)])
    }

    /// Who speaks.
    package enum Side: Sendable {
        /// The one that connected.
        case client
        /// The one that listened.
        case server
    }

    /// Every value that the world gives to a word.
    package func values(of word: String) -> [String] {
        var values: [String] = []
        for entry in world where entry.word == word { values.append(entry.value) }
        return values
    }

    /// The latest value of a word.
    package func value(of word: String) -> String? { values(of: word).last }
}
