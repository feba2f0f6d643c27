import Testing

@testable import Delivery

@Suite struct RetryDelaysTests {
    @Test func `Delays grow from the first to the longest`() {
        let curve = RetryDelays(first: .seconds(60), growthPercent: 200, most: .seconds(600))
        let minutes = (1...6).map { curve.milliseconds(afterFailures: $0) / 60_000 }
        #expect(minutes == [1, 2, 4, 8, 10, 10])
    }

    @Test func `Without growth every delay is the first`() {
        let curve = RetryDelays(first: .seconds(60), growthPercent: 100, most: .seconds(600))
        #expect(curve.milliseconds(afterFailures: 1) == 60_000)
        #expect(curve.milliseconds(afterFailures: .max) == 60_000)
    }

    @Test func `A hostile count of failures ends at the longest delay`() {
        let curve = RetryDelays(first: .milliseconds(1), growthPercent: 101, most: .seconds(1_000_000))
        #expect(curve.milliseconds(afterFailures: .max) == 1_000_000_000)
        #expect(curve.milliseconds(afterFailures: 0) == 1)
        let steep = RetryDelays(first: .seconds(1), growthPercent: .max, most: .seconds(Int64.max))
        #expect(steep.milliseconds(afterFailures: 2) == .max)
    }

    @Test(arguments: [
        (Duration.seconds(Int64.max), Int64.max), (.seconds(Int64.min), .min), (.milliseconds(1500), 1500),
        (.nanoseconds(999_999), 0),
    ])
    func `Durations become milliseconds without overflow`(duration: Duration, milliseconds: Int64) {
        #expect(duration.wholeMilliseconds == milliseconds)
    }
}
