import ArgumentParser
import SNN
import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `snn bench`: how fast this machine runs a standard task.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time a standard task on this machine.",
        discussion: """
            a  784-1000-10 LIF, T = 25, batch 128, constant input
            b  12C5-MP2-64C5-MP2-10 LIF, T = 25, batch 64, constant input
            e  700-128-20, T = 500, batch 128, 1 % input spikes
            f  latency of one sample of a or b (--of)
            g  one layer of --width neurons, T = 500, batch 16: dense input, or spikes (--activity)
            h  cold start: a process that loads, builds a network and infers once

            `make bench` compares them with other libraries.
            """
    )

    enum Letter: String, CaseIterable, ExpressibleByArgument { case a, b, e, f, g, h }

    @Argument(help: "Which task.")
    var task: Letter
    @Option(help: "What is timed.")
    var mode: BenchRun.Mode = .train
    @OptionGroup var thread: ThreadOptions
    @Option(help: "The network of case f: a or b.")
    var of = "a"
    @Option(parsing: .unconditional, help: "Neurons of case g.")
    var width: Int?
    @Option(parsing: .unconditional, help: "Share of inputs that are not zero.")
    var activity: Double?
    @Option(parsing: .unconditional, help: "Steps of a window.")
    var steps: Int?
    @Option(parsing: .unconditional, help: "Samples of a call.")
    var batch: Int?
    @Option(parsing: .unconditional, help: "Hidden neurons of case a.")
    var hidden: Int?
    @Option(parsing: .unconditional, help: "Shortest repetition in seconds.")
    var seconds: Double?
    @Option(parsing: .unconditional, help: "Repetitions.")
    var repetitions: Int?
    @OptionGroup var output: OutputOptions
    @Flag(help: .hidden) var once = false

    func run() throws {
        if once { return try inferOnce() }
        if task == .h { return try coldStart() }
        var options = BenchCase.Options()
        (options.steps, options.batch, options.hidden) = (steps, batch, hidden)
        (options.width, options.activity) = (width, activity)
        let isLatency = task == .f
        if isLatency {
            guard of == "a" || of == "b" else { throw SNNError.parameter("--of must be a or b, got \(of)") }
            options.batch = 1
        }
        let count = repetitions ?? (isLatency ? 2000 : 7)
        let each = seconds ?? (isLatency ? 0 : 0.4)
        guard count >= 1, count <= 1 << 20 else {
            throw SNNError.parameter("--repetitions must be 1 ... \(1 << 20), got \(count)")
        }
        guard each >= 0, each <= 3600 else { throw SNNError.parameter("--seconds must be 0 ... 3600, got \(each)") }
        let result = try BenchRun(
            isLatency ? of : task.rawValue,
            options: options,
            mode: isLatency ? .inference : mode,
            threads: try resolvedThreads(thread.threads),
            repetitions: count,
            secondsEach: each
        )
        show(result)
    }

    private func show(_ result: BenchRun) {
        let batch = Double(result.batch)
        var report: [String: JSONValue] = [
            "case": .string(task.rawValue),
            "mode": .string(result.mode.rawValue),
            "threads": .number(Double(result.threads)),
            "version": .string(Library.version),
            "batch": .number(batch),
            "seconds": .number(result.median),
            "samples_per_second": .number(batch / result.median),
            "samples_per_second_min": .number(batch / result.quantile(1)),
            "samples_per_second_max": .number(batch / result.quantile(0)),
            "repetitions": .number(Double(result.seconds.count)),
            "calls_per_repetition": .number(Double(result.callsPerRepetition)),
            "peak_memory_bytes": .number(Double(result.peakMemoryBytes)),
            "planned_memory_bytes": .number(Double(result.plannedMemoryBytes)),
            "input_activity": .number(result.inputActivity),
        ]
        var shares: [String: JSONValue] = [:]
        for (layer, share) in result.activity { shares[layer] = .number(share) }
        report["activity"] = .object(shares)
        if task == .f {
            report["p50_ms"] = .number(result.quantile(0.5) * 1e3)
            report["p99_ms"] = .number(result.quantile(0.99) * 1e3)
        }
        if output.json { return Console.result(JSONValue.object(report).text()) }
        var summary = Summary()
        if task == .f {
            summary.add(
                "latency",
                (result.median * 1e3).fixed(3) + " ms",
                "p99 \((result.quantile(0.99) * 1e3).fixed(3)) ms"
            )
        } else {
            let slow = (batch / result.quantile(1)).short
            let fast = (batch / result.quantile(0)).short
            summary.add("speed", (batch / result.median).short + " samples/s", "\(slow) to \(fast)")
            summary.add(
                "call",
                (result.median * 1e3).fixed(2) + " ms",
                "batch \(result.batch), \(result.threads) threads"
            )
        }
        summary.add(
            "peak memory",
            (Double(result.peakMemoryBytes) / 1e6).fixed(1) + " MB",
            "above the idle process, planned "
                + (Double(result.plannedMemoryBytes) / 1e6).fixed(1) + " MB"
        )
        summary.add("input activity", result.inputActivity.percent, "")
        for (layer, share) in result.activity { summary.add("activity of \(layer)", share.percent, "") }
        summary.show()
    }

    /// What a process of case h does.
    private func inferOnce() throws {
        var options = BenchCase.Options()
        options.batch = 1
        let bench = try BenchCase("a", options)
        let scores = Storage<Float>(bench.network.scoreCount)
        try bench.network.predict(bench.source, count: 1, scores: scores.base)
        // Its pointer does not keep the storage alive.
        withExtendedLifetime(scores) {}
    }

    /// Times processes that load this program, build the network of case a and infer once.
    private func coldStart() throws {
        var times: [Double] = []
        for _ in 0..<(repetitions ?? 21) {
            let start = Clock.seconds
            var child = pid_t()
            let words: [UnsafeMutablePointer<CChar>?] = (["snn", "bench", "h", "--once"] as [String]).map { strdup($0) }
            defer { for word in words { free(word) } }
            guard posix_spawn(&child, "/proc/self/exe", nil, nil, words + [nil], environ) == 0 else {
                throw SNNError.notSupported("case h starts this program anew, which this system does not allow")
            }
            var status: Int32 = 0
            guard waitpid(child, &status, 0) == child, status == 0 else {
                throw SNNError.state("the program that case h started ended with status \(status)")
            }
            times.append(Clock.seconds - start)
        }
        times.sort()
        let median = times[times.count / 2]
        if output.json {
            return Console.result(
                JSONValue.object([
                    "case": .string("h"), "version": .string(Library.version), "seconds": .number(median),
                    "seconds_min": .number(times[0]), "seconds_max": .number(times[times.count - 1]),
                    "repetitions": .number(Double(times.count)), "peak_memory_bytes": .null, "activity": .object([:]),
                ]).text()
            )
        }
        Console.result(
            "cold start: \((median * 1e3).fixed(1)) ms from starting the program to the end of one inference"
        )
    }
}

extension BenchRun.Mode: ExpressibleByArgument {}
