import Delivery
import MailFormat
import Relay
import StatusCodes
import Testing

@Suite struct `Bounds of the process` {
    @Test func `Memory is granted up to the limit, and again when it came back`() {
        let budget = ContentBudget(limit: 100)
        #expect(budget.reserve(60))
        #expect(budget.reserve(40))
        #expect(!budget.reserve(1))
        #expect(budget.inUse == 100)
        budget.release(40)
        #expect(budget.reserve(30))
        #expect(budget.inUse == 90)
    }

    @Test func `Connections are counted in all and by address`() throws {
        var limits = RelayConfiguration.ProcessLimits()
        limits.connections = 3
        limits.connectionsPerAddress = 2
        let census = ConnectionCensus(limits: limits)
        let one = try #require(IPAddress("192.0.2.1"))
        let other = try #require(IPAddress("192.0.2.2"))
        #expect(census.enter(one) == nil)
        #expect(census.enter(one) == nil)
        #expect(census.enter(one) == .tooManyConnections)
        census.leave(one)
        #expect(census.enter(other) == nil)
        #expect(census.enter(other) == .overloaded)
        census.leave(other)
        census.leave(other)
        census.leave(one)
        #expect(census.enter(one) == nil)
        #expect(census.total == 2)
    }

    @Test func `Message ids ascend, also when many are made in one millisecond`() {
        let source = MessageIDSource(node: 5)
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        var last = source.next(at: now)
        for _ in 0..<70_000 {
            let next = source.next(at: now)
            #expect(last < next)
            last = next
        }
        // A clock that goes back changes nothing.
        #expect(last < source.next(at: Timestamp(milliseconds: 1)))
    }

    @Test func `After a restart under a clock that was set back no message id comes again`() {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let earlier = MessageIDSource(node: 63)
        _ = earlier.next(at: now)
        let last = earlier.next(at: now)
        let later = MessageIDSource(node: 0)
        later.start(above: last)
        let tenDaysBack = Timestamp(milliseconds: now.milliseconds - 864_000_000)
        let next = later.next(at: tenDaysBack)
        #expect(next.rawValue >> 21 == last.rawValue >> 21 && (next.rawValue & 0x7FFF) == (last.rawValue & 0x7FFF) + 1)
    }
}
