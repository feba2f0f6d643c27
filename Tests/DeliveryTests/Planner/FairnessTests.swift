import Delivery
import MailFormat
import Testing

@Suite struct FairnessTests {
    @Test func `One destination that hangs delays none of 200 that answer`() {
        func slowest(hangs: Bool) -> Duration {
            let relay = VirtualRelay()
            relay.peer = { name, _, _ in
                name == "hangs.example" && hangs ? .hangs : .relays(in: .milliseconds(50))
            }
            var answering: [VirtualRelay.Submitted] = []
            for round in 0..<10 {
                for _ in 0..<40 { relay.submit(to: ["u\(round)@hangs.example"]) }
                for number in 0..<200 {
                    answering.append((relay.submit(to: ["u@d\(number).example"]), relay.now))
                }
                relay.run(for: .seconds(1))
            }
            return relay.longestWait(of: answering)
        }
        #expect(slowest(hangs: true) == .milliseconds(50))
        #expect(slowest(hangs: false) == .milliseconds(50))
    }

    @Test func `A destination has no more under way than its window`() {
        var configuration = PlannerConfiguration()
        configuration.destination.connections = 3
        configuration.destination.itemsPerConnection = 2
        let relay = VirtualRelay(configuration)
        for number in 0..<100 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(60))
        #expect(relay.mostUnderWay["example.net"] == 6)
        #expect(relay.relayedAt.count == 100)
    }

    @Test func `A destination without history begins carefully and opens with success`() {
        let relay = VirtualRelay()
        for number in 0..<400 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.step()
        #expect(relay.underWay["example.net"] == 20)
        relay.run(for: .seconds(60))
        #expect(relay.mostUnderWay["example.net"] == 80)
        #expect(relay.relayedAt.count == 400)
    }

    @Test func `A rate limit holds in any window, and everything is delivered`() {
        var configuration = PlannerConfiguration()
        configuration.destination.rate = PlannerConfiguration.Rate(count: 6, per: .seconds(60), burst: 2)
        let relay = VirtualRelay(configuration)
        for number in 0..<30 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(600))
        #expect(relay.transactions.count == 30)
        #expect(relay.mostTransactions(within: .seconds(60)) <= 8)
    }

    @Test func `Destinations with limits of their own keep to them`() {
        var configuration = PlannerConfiguration()
        var small = PlannerConfiguration.DestinationLimits()
        small.connections = 1
        small.itemsPerConnection = 1
        configuration.destinationOverrides["small.example"] = small
        let relay = VirtualRelay(configuration)
        for number in 0..<10 { relay.submit(to: ["u\(number)@SMALL.example", "u\(number)@large.example"]) }
        relay.run(for: .seconds(10))
        #expect(relay.mostUnderWay["small.example"] == 1)
        #expect(relay.mostUnderWay["large.example"] == 10)
    }

    @Test func `New destinations go to the loop with least to do and stay there`() {
        var configuration = PlannerConfiguration()
        configuration.loops = 4
        let relay = VirtualRelay(configuration)
        for _ in 0..<3 {
            for number in 0..<40 { relay.submit(to: ["u@d\(number).example"]) }
            relay.run(for: .seconds(1))
        }
        var loops: [String: Set<Int>] = [:]
        for transaction in relay.transactions { loops[transaction.destination, default: []].insert(transaction.loop) }
        #expect(loops.count == 40)
        #expect(loops.values.allSatisfy { $0.count == 1 })
        let perLoop = Dictionary(grouping: loops.values.compactMap(\.first)) { $0 }.mapValues(\.count)
        #expect(perLoop == [0: 10, 1: 10, 2: 10, 3: 10])
    }

    @Test func `Fixed destinations take what matches them, the rest goes by domain`() {
        var configuration = PlannerConfiguration()
        configuration.fixedDestinations = [".example.net": "smart", "": "local"]
        let relay = VirtualRelay(configuration)
        let id = relay.submit(to: ["a@x.example.net", "b@y.EXAMPLE.net", "c@example.net", "postmaster"])
        relay.run(for: .seconds(1))
        let byDestination = Dictionary(grouping: relay.transactions, by: \.destination)
        #expect(
            byDestination.mapValues { $0.flatMap(\.recipients) } == [
                "smart": [0, 1], "example.net": [2], "local": [3],
            ]
        )
        #expect(relay.fates(of: id).count == 4)
    }
}
