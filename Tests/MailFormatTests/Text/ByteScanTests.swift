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

    @Test func `nothing to find in nothing`() {
        let nothing: [UInt8] = []
        #expect(ByteScan.lineEnd(nothing.span, from: 0) == 0)
    }
}
