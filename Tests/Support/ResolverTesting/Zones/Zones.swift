package import Delivery
import MailFormat

/// The DNS of a test, written as text: one record a line, `OWNER TYPE DATA`, with `$ORIGIN` and `;` comments.
///
/// ```
/// $ORIGIN example.test.
/// @       MX     10 mx1
/// mx1     A      192.0.2.1
/// www     CNAME  mx1
/// broken  !      servfail       every question about the name fails: servfail, refused, timeout, bogus
/// signed  !      secure         the name and all below it are proven by DNSSEC
/// @       !      ttl 300        answers about this name live so long (default 3600)
/// ```
///
/// A name exists when it or a name below it has a record (RFC 8020 §2).
package struct Zones: Sendable {
    private var records: [DNSName: [DNSRecordType: [DNSRecord]]] = [:]
    private var aliases: [DNSName: DNSName] = [:]
    private var failures: [DNSName: DNSFailure] = [:]
    private var secure: Set<DNSName> = []
    private var lifetimes: [DNSName: Duration] = [:]
    private var existing: Set<DNSName> = [.root]

    /// Reads the text; an error names the line.
    package init(_ text: String) throws {
        var origin = DNSName.root
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != ";" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard !words.isEmpty else { continue }
            do {
                if words[0] == "$ORIGIN", words.count == 2 {
                    origin = try name(words[1], in: .root)
                } else {
                    try take(words, origin: origin)
                }
            } catch {
                throw ZoneTextError(line: number + 1, text: String(line))
            }
        }
    }

    private mutating func take(_ words: [String], origin: DNSName) throws(Malformed) {
        guard words.count >= 3 else { throw Malformed() }
        let owner = try name(words[0], in: origin)
        let data = Array(words[2...])
        switch words[1] {
        case "!": return try note(data, about: owner)
        case "A", "AAAA":
            guard let address = IPAddress(data[0]), address.isV6 == (words[1] == "AAAA") else { throw Malformed() }
            add(.address(address), words[1] == "A" ? .a : .aaaa, to: owner)
        case "MX":
            guard data.count == 2, let preference = UInt16(data[0]) else { throw Malformed() }
            // What is no name for mail still is one for DNS.
            let exchange = try? name(data[1], in: origin)
            add(.mx(preference: preference, exchange: exchange), .mx, to: owner)
        case "PTR": add(.name(try name(data[0], in: origin)), .ptr, to: owner)
        case "TXT": add(.data(Array(data.joined(separator: " ").utf8)), .txt, to: owner)
        case "CNAME":
            aliases[owner] = try name(data[0], in: origin)
            exist(owner)
        default: throw Malformed()
        }
    }

    private mutating func note(_ words: [String], about owner: DNSName) throws(Malformed) {
        switch words[0] {
        case "servfail": failures[owner] = .serverFailure
        case "refused": failures[owner] = .refused
        case "timeout": failures[owner] = .timeout
        case "bogus": failures[owner] = .bogus("signature expired")
        case "malformed": add(.malformed, .mx, to: owner)
        case "secure": secure.insert(owner)
        case "ttl":
            guard words.count == 2, let seconds = Int(words[1]) else { throw Malformed() }
            lifetimes[owner] = .seconds(seconds)
        case "exists": exist(owner)
        default: throw Malformed()
        }
    }

    private mutating func add(_ record: DNSRecord, _ type: DNSRecordType, to owner: DNSName) {
        records[owner, default: [:]][type, default: []].append(record)
        exist(owner)
    }

    private mutating func exist(_ name: DNSName) {
        var next: DNSName? = name
        while let name = next, existing.insert(name).inserted { next = name.parent }
    }

    private func name(_ text: String, in origin: DNSName) throws(Malformed) -> DNSName {
        let absolute: String
        if text == "." { return .root }
        if text == "@" {
            return origin
        } else if text.hasSuffix(".") {
            absolute = text
        } else {
            absolute = origin == .root ? text : "\(text).\(origin.text)"
        }
        guard let name = DNSName(absolute) else { throw Malformed() }
        return name
    }

    private struct Malformed: Error {}
}

/// A line of zone text that cannot be read.
package struct ZoneTextError: Error, CustomStringConvertible {
    let line: Int
    let text: String
    /// Where and what.
    package var description: String { "zone text, line \(line): \(text)" }
}

extension Zones {
    /// Answers a question as a validating resolver would.
    package func answer(_ question: DNSQuestion) -> DNSAnswer {
        var name = question.name
        var lifetime = Duration.seconds(3600)
        var isSecure = true
        // As many aliases as Unbound follows; a longer chain is a failure there too.
        for _ in 0..<11 {
            if let failure = failures[name] { return DNSAnswer(.failed(failure)) }
            lifetime = min(lifetime, lifetimes[name] ?? lifetime)
            isSecure = isSecure && isProven(name)
            if let target = aliases[name], question.type != .cname {
                name = target
                continue
            }
            return DNSAnswer(
                outcome(name, question.type),
                lifetime: lifetime,
                isSecure: isSecure,
                canonicalName: name == question.name ? nil : name
            )
        }
        return DNSAnswer(.failed(.serverFailure))
    }

    private func outcome(_ name: DNSName, _ type: DNSRecordType) -> DNSAnswer.Outcome {
        guard existing.contains(name) else { return .noSuchName }
        guard let found = records[name]?[type], !found.isEmpty else { return .noData }
        return .records(found)
    }

    private func isProven(_ name: DNSName) -> Bool {
        var next: DNSName? = name
        while let name = next {
            if secure.contains(name) { return true }
            next = name.parent
        }
        return false
    }
}
