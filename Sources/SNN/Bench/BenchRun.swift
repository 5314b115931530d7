import SNNKernel

/// Times a benchmark: repetitions of a fixed number of calls, after calls that warm caches and memory.
package struct BenchRun {
    /// What is timed.
    package enum Mode: String, CaseIterable, Sendable { case train, inference }

    package let mode: Mode
    package let threads: Int
    package let batch: Int
    /// Seconds of a call, one a repetition, ascending.
    package let seconds: [Double]
    package let callsPerRepetition: Int
    /// The highest resident memory of the calls above what the process held when network and inputs were made.
    package let peakMemoryBytes: Int
    /// What ``MemoryPlan`` tells for the calls at the activity found, without the weights, which were made before.
    package let plannedMemoryBytes: Int
    /// Spikes a neuron and step (share of entries that are not zero), by layer.
    package let activity: [(layer: String, share: Double)]
    package let inputActivity: Double

    /// The middle repetition.
    package var median: Double { seconds[seconds.count / 2] }

    /// The time below which a share of the repetitions lies.
    package func quantile(_ share: Double) -> Double {
        seconds[min(seconds.count - 1, Int(share * Double(seconds.count)))]
    }

    /// Runs `name`: `repetitions` of at least `secondsEach`; 0 makes every call a repetition of its own.
    package init(
        _ name: String,
        options: BenchCase.Options,
        mode: Mode,
        threads: Int,
        repetitions: Int,
        secondsEach: Double
    ) throws(SNNError) {
        let bench = try BenchCase(name, options)
        self.mode = mode
        self.threads = threads
        batch = bench.batch
        inputActivity = bench.inputActivity
        let network = bench.network
        let idle = ResidentMemory.restartPeak()
        let source = bench.source
        let targets = Targets(.labels(UnsafePointer(bench.labels.base)))
        let trainer =
            mode == .inference
            ? nil
            : try Trainer(
                network: network,
                loss: Loss(.crossEntropy),
                optimizer: Adam(learningRate: 1e-3),
                batchSize: bench.batch,
                seed: 1
            )
        let scores = Storage<Float>(bench.batch * network.scoreCount)
        func call() throws(SNNError) {
            switch mode {
            case .inference:
                try network.predict(source, count: bench.batch, threads: threads, scores: scores.base)
            case .train where bench.updatesWeights:
                _ = try trainer?.trainBatch(source, targets: targets, count: bench.batch, threads: threads)
            case .train:
                _ = try trainer?.computeGradients(source, targets: targets, count: bench.batch, threads: threads)
            }
        }
        // Before training moves the weights: the activity that other libraries are compared at. It keeps what a training
        // step keeps, so after inference its memory does not count.
        let busy = mode == .train ? try Self.activity(bench) : []
        for _ in 0..<2 { try call() }
        var calls = 1
        if secondsEach > 0 {
            let start = Clock.seconds
            try call()
            calls = max(1, Int(secondsEach / max(Clock.seconds - start, 1e-6)))
        }
        callsPerRepetition = calls
        var seconds: [Double] = []
        for _ in 0..<repetitions {
            let start = Clock.seconds
            for _ in 0..<calls { try call() }
            seconds.append((Clock.seconds - start) / Double(calls))
        }
        self.seconds = seconds.sorted()
        peakMemoryBytes = max(0, ResidentMemory.peak - idle)
        let found = mode == .train ? busy : try Self.activity(bench)
        activity = found
        let plan = try MemoryPlan(
            network,
            Workload(
                batch: bench.batch,
                threads: threads,
                mode: mode == .train ? .train : .inference,
                keepsGradients: !bench.updatesWeights,
                nodeActivity: Dictionary(uniqueKeysWithValues: found.map { ($0.layer, $0.share) }),
                inputActivity: bench.inputActivity
            )
        )
        plannedMemoryBytes = plan.total - plan.nodes.reduce(0) { $0 + $1.weights }
    }

    private static func activity(_ bench: BenchCase) throws(SNNError) -> [(layer: String, share: Double)] {
        let network = bench.network
        let samples = min(bench.batch, 16)
        let counts = Storage<Float>(samples * network.nodes.count)
        let scores = Storage<Float>(samples * network.scoreCount)
        let source = bench.source
        try network.predict(source, count: samples, scores: scores.base, spikeCounts: counts.base)
        // Its pointer does not keep the storage alive.
        withExtendedLifetime(scores) {}
        return network.nodes.indices.filter { network.nodes[$0].spikes }.map { node in
            let spikes = (0..<samples).reduce(0.0) { $0 + Double(counts.base[$1 * network.nodes.count + node]) }
            let slots = samples * network.steps * network.nodes[node].outputShape.count
            return (network.nodes[node].name, spikes / Double(slots))
        }
    }
}
