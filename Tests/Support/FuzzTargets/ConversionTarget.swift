import MailFormat

/// Converts a message to 7 bits: where that is done, its parts and what they hold are the same for any reader.
func fuzzConversion(_ bytes: [UInt8]) {
    let converted: SevenBitMessage
    do throws(ConversionRefusal) { converted = try SevenBitMessage(converting: bytes.span) } catch {
        mustHold((0...bytes.count).contains(error.offset), "what is in the way lies in the message")
        return
    }
    mustHold(converted.bytes.allSatisfy { $0 < 0x80 && $0 != 0 }, "nothing above 127 is left")
    mustHold(!hasBareLineEnd(converted.bytes), "only CRLF ends a line")
    mustHold(converted.isChanged || converted.bytes == bytes, "what needs no change has none")
    let before = comparable(bytes)
    let after = comparable(converted.bytes)
    mustHold(before.count == after.count, "no part comes or goes")
    for (old, new) in zip(before, after) { mustHold(old == new, "a part stays what it was") }
    do throws(ConversionRefusal) {
        let again = try SevenBitMessage(converting: converted.bytes.span)
        mustHold(!again.isChanged && again.bytes == converted.bytes, "what was converted needs no conversion")
    } catch {
        mustHold(false, "what was converted can be read")
    }
}

private struct ComparablePart: Equatable {
    let depth: Int
    let type: String
    /// Decoded; of a part that holds others nothing, since those are compared.
    let content: [UInt8]
}

/// The parts of a message, but for those in a message that may be encoded as a whole (RFC 6532 §3.5).
private func comparable(_ bytes: [UInt8]) -> [ComparablePart] {
    let structure = MIMEStructure(bytes.span)
    var isHidden = [Bool](repeating: false, count: structure.parts.count)
    var comparable: [ComparablePart] = []
    for (index, part) in structure.parts.enumerated() {
        let type = part.contentType
        let isWhole = type.type == "message" && type.subtype.hasPrefix("global")
        if let parent = part.parent, isHidden[parent] {
            isHidden[index] = true
            continue
        }
        isHidden[index] = isWhole
        var content: [UInt8] = []
        let holdsParts = index + 1 < structure.parts.count && structure.parts[index + 1].parent == index
        if !holdsParts || isWhole { part.encoding.decode(bytes.span, part.body, limit: .max, to: &content) }
        comparable.append(ComparablePart(depth: part.depth, type: "\(type.type)/\(type.subtype)", content: content))
    }
    return comparable
}
