import Foundation
import MailFormat

/// The present, for output.
enum Moment {
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
    static var nowSeconds: Int64 { now.seconds }
    static func iso(_ seconds: Int64) -> String { ISO8601.text(Timestamp(seconds: seconds)) }
}
