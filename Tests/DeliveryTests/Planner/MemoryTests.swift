import Delivery
import MailFormat
import Testing

@Suite struct MemoryTests {
    private func small() -> PlannerConfiguration {
        var configuration = PlannerConfiguration()
        configuration.memory.recipients = 100
        configuration.memory.recipientsPerDestination = 40
        configuration.memory.destinations = 30
        configuration.memory.contentBytes = 10_000
        configuration.retry.delayNotice = nil
        return configuration
    }

    @Test func `A flood for one slow destination stays within its memory, and all of it is delivered`() {
        let relay = VirtualRelay(small())
        relay.peer = { _, _, _ in .relays(in: .seconds(1)) }
        for _ in 0..<10 {
            for _ in 0..<30 { relay.submit(to: ["u@slow.example"]) }
            relay.run(for: .milliseconds(10))
        }
        relay.run(for: .seconds(2 * 3600))
        #expect(relay.relayedAt.count == 300)
        #expect(relay.mostInMemory <= 100 + 30, "the limit, and one batch that was looked at before it")
    }

    @Test func `A destination that hangs cannot take the memory from the others`() {
        let relay = VirtualRelay(small())
        relay.peer = { name, _, _ in name == "hangs.example" ? .hangs : .relays(in: .milliseconds(20)) }
        for _ in 0..<200 { relay.submit(to: ["u@hangs.example"]) }
        relay.run(for: .seconds(10))
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        #expect(relay.relayedAt[RecipientID(message: id, index: 0)] != nil)
    }

    @Test func `More destinations than there is room for are served one after the other`() {
        let relay = VirtualRelay(small())
        for number in 0..<90 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(3600))
        #expect(relay.relayedAt.count == 90)
        #expect(relay.planner.destinationCount <= 30)
    }

    @Test func `Content beyond its budget is dropped and read back, not kept`() {
        let relay = VirtualRelay(small())
        relay.peer = { _, _, _ in .relays(in: .seconds(1)) }
        for _ in 0..<20 { relay.submit(to: ["u@example.net"], content: SampleContent(byteCount: 1000)) }
        relay.run(for: .seconds(60))
        #expect(relay.transactions.filter(\.hasContent).count == 10)
        #expect(relay.relayedAt.count == 20)
        #expect(relay.mostContentBytes == 10_000)
        #expect(relay.planner.contentByteCount == 0)
    }

    @Test func `A message with ten thousand recipients costs one transaction for each hundred`() {
        let relay = VirtualRelay()
        var configuration = PlannerConfiguration()
        configuration.memory.recipientsPerDestination = 20_000
        relay.planner = DeliveryPlanner(configuration)
        relay.submit(to: (0..<10_000).map { "u\($0)@example.net" })
        relay.run(for: .seconds(60))
        #expect(relay.transactions.count == 100)
        #expect(relay.relayedAt.count == 10_000)
        #expect(relay.planner.messageCount == 0)
    }

    @Test func `Work whose outcome never comes is taken back when its lease has run out`() {
        let relay = VirtualRelay()
        var hangs = true
        relay.peer = { _, _, _ in hangs ? .hangs : .relays(in: .milliseconds(20)) }
        relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(60))
        hangs = false
        relay.run(for: .seconds(2 * 3600))
        #expect(relay.planner.statistics.lost == 1)
        #expect(relay.relayedAt.count == 1)
    }

    @Test func `What waits longer than its lease allows goes back to the store`() {
        var configuration = PlannerConfiguration()
        configuration.destination.rate = PlannerConfiguration.Rate(count: 1, per: .seconds(1800))
        configuration.retry.delayNotice = nil
        let relay = VirtualRelay(configuration)
        for _ in 0..<6 { relay.submit(to: ["u@example.net"]) }
        relay.run(for: .seconds(4 * 3600))
        #expect(relay.relayedAt.count == 6)
        #expect(relay.planner.statistics.returned > 0)
    }
}
