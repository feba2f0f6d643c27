import MailFormat

/// The `Nov 23 01:56:04` of syslog lines, in UTC.
enum SyslogStamp {
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func append(_ time: Timestamp, to bytes: inout [UInt8]) {
        let civil = CivilTime(time)
        bytes.append(static: months[civil.month - 1])
        bytes.append(UInt8(ascii: " "))
        append(civil.day, padding: UInt8(ascii: " "), to: &bytes)
        bytes.append(UInt8(ascii: " "))
        append(civil.hour, padding: UInt8(ascii: "0"), to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(civil.minute, padding: UInt8(ascii: "0"), to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(civil.second, padding: UInt8(ascii: "0"), to: &bytes)
    }

    private static func append(_ number: Int, padding: UInt8, to bytes: inout [UInt8]) {
        bytes.append(number < 10 ? padding : UInt8(ascii: "0") + UInt8(number / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
