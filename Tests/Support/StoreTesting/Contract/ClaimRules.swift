internal import Delivery
internal import MailFormat
internal import Testing

extension StoreContract {
    private static func claim(
        _ store: any QueueStore,
        at seconds: Int64,
        fence: Int64 = 5,
        limit: Int = 100
    ) throws -> [RecipientID] {
        let lease = Samples.lease(fence: fence, seconds: seconds + 600)
        return try store.claimDue(now: .after(seconds), lease: lease, limit: limit).flatMap { message in
            message.recipients.map { RecipientID(message: message.id, index: $0.index) }
        }
    }

    static let claimRules: [StoreRule] = [
        StoreRule("what is due is claimed, at its instant and not before") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: Samples.due(60))))
            #expect(try claim(fixture.store, at: 59).isEmpty)
            #expect(try fixture.store.nextDue() == .after(60))
            #expect(try claim(fixture.store, at: 60) == [Samples.recipient(1)])
            try expectState(fixture.store, Samples.recipient(1), .leased(Samples.lease(fence: 5, seconds: 660)))
        },
        StoreRule("a claim gives the whole message with the claimed recipients") { fixture in
            let submission = Samples.submission(1, recipients: 3, state: Samples.due(60))
            _ = try fixture.store.write(.submitting(submission))
            _ = try fixture.store.write(
                .moving(
                    .to(Samples.hold(), 1, 1, fence: nil),
                    .to(Samples.due(50), 1, 2, fence: nil, attempt: Samples.deferral(3), notice: true)
                )
            )
            let lease = Samples.lease(fence: 5, seconds: 660)
            let claimed = try fixture.store.claimDue(now: .after(60), lease: lease, limit: 10)
            let message = try #require(claimed.first)
            #expect(claimed.count == 1)
            #expect(message.envelope == submission.envelope && message.origin == submission.origin)
            #expect(message.byteCount == submission.content.byteCount && message.arrival == submission.arrival)
            #expect(message.recipients.map(\.index) == [2, 0], "the older one first")
            #expect(message.recipients.allSatisfy { $0.state == .leased(lease) })
            #expect(message.recipients.map(\.attemptCount) == [1, 0])
            #expect(message.recipients.map(\.delayNoticeSent) == [true, false])
            #expect(message.recipients.map(\.lastAttempt) == [Samples.deferral(3), nil])
        },
        StoreRule("what is claimed is not claimed again") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: Samples.due(60))))
            #expect(try claim(fixture.store, at: 60).count == 1)
            #expect(try claim(fixture.store, at: 61).isEmpty)
            #expect(try fixture.store.nextDue() == .after(660), "when the lease runs out")
        },
        StoreRule("the oldest due are claimed first, and no more than asked for") { fixture in
            for (number, seconds) in [50, 10, 40, 20, 30].enumerated() {
                let submission = Samples.submission(number, state: Samples.due(Int64(seconds)))
                _ = try fixture.store.write(.submitting(submission))
            }
            #expect(try claim(fixture.store, at: 100, limit: 2) == [Samples.recipient(1), Samples.recipient(3)])
            #expect(try claim(fixture.store, at: 100, limit: 2) == [Samples.recipient(4), Samples.recipient(2)])
            #expect(try claim(fixture.store, at: 100, limit: 0).isEmpty)
            #expect(try claim(fixture.store, at: 100, limit: 2) == [Samples.recipient(0)])
        },
        StoreRule("a lease that ran out can be claimed, and its holder's outcome is ignored then") { fixture in
            let lease = RecipientState.leased(Samples.lease(fence: 2, seconds: 30))
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: lease)))
            #expect(try claim(fixture.store, at: 29).isEmpty)
            #expect(try fixture.store.nextDue() == .after(30))
            #expect(try claim(fixture.store, at: 30, fence: 3) == [Samples.recipient(1)])
            #expect(try fixture.store.write(.moving(.done(1, fence: 2))).ignored == [0])
            #expect(try fixture.store.message(Samples.id(1)) != nil)
            #expect(try fixture.store.write(.moving(.done(1, fence: 3))).completed == [Samples.id(1)])
        },
        StoreRule("leases that ran out and what is due come in one order") { fixture in
            _ = try fixture.store.write(
                .submitting(
                    Samples.submission(1, state: Samples.due(20)),
                    Samples.submission(2, state: .leased(Samples.lease(seconds: 10))),
                    Samples.submission(3, state: .leased(Samples.lease(seconds: 30)))
                )
            )
            #expect(try claim(fixture.store, at: 40, limit: 2) == [Samples.recipient(2), Samples.recipient(1)])
            #expect(try claim(fixture.store, at: 40, limit: 2) == [Samples.recipient(3)])
        },
        StoreRule("a renewed lease runs out later") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: .leased(Samples.lease(seconds: 30)))))
            _ = try fixture.store.write(.moving(.to(.leased(Samples.lease(seconds: 300)), 1)))
            #expect(try claim(fixture.store, at: 30).isEmpty)
            #expect(try fixture.store.nextDue() == .after(300))
        },
        StoreRule("a lease that came back does not run out") { fixture in
            _ = try fixture.store.write(
                .submitting(Samples.submission(1), Samples.submission(2), Samples.submission(3, recipients: 2))
            )
            _ = try fixture.store.write(
                .moving(.done(1), .to(Samples.hold(), 2), .to(Samples.due(1000), 3, 0), .done(3, 1))
            )
            #expect(try fixture.store.nextDue() == .after(1000))
            _ = try fixture.store.write(.deleting(Samples.id(3)))
            #expect(try fixture.store.nextDue() == nil)
        },
        StoreRule("what is held is not claimed until it is released") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: Samples.hold(reviewAt: .after(10)))))
            #expect(try claim(fixture.store, at: 1000).isEmpty)
            #expect(try fixture.store.nextDue() == nil)
            _ = try fixture.store.write(.moving(.to(Samples.due(0), 1, fence: nil)))
            #expect(try claim(fixture.store, at: 1000) == [Samples.recipient(1)])
        },
        StoreRule("a clock that jumps back claims nothing too early and loses nothing") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: Samples.due(3600))))
            #expect(try claim(fixture.store, at: -86_400).isEmpty)
            #expect(try claim(fixture.store, at: 3600) == [Samples.recipient(1)])
        },
        StoreRule("fences ascend, whoever takes them") { fixture in
            var fences: [Int64] = []
            for holder in [0, 1, 0, 2, 1, 0] as [Int64] { fences.append(try fixture.store.takeFence(holder: holder)) }
            #expect(fences == fences.sorted() && Set(fences).count == fences.count)
            #expect(fences.allSatisfy { $0 > 0 })
            let last = try #require(fences.last)
            try fixture.reopen()
            #expect(try fixture.store.takeFence(holder: 7) > last)
        },
        StoreRule("the newest id is known, also when its message is gone") { fixture in
            #expect(try fixture.store.newestID() == nil)
            for number in [2, 5, 3] { _ = try fixture.store.write(.submitting(Samples.submission(number))) }
            #expect(try fixture.store.newestID() == Samples.id(5))
            _ = try fixture.store.write(.deleting(Samples.id(5)))
            try fixture.reopen()
            #expect(try fixture.store.newestID() == Samples.id(5))
        },
        StoreRule("what somebody holds is counted, and what others hold is not") { fixture in
            #expect(try fixture.store.heldCount(by: "operator") == 0)
            _ = try fixture.store.write(
                .submitting(
                    Samples.submission(1, recipients: 2, state: Samples.hold()),
                    Samples.submission(2, state: Samples.due(60)),
                    Samples.submission(3, state: Samples.hold())
                )
            )
            try fixture.reopen()
            #expect(try fixture.store.heldCount(by: "operator") == 3)
            #expect(try fixture.store.heldCount(by: "bounces") == 0)
            _ = try fixture.store.write(.moving(.to(Samples.due(0), 3, fence: nil)))
            #expect(try fixture.store.heldCount(by: "operator") == 2)
        },
        StoreRule("recovery gives back the holder's older leases, and nothing else") { fixture in
            _ = try fixture.store.write(
                .submitting(
                    Samples.submission(1, recipients: 2, state: .leased(Samples.lease(fence: 1))),
                    Samples.submission(2, state: .leased(Samples.lease(fence: 2))),
                    Samples.submission(3, state: .leased(Samples.lease(fence: 1, holder: 9))),
                    Samples.submission(4, state: Samples.due(60)),
                    Samples.submission(5, state: Samples.hold())
                )
            )
            try fixture.reopen()
            #expect(try fixture.store.recover(holder: 0, fence: 2, now: .after(7)) == 2)
            try expectState(fixture.store, Samples.recipient(1, 0), Samples.due(7))
            try expectState(fixture.store, Samples.recipient(1, 1), Samples.due(7))
            try expectState(fixture.store, Samples.recipient(2), .leased(Samples.lease(fence: 2)))
            try expectState(fixture.store, Samples.recipient(3), .leased(Samples.lease(fence: 1, holder: 9)))
            try expectState(fixture.store, Samples.recipient(4), Samples.due(60))
            try expectState(fixture.store, Samples.recipient(5), Samples.hold())
            #expect(try fixture.store.recover(holder: 0, fence: 2, now: .after(8)) == 0)
            #expect(try fixture.store.nextDue() == .after(7))
        },
    ]
}
