import MailFormat
import StoreSQLite
import StoreTesting
import Testing

@Suite struct LeaseLedgerTests {
    @Test func `the earliest lease that is out is known, whatever came and went`() {
        var ledger = LeaseLedger()
        var model: [Int64] = []
        var generator = SplitMix64(seed: 42)
        for step in 0..<5000 {
            let isReturned = Int.random(in: 0..<5, using: &generator) < 2 + step / 2500
            if isReturned, let instant = model.randomElement(using: &generator) {
                model.remove(at: model.firstIndex(of: instant) ?? 0)
                ledger.remove(Timestamp(milliseconds: instant))
            } else {
                let instant = Int64(step / 3) + Int64.random(in: -20...20, using: &generator)
                model.append(instant)
                ledger.add(Timestamp(milliseconds: instant))
            }
            #expect(ledger.earliest()?.milliseconds == model.min())
        }
    }

    @Test func `a lease that never was out does not matter`() {
        var ledger = LeaseLedger()
        ledger.remove(Timestamp(milliseconds: 1))
        #expect(ledger.earliest() == nil)
        ledger.add(Timestamp(milliseconds: 2), count: 2)
        ledger.remove(Timestamp(milliseconds: 2))
        #expect(ledger.earliest() == Timestamp(milliseconds: 2))
    }
}
