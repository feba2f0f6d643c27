import Foundation

/// SASLprep (RFC 4013), the stringprep profile by which names and passwords are compared.
///
/// Two steps are left out: unassigned code points are let through, as RFC 3454 §7 allows for queries, so that a password
/// does not stop working with a new version of Unicode; and strings of mixed direction are let through, as RFC 8265
/// §4.2, which replaces SASLprep for passwords, does.
enum SASLPrep {
    static func prepare(_ text: [UInt8]) -> [UInt8]? {
        if text.allSatisfy({ $0 < 0x80 }) {
            return text.contains { isControl(Unicode.Scalar($0)) } ? nil : text
        }
        guard let string = String(validating: text, as: UTF8.self) else { return nil }
        var mapped = String.UnicodeScalarView()
        for scalar in string.unicodeScalars where !isMappedToNothing(scalar) {
            mapped.append(isSpace(scalar) ? " " : scalar)
        }
        // RFC 4013 §2.2: normalisation form KC.
        let normal = String(mapped).precomposedStringWithCompatibilityMapping
        guard !normal.unicodeScalars.contains(where: isProhibited) else { return nil }
        return Array(normal.utf8)
    }

    /// RFC 3454, table B.1.
    private static func isMappedToNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00AD, 0x034F, 0x1806, 0x180B...0x180D, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    /// RFC 3454, table C.1.2: spaces that are not ASCII's.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00A0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// RFC 4013 §2.3: tables C.1.2, C.2, C.3, C.4, C.6, C.7, C.8, C.9 (C.5, surrogates, is no UTF-8).
    private static func isProhibited(_ scalar: Unicode.Scalar) -> Bool {
        if isControl(scalar) || isSpace(scalar) { return true }
        return switch scalar.value {
        case 0x06DD, 0x070F, 0x180E, 0x2028, 0x2029, 0x2061...0x2063, 0x206A...0x206F, 0x1D173...0x1D17A: true  // C.2.2
        case 0xE000...0xF8FF, 0xF0000...0x10FFFF: true  // C.3
        case 0xFDD0...0xFDEF: true  // C.4
        case 0xFFF9...0xFFFD: true  // C.6
        case 0x2FF0...0x2FFB: true  // C.7
        case 0x0340, 0x0341, 0x200E, 0x200F, 0x202A...0x202E: true  // C.8
        case 0xE0001, 0xE0020...0xE007F: true  // C.9
        default: scalar.value & 0xFFFE == 0xFFFE  // C.4
        }
    }
}
