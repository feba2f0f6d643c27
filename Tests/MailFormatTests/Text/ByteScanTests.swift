import MailFormat
import Testing

@Suite struct `Byte scan` {
    @Test(arguments: 0..<40)
    func `a stop byte is found wherever it stands`(place: Int) {
        for stop: UInt8 in [0x0D, 0x0A] {
            var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 48)
            bytes[place] = stop
            #expect(ByteScan.lineEnd(bytes.span, from: 0) == place)
            #expect(ByteScan.lineEnd(bytes.span, from: place) == place)
            #expect(ByteScan.lineEnd(bytes.span, from: place + 1) == 48)
        }
        for stop: UInt8 in [0x0D, 0x0A, 0] {
            var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 48)
            bytes[place] = stop
            var union: UInt8 = 0
            #expect(ByteScan.contentStop(bytes.span, from: 0, to: 48, union: &union) == place)
            #expect(ByteScan.contentStop(bytes.span, from: 0, to: place, union: &union) == place)
            #expect(union == (place == 0 ? 0 : UInt8(ascii: "x")))
        }
    }

    @Test(arguments: 0..<40)
    func `a byte above 127 shows only when it lies before the stop`(place: Int) {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 48)
        bytes[20] = 0x0D
        if place != 20 { bytes[place] = 0xC3 }
        var union: UInt8 = 0
        #expect(ByteScan.contentStop(bytes.span, from: 0, to: 48, union: &union) == 20)
        #expect((union >= 0x80) == (place < 20))
    }

    @Test(arguments: 0..<40)
    func `an octet is found wherever it stands, and nothing else`(place: Int) {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 48)
        bytes[place] = UInt8(ascii: "5")
        let four = UInt8(ascii: "4")
        #expect(ByteScan.first(bytes.span, UInt8(ascii: "5"), from: 0, to: 48) == place)
        #expect(ByteScan.first(bytes.span, four, from: 0, to: 48) == 48)
        #expect(ByteScan.first(bytes.span, four, but: 1, from: 0, to: 48) == place)
        #expect(ByteScan.first(bytes.span, four, but: 1, from: 0, to: place) == place)
        #expect(ByteScan.first(bytes.span, four, but: 1, from: place + 1, to: 48) == 48)
        #expect(ByteScan.first(bytes.span, four, but: 1, from: 48, to: 40) == 40)
        #expect(ByteScan.lineEnd(bytes.span, or: UInt8(ascii: "5"), from: 0) == place)
        bytes[place] = ASCII.lineFeed
        #expect(ByteScan.lineEnd(bytes.span, or: UInt8(ascii: "5"), from: 0) == place)
        #expect(ByteScan.lineFeed(bytes.span, from: 0) == place)
    }

    @Test(arguments: 0..<40)
    func `a line is found by its first octet`(place: Int) {
        var bytes = [UInt8](repeating: UInt8(ascii: "-"), count: 48)
        #expect(ByteScan.line(bytes.span, beginningWith: UInt8(ascii: "-"), from: 0) == 48)
        bytes[place] = ASCII.lineFeed
        #expect(ByteScan.line(bytes.span, beginningWith: UInt8(ascii: "-"), from: 0) == place + 1)
        #expect(ByteScan.line(bytes.span, beginningWith: UInt8(ascii: "-"), from: place + 1) == place + 1)
        #expect(ByteScan.line(bytes.span, beginningWith: UInt8(ascii: "-"), from: place + 2) == 48)
        #expect(ByteScan.line(bytes.span, beginningWith: UInt8(ascii: "x"), from: 0) == 48)
    }

    @Test(arguments: 0..<40)
    func `a survey sees every byte`(place: Int) {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 40)
        #expect(ByteScan.survey(bytes.span, for: 0x1B) == (UInt8(ascii: "x"), false, false))
        bytes[place] = 0x1B
        #expect(ByteScan.survey(bytes.span, for: 0x1B) == (UInt8(ascii: "x") | 0x1B, true, false))
        bytes[place] = ASCII.carriageReturn
        #expect(ByteScan.survey(bytes.span, for: 0x1B) == (UInt8(ascii: "x") | ASCII.carriageReturn, false, true))
        bytes[place] = 0xC3
        #expect(ByteScan.survey(bytes.span, for: 0x1B).union >= 0x80)
    }

    @Test func `nothing to find in nothing`() {
        let nothing: [UInt8] = []
        #expect(ByteScan.lineEnd(nothing.span, from: 0) == 0)
        #expect(ByteScan.first(nothing.span, 1, from: 0, to: 0) == 0)
        #expect(ByteScan.line(nothing.span, beginningWith: 1, from: 0) == 0)
        #expect(ByteScan.survey(nothing.span, for: 1) == (0, false, false))
    }
}
