package import Delivery
package import MailFormat
import SMTPProtocol
import StatusCodes

/// Makes 7-bit content of a message, within the memory that content may take (RFC 6152 §3).
///
/// Blocking: only on I/O threads.
package enum ContentConversion {
    /// How large content may be that is converted, in octets.
    ///
    /// The whole of it is in memory twice, as it was and as it is to be: with the default `content_memory` one such
    /// message at a time. Larger 8-bit mail is rare, and hosts without 8BITMIME take no large mail.
    package static let mostOctets = 16 << 20
    /// Room for the fields that parts are given, beside their bodies: 1,000 parts, two short lines each.
    private static let fieldAllowance = 128 << 10

    /// Converts content; what it takes of the budget is given back with the result.
    package static func run(
        _ content: any MessageContent,
        within budget: ContentBudget
    ) throws(ConversionObstacle) -> ConvertedContent {
        // Encoded text is no longer than base64, four octets for three and a line end for fifty-seven, and a little more
        // where lines have to be broken.
        let converted = content.byteCount + content.byteCount / 2 + fieldAllowance
        let needed = converted + (content.isResident ? 0 : content.byteCount)
        guard content.byteCount <= mostOctets, needed <= budget.limit else { throw .tooLarge }
        guard budget.reserve(needed) else { throw .memoryShort }
        do throws(ConversionObstacle) {
            let message = try convert(content)
            budget.release(needed - message.bytes.count)
            return ConvertedContent(message, budget: budget)
        } catch {
            budget.release(needed)
            throw error
        }
    }

    private static func convert(_ content: any MessageContent) throws(ConversionObstacle) -> SevenBitMessage {
        guard !content.isResident else { return try resident(content) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.byteCount)
        while bytes.count < content.byteCount {
            let start = bytes.count
            do throws(ContentError) {
                try content.withBytes(in: start..<content.byteCount) { bytes.append($0, ByteRange(0, $0.count)) }
            } catch {
                throw .unreadable(error)
            }
            guard bytes.count > start else { throw .unreadable(ContentError(code: .damaged)) }
        }
        return try convert(bytes.span)
    }

    private static func resident(_ content: any MessageContent) throws(ConversionObstacle) -> SevenBitMessage {
        var result: Result<SevenBitMessage, ConversionObstacle>?
        do throws(ContentError) {
            try content.withBytes(in: 0..<content.byteCount) { bytes in
                do throws(ConversionObstacle) { result = .success(try convert(bytes)) } catch {
                    result = .failure(error)
                }
            }
        } catch {
            throw .unreadable(error)
        }
        guard let result else { throw .unreadable(ContentError(code: .damaged)) }
        return try result.get()
    }

    private static func convert(_ bytes: Span<UInt8>) throws(ConversionObstacle) -> SevenBitMessage {
        do throws(ConversionRefusal) { return try SevenBitMessage(converting: bytes) } catch {
            throw .refused(error)
        }
    }
}

/// Why content goes nowhere as 7 bits.
package enum ConversionObstacle: Error, Hashable, Sendable {
    /// It must not be converted, or cannot be.
    case refused(ConversionRefusal)
    /// It is larger than conversions may be.
    case tooLarge
    /// There is no memory now; later there may be.
    case memoryShort
    /// The stored content cannot be read.
    case unreadable(ContentError)
}

extension ConversionObstacle {
    /// What it means to the recipients.
    var failure: ClientFailure {
        switch self {
        case .refused(let refusal):
            failure(refusal.isProtection ? .conversionProhibited : .eightBitUnsupported, because: refusal.text)
        case .tooLarge:
            failure(.eightBitUnsupported, because: "it has more than \(ContentConversion.mostOctets >> 20) MiB")
        case .memoryShort: failure(.conversionFailedNow, because: "there is no memory for it now")
        case .unreadable(let error):
            ClientFailure(
                stage: .queue,
                reach: .transaction,
                cause: .condition(.contentUnreadable, detail: "the stored content cannot be read: \(error.code)")
            )
        }
    }

    private func failure(_ condition: Condition, because reason: String) -> ClientFailure {
        ClientFailure(
            stage: .conversion,
            reach: .transaction,
            cause: .condition(condition, detail: "\(condition.text): \(reason)")
        )
    }
}

/// Content in 7 bits; its memory is given back when nobody needs it any more.
package final class ConvertedContent: MessageContent {
    private let message: SevenBitMessage
    private let budget: ContentBudget

    /// Takes over the octets that are reserved for the message.
    init(_ message: SevenBitMessage, budget: ContentBudget) {
        self.message = message
        self.budget = budget
    }

    deinit { budget.release(message.bytes.count) }

    /// How many octets the message has now.
    package var byteCount: Int { message.bytes.count }
    /// Always in memory.
    package var isResident: Bool { true }
    /// Whether it is another content than the stored one.
    package var isChanged: Bool { message.isChanged }
    /// Whether it was signed for DKIM and is not what was signed any more.
    package var breaksDKIM: Bool { message.isChanged && message.hasDKIMSignature }

    /// Gives all of `range` to the body.
    package func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        let part = message.bytes[range]
        body(part.span)
    }
}
