import MailFormat
import Relay
import Testing

@Suite struct LoginThrottleTests {
    private let now = Timestamp(seconds: 1_000_000)

    private func later(_ seconds: Int) -> Timestamp { now.advanced(by: .seconds(seconds)) }

    @Test func `Ten failures lock an account out for its network, for a while`() {
        var throttle = LoginThrottle()
        for _ in 0..<9 { throttle.failed(account: "alice", client: "192.0.2.1", now: now) }
        #expect(!throttle.isLocked(account: "alice", client: "192.0.2.1", now: now))
        throttle.failed(account: "Alice", client: "192.0.2.1", now: now)
        #expect(throttle.isLocked(account: "alice", client: "192.0.2.1", now: later(899)))
        #expect(!throttle.isLocked(account: "alice", client: "192.0.2.1", now: later(900)))
        // Alice herself, elsewhere, and her colleagues are not locked out.
        #expect(!throttle.isLocked(account: "alice", client: "198.51.100.1", now: now))
        #expect(!throttle.isLocked(account: "bob", client: "192.0.2.1", now: now))
    }

    @Test func `After the wait the count starts anew`() {
        var throttle = LoginThrottle()
        for _ in 0..<10 { throttle.failed(account: "alice", client: "192.0.2.1", now: now) }
        throttle.failed(account: "alice", client: "192.0.2.1", now: later(901))
        #expect(!throttle.isLocked(account: "alice", client: "192.0.2.1", now: later(901)))
    }

    @Test func `Failures far apart do not add up`() {
        var throttle = LoginThrottle()
        for number in 0..<30 { throttle.failed(account: "alice", client: "192.0.2.1", now: later(number * 901)) }
        #expect(!throttle.isLocked(account: "alice", client: "192.0.2.1", now: later(30 * 901)))
    }

    @Test func `A network that tries many accounts is locked out`() {
        var throttle = LoginThrottle()
        for number in 0..<40 { throttle.failed(account: "user\(number)", client: "2001:db8::\(number)", now: now) }
        #expect(throttle.isLocked(account: "another", client: "2001:db8::ffff", now: now))
        #expect(!throttle.isLocked(account: "another", client: "2001:db8:0:1::1", now: now))
    }

    @Test func `An account that many networks try is locked out`() {
        var throttle = LoginThrottle()
        for number in 0..<100 { throttle.failed(account: "alice", client: "192.0.2.\(number)", now: now) }
        #expect(throttle.isLocked(account: "alice", client: "198.51.100.1", now: now))
    }

    @Test func `A success forgets the account's failures and not the network's`() {
        var throttle = LoginThrottle()
        for _ in 0..<9 { throttle.failed(account: "alice", client: "192.0.2.1", now: now) }
        throttle.succeeded(account: "alice", client: "192.0.2.1")
        throttle.failed(account: "alice", client: "192.0.2.1", now: now)
        #expect(!throttle.isLocked(account: "alice", client: "192.0.2.1", now: now))
        for number in 0..<30 {
            throttle.failed(account: "user\(number)", client: "192.0.2.1", now: now)
            throttle.succeeded(account: "mallory", client: "192.0.2.1")
        }
        #expect(throttle.isLocked(account: "mallory", client: "192.0.2.1", now: now))
    }

    @Test func `A clock that is set back locks nobody out for longer`() {
        var throttle = LoginThrottle()
        for _ in 0..<10 { throttle.failed(account: "alice", client: "192.0.2.1", now: now) }
        #expect(!throttle.isLocked(account: "alice", client: "192.0.2.1", now: later(-86_400)))
    }

    @Test func `A mapped address is the IPv4 client`() {
        var throttle = LoginThrottle()
        for _ in 0..<10 { throttle.failed(account: "alice", client: "::ffff:192.0.2.1", now: now) }
        #expect(throttle.isLocked(account: "alice", client: "192.0.2.1", now: now))
    }

    @Test func `The counts stay within their bound`() {
        var limits = LoginThrottle.Limits()
        limits.entries = 300
        var throttle = LoginThrottle(limits: limits)
        for number in 0..<10_000 {
            throttle.failed(account: "user\(number)", client: "2001:db8:0:\(String(number, radix: 16))::1", now: now)
            if number.isMultiple(of: 3) {
                throttle.succeeded(account: "user\(number)", client: "2001:db8:0:\(String(number, radix: 16))::1")
            }
        }
        #expect(throttle.count <= 300)
    }
}
