import Benchmark
import CAllocationCount
import MailFormat
import SMTPProtocol
import StatusCodes

// What the pure modules cost, with the allocations of each round counted by an allocator of our own (the library's own
// counters need a patched one). `allocations` is per round; the rest per operation where a round has many.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuTotal, .throughput, .allocations],
        timeUnits: .nanoseconds,
        warmupIterations: 20,
        scalingFactor: .one,
        maxDuration: .seconds(2),
        maxIterations: 1_000_000
    )

    // Before every other: the first round of a process pays for what is laid out at first use.
    Benchmark("Load: table and one language", configuration: .init(warmupIterations: 0, maxIterations: 1)) {
        benchmark in
        benchmark.measured { blackHole(Explanation(question: "452 4.2.2 over quota", in: .de)) }
    }

    Benchmark("Decide: one reply of a peer") { benchmark in
        let evidence = Replies.evidence(benchmark.currentIteration)
        benchmark.measured { blackHole(DecisionTable.decide(evidence)) }
    }

    Benchmark("Decide: one reply, by 200 more rules") { benchmark in
        let (evidence, rules) = (Replies.evidence(benchmark.currentIteration), Replies.decisions)
        benchmark.measured { blackHole(rules.decide(evidence)) }
    }

    Benchmark("Load: 200 rules of an operator, with phrases") { benchmark in
        let file = Replies.few
        benchmark.measured { blackHole(try? DecisionRules(adding: file.span)) }
    }

    // The most that a file may have.
    Benchmark("Load: 4096 rules of an operator, with phrases") { benchmark in
        let file = Replies.many
        benchmark.measured { blackHole(try? DecisionRules(adding: file.span)) }
    }

    Benchmark("Load: a newer registry") { benchmark in
        let file = Replies.registry
        benchmark.measured {
            let registry = try? StatusRegistry.builtIn.replacingStatuses(with: file.span)
            blackHole(registry.map(DecisionRules.builtIn.following))
        }
    }

    Benchmark("Explain: one reply, in English") { benchmark in
        benchmark.measured { blackHole(Explanation(question: "452 4.2.2 over quota", in: .en)) }
    }

    Benchmark("Server: MAIL, RCPT, DATA and 4 KiB") { benchmark in
        var dialogue = ServerDialogue()
        benchmark.measured { dialogue.transaction() }
    }

    Benchmark("Content: 64 KiB walked over") { benchmark in
        let content = Replies.content(of: 65_536)
        benchmark.measured {
            var scanner = ContentScanner(limits: .init(size: 1 << 30, line: 998, hops: 100))
            blackHole(scanner.data(content.span, from: 0))
        }
    }

    Benchmark("Content: 64 KiB stuffed") { benchmark in
        let content = Replies.content(of: 65_536)
        benchmark.measured {
            var stuffer = DotStuffer()
            blackHole(stuffer.next(in: content.span, from: 0))
        }
    }

    Benchmark("Header: 20 fields read") { benchmark in
        let header = Replies.header
        benchmark.measured {
            var reader = HeaderReader()
            while let field = reader.next(header.span) { blackHole(field) }
        }
    }
}

extension BenchmarkMetric {
    static var allocations: Self { .custom("allocations", polarity: .prefersSmaller, useScalingFactor: false) }
}

extension Benchmark {
    /// Measures one round of work: time by the library, allocations by the counting allocator.
    func measured(_ work: () -> Void) {
        startMeasurement()
        let before = allocation_count()
        work()
        let count = allocation_count() - before
        stopMeasurement()
        measurement(.allocations, count)
    }
}
