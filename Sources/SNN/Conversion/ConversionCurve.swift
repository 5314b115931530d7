import SNNKernel

extension ConversionDocument {
    /// Compares a converted network with the one that it was made of, on the first `samples` samples of calibration data.
    ///
    /// The steps that are enough may lose `allowedLoss` of the accuracy; `progress` is told while layers are compared.
    ///
    /// Errors: ``SNNError/argument(_:)`` for samples < 1, ``SNNError/notSupported(_:)`` for a network converted back to
    ///   analog units, and those of evaluations.
    package func report(
        _ original: Network,
        _ converted: Network,
        data: Dataset,
        samples: Int = 1000,
        allowedLoss: Double = 0.001,
        threads: Int,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> ConversionReport {
        guard target != .relu else { throw .notSupported("a report is of a conversion to spikes, not to relu") }
        guard samples >= 1 else { throw .argument("report samples must be >= 1, got \(samples)") }
        let registry = try Library.registry()
        let analog = try original.folded(registry: registry)
        let part = FirstSamples(data: data, first: 0, count: min(samples, data.count))
        let examination = ConversionExamination(analog: analog, converted: converted, data: part, threads: threads)
        let layers = try examination.layers(progress: progress)
        let ranges = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0.range) })
        let clipped = try original.folded(clippedAt: ranges, registry: registry)
        let accuracy = try analog.evaluate(part, threads: threads).accuracy
        let curve: [ConversionReport.Point] =
            switch target {
            case .fs: try codeCurve(converted, part, threads: threads, registry)
            case .rate: try rateCurve(converted, part, threads: threads, registry)
            case .relu, .ttfs: []
            }
        return ConversionReport(
            samples: part.count,
            layers: layers,
            accuracyAnalog: accuracy,
            accuracyConverted: try converted.evaluate(part, threads: threads).accuracy,
            accuracyClipped: try clipped.evaluate(part, threads: threads).accuracy,
            curve: curve,
            allowedLoss: allowedLoss,
            enoughSteps: Self.enough(curve, accuracy: accuracy - allowedLoss)
        )
    }

    /// The fewest steps from which on no longer window is worse.
    private static func enough(_ curve: [ConversionReport.Point], accuracy: Double) -> Int? {
        let bad = curve.lastIndex { $0.accuracy < accuracy }
        guard let bad else { return curve.first?.steps }
        return bad + 1 < curve.count ? curve[bad + 1].steps : nil
    }

    /// Codes of every length; of tables only their own.
    private func codeCurve(
        _ network: Network,
        _ data: FirstSamples,
        threads: Int,
        _ registry: Registry
    ) throws(SNNError) -> [ConversionReport.Point] {
        let isCounting = network.description.nodes.allSatisfy { node in
            node.neuron.map { ["fs.relu", "relu.identity"].contains($0.name) } ?? true
        }
        guard isCounting else { return [] }
        var curve: [ConversionReport.Point] = []
        for steps in 1...16 {
            let evaluation = try network.withWindow(steps, registry).evaluate(data, threads: threads)
            curve.append(
                ConversionReport.Point(
                    steps: steps,
                    accuracy: evaluation.accuracy,
                    spikesPerNeuron: evaluation.statistics.spikesPerNeuron
                )
            )
        }
        return curve
    }

    /// Rates read early: every step of one long window.
    private func rateCurve(
        _ network: Network,
        _ data: FirstSamples,
        threads: Int,
        _ registry: Registry
    ) throws(SNNError) -> [ConversionReport.Point] {
        let longest = max(steps, 512)
        let long = try network.withWindow(longest, registry)
        let (last, classes) = (long.nodes.count - 1, long.scoreCount)
        let spiking = long.nodes.indices.filter { long.nodes[$0].spikes && $0 < last }
        // A sample and step: whether the winner is the label, and spikes.
        let (correct, spikes) = (Storage<Int32>(data.count * longest), Storage<Int32>(data.count * longest))
        try long.visit(data, count: data.count, threads: threads) { passage in
            guard case .values(let scores)? = passage.sent[last] else { return }
            for (row, sample) in passage.samples.enumerated() {
                let label = Int(data.label(sample))
                var sums = [Float](repeating: 0, count: classes)
                for t in 0..<longest {
                    let step = scores.step(t) + row * classes
                    for c in 0..<classes { sums[c] += step[c] }
                    let winner = sums.firstIndex(of: sums.max() ?? 0)
                    correct.base[sample * longest + t] = winner == label ? 1 : 0
                }
                for node in spiking {
                    guard case .raster(let raster)? = passage.sent[node] else { continue }
                    let own = row * raster.count..<(row + 1) * raster.count
                    for t in 0..<longest {
                        raster.forEachEvent(step: t, in: own) { spikes.base[sample * longest + t] += Int32($1) }
                    }
                }
            }
        }
        let neurons = spiking.reduce(0) { $0 + long.nodes[$1].outputShape.count }
        var sent = 0
        return (0..<longest).map { t in
            let right = (0..<data.count).reduce(0) { $0 + Int(correct.base[$1 * longest + t]) }
            sent += (0..<data.count).reduce(0) { $0 + Int(spikes.base[$1 * longest + t]) }
            return ConversionReport.Point(
                steps: t + 1,
                accuracy: Double(right) / Double(data.count),
                spikesPerNeuron: Double(sent) / Double(max(1, neurons) * data.count)
            )
        }
    }
}

extension Network {
    /// The same numbers with windows of another length.
    package func withWindow(_ steps: Int, _ registry: Registry) throws(SNNError) -> Network {
        var other = description
        other.steps = steps
        let network = try Network(other, registry: registry, seed: seed)
        for (from, to) in zip(allTensors, network.allTensors) {
            to.storage.base.update(from: from.storage.base, count: from.storage.count)
        }
        return network
    }

    /// The analog network of a conversion with rectified units cut at what their spikes can stand for.
    func folded(clippedAt ranges: [String: Double], registry: Registry) throws(SNNError) -> Network {
        try FoldedNetwork(self, inputMap: nil).built(description, registry: registry) { layer, unit in
            guard unit == .rectified, let range = ranges[layer.description.name], Float(range).isFinite else {
                return unit.analog
            }
            return AnalogUnit.clipped(low: 0, high: range).analog
        }
    }
}
