import CUnbound
import Delivery
import MailFormat

extension DNSAnswer {
    /// Records of one answer that are read; more than any domain has, fewer than 64 KiB can hold.
    static let recordLimit = 512

    /// Reads the library's result; the pointer is valid for the length of the call.
    init(_ result: UnsafeMutablePointer<ub_result>, to question: DNSQuestion) {
        // Everything below is copied out; the caller frees the result afterwards and nothing of it is kept.
        let found = unsafe result.pointee
        let outcome: Outcome =
            if unsafe found.bogus != 0 {
                .failed(.bogus(unsafe found.why_bogus.map { unsafe String(cString: $0) } ?? "no reason given"))
            } else {
                switch unsafe found.rcode {
                case 0: unsafe found.havedata != 0 ? .records(Self.records(result, question.type)) : .noData
                case 2: .failed(.serverFailure)
                case 3: .noSuchName
                default: .failed(.refused)
                }
            }
        let canonical = unsafe found.canonname.flatMap { DNSName(unsafe String(cString: $0)) }
        self.init(
            outcome,
            lifetime: .seconds(max(0, unsafe found.ttl)),
            isSecure: unsafe found.secure != 0,
            canonicalName: canonical == question.name ? nil : canonical
        )
    }

    private static func records(_ result: UnsafeMutablePointer<ub_result>, _ type: DNSRecordType) -> [DNSRecord] {
        // ub_result: `data` is a list that ends with NULL, `len` has one length for each.
        guard let data = unsafe result.pointee.data, let lengths = unsafe result.pointee.len else { return [] }
        var records: [DNSRecord] = []
        while records.count < recordLimit, let start = unsafe data[records.count] {
            let count = Int(unsafe lengths[records.count])
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: start, count: max(0, count)))
            records.append(DNSRecord(type, bytes))
        }
        return records
    }
}

extension DNSRecord {
    /// Reads the data of a record by its type.
    init(_ type: DNSRecordType, _ data: [UInt8]) {
        switch type {
        case .mx where data.count >= 3:
            // RFC 1035 §3.3.9: 16 bits of preference, then a name.
            let preference = UInt16(data[0]) << 8 | UInt16(data[1])
            self = .mx(preference: preference, exchange: DNSName(wire: Array(data[2...]).span))
        case .a where data.count == 4, .aaaa where data.count == 16:
            self = IPAddress(octets: data.span).map(Self.address) ?? .malformed
        case .ptr, .cname:
            self = DNSName(wire: data.span).map(Self.name) ?? .malformed
        case .mx, .a, .aaaa:
            self = .malformed
        default:
            self = .data(data)
        }
    }
}
