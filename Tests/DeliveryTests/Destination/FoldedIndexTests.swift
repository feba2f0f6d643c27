import Testing

@testable import Delivery

@Suite struct FoldedIndexTests {
    private func find(_ name: String, in index: FoldedIndex) -> Int32? {
        let bytes = Array(name.utf8)
        return index.find(bytes.span, hash: index.hash(bytes.span))
    }

    @Test func `Case of ASCII letters is ignored, everything else counts`() {
        var index = FoldedIndex(seed: 1)
        let key = Array("example.net".utf8)
        index.insert(key, hash: index.hash(key.span), value: 7)
        #expect(find("EXAMPLE.Net", in: index) == 7)
        #expect(find("example.ne", in: index) == nil)
        #expect(find("example.net.", in: index) == nil)
        #expect(find("", in: index) == nil)
        let bracket = Array("[1]".utf8)
        index.insert(bracket, hash: index.hash(bracket.span), value: 8)
        #expect(find("{1}", in: index) == nil, "[ and { differ by the bit that folds letters")
    }

    @Test(arguments: [UInt64(1), 2, 3]) func `It agrees with a dictionary through insertions and removals`(seed: UInt64)
    {
        var random = SeededGenerator(seed: seed)
        var index = FoldedIndex(seed: seed)
        var reference: [String: Int32] = [:]
        for step in 0..<4000 {
            let name = "d\(random.upTo(300)).example"
            let key = Array(name.utf8)
            let hash = index.hash(key.span)
            if reference[name] == nil {
                index.insert(key, hash: hash, value: Int32(step))
                reference[name] = Int32(step)
            } else {
                index.remove(key.span, hash: hash)
                reference[name] = nil
            }
            #expect(index.count == reference.count)
        }
        for number in 0...300 {
            let name = "d\(number).example"
            #expect(find(name, in: index) == reference[name])
        }
    }

    @Test func `Removing what is not there changes nothing`() {
        var index = FoldedIndex(seed: 5)
        let key = Array("example.net".utf8)
        index.remove(key.span, hash: index.hash(key.span))
        #expect(index.count == 0)
    }
}
