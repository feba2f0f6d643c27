import Testing

@testable import Delivery

@Suite struct WakeHeapTests {
    @Test func `Entries come out in the order of their instants`() {
        var random = SeededGenerator(seed: 9)
        var heap = WakeHeap()
        var instants: [Int64] = []
        for slot in 0..<500 {
            let at = random.upTo(1000)
            instants.append(at)
            heap.push(WakeHeap.Entry(at: at, slot: Int32(slot)))
        }
        var popped: [Int64] = []
        while let entry = heap.popFirst() { popped.append(entry.at) }
        #expect(popped == instants.sorted())
        #expect(heap.popFirst() == nil)
    }
}
