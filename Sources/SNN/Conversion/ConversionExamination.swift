import SNNKernel

/// Sums over samples and neurons of one layer.
private struct LayerSums {
    var count = 0.0
    var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var (error, inherited, clipping, rounding) = (0.0, 0.0, 0.0, 0.0)
    var clipped = 0
    var spikes = 0
    /// A neuron: samples in which it sent anything, and in which it was above its range.
    var active: [Int]
    var above: [Int]

    init(neurons: Int) {
        active = Array(repeating: 0, count: neurons)
        above = Array(repeating: 0, count: neurons)
    }

    /// One number of one sample: the analog one, the converted one, and the unit's value for the converted current.
    mutating func add(neuron: Int, analog: Double, converted: Double, ideal: Double, range: Double) {
        count += 1
        a += analog
        b += converted
        aa += analog * analog
        bb += converted * converted
        ab += analog * converted
        error += (converted - analog) * (converted - analog)
        inherited += (ideal - analog) * (ideal - analog)
        let own = (converted - ideal) * (converted - ideal)
        if ideal > range {
            clipped += 1
            above[neuron] += 1
            clipping += own
        } else {
            rounding += own
        }
        if converted != 0 { active[neuron] += 1 }
    }

    var correlation: Double {
        let (varianceA, varianceB) = (aa - a * a / count, bb - b * b / count)
        guard varianceA > 0, varianceB > 0 else { return varianceA == varianceB ? 1 : 0 }
        return (ab - a * b / count) / (varianceA * varianceB).squareRoot()
    }
}

/// Compares a converted network with the analog one, layer by layer.
struct ConversionExamination {
    let analog: Network
    let converted: Network
    let data: FirstSamples
    let threads: Int

    /// Samples that are compared at a time: what all layers send for them is kept.
    private static let chunk = 32

    /// A layer of spiking neurons in both networks.
    private struct Pair {
        let analog: Int
        let converted: Int
        let unit: AnalogUnit
        let range: Double
    }

    private func pairs() throws(SNNError) -> [Pair] {
        var pairs: [Pair] = []
        for (index, node) in converted.nodes.enumerated() where node.spikes {
            let own = try analog.nodeIndex(node.name)
            guard let choice = analog.description.nodes[own].neuron else { continue }
            pairs.append(Pair(analog: own, converted: index, unit: try AnalogUnit(choice), range: range(of: index)))
        }
        return pairs
    }

    /// The largest value that a layer can send.
    private func range(of index: Int) -> Double {
        let node = converted.nodes[index]
        for name in ["range", "window"] {
            if let buffer = converted.buffer(name, of: node) { return Double(buffer.base[0]) }
        }
        if case .number(let threshold)? = converted.description.nodes[index].neuron?.parameters["v_threshold"] {
            return threshold
        }
        return .infinity
    }

    /// What every layer lost.
    func layers(progress: ProgressHandler?) throws(SNNError) -> [ConversionReport.Layer] {
        let pairs = try pairs()
        var sums = pairs.map { LayerSums(neurons: converted.nodes[$0.converted].outputShape.count) }
        try data.forEachPart(of: Self.chunk, "comparing layers", progress) { part, _ throws(SNNError) in
            let of = try Passages(analog, part, threads: 1)
            let by = try Passages(converted, part, threads: threads)
            for (place, pair) in pairs.enumerated() { add(pair, of, by, to: &sums[place]) }
        }
        return zip(pairs, sums).map(layer)
    }

    private func add(_ pair: Pair, _ of: Passages, _ by: Passages, to sums: inout LayerSums) {
        let neurons = converted.nodes[pair.converted].outputShape.count
        for (analog, converted) in zip(of.samples, by.samples) {
            let (a, b) = (analog.sent[pair.analog], converted.sent[pair.converted])
            let i = converted.currents[pair.converted]
            for neuron in 0..<neurons {
                sums.add(
                    neuron: neuron,
                    analog: Double(a[neuron]),
                    converted: Double(b[neuron]),
                    ideal: pair.unit.value(at: Double(i[neuron])),
                    range: pair.range
                )
            }
            sums.spikes += converted.spikes[pair.converted]
        }
    }

    private func layer(_ pair: Pair, _ sums: LayerSums) -> ConversionReport.Layer {
        let node = converted.nodes[pair.converted]
        let neurons = Double(node.outputShape.count)
        let unit = max(sums.aa, Double.leastNormalMagnitude)
        let half = (data.count + 1) / 2
        return ConversionReport.Layer(
            name: node.name,
            model: converted.description.nodes[pair.converted].neuron?.name ?? "",
            neurons: node.outputShape.count,
            range: pair.range,
            correlation: sums.correlation,
            clippedShare: Double(sums.clipped) / max(sums.count, 1),
            error: sums.error / unit,
            inheritedError: sums.inherited / unit,
            clippingError: sums.clipping / unit,
            roundingError: sums.rounding / unit,
            deadShare: Double(sums.active.count { $0 == 0 }) / neurons,
            saturatedShare: Double(sums.above.count { $0 >= half }) / neurons,
            spikesPerNeuron: Double(sums.spikes) / (neurons * Double(data.count))
        )
    }
}

/// What every layer sent for some samples, as numbers.
private struct Passages {
    struct Sample {
        var sent: [[Float]]
        var currents: [[Float]]
        var spikes: [Int]
    }

    let samples: [Sample]

    init(_ network: Network, _ data: FirstSamples, threads: Int) throws(SNNError) {
        let all = Collected(count: data.count)
        let nodes = network.nodes
        try network.visit(data, count: data.count, threads: threads) { passage in
            let means = passage.sent.map { $0?.windowMean }
            let currents = passage.currents.map { $0.map { Activity.values($0).windowMean } }
            for (row, sample) in passage.samples.enumerated() {
                func numbers(of values: Values?) -> [Float] {
                    guard let values else { return [] }
                    return Array(UnsafeBufferPointer(start: values.base + row * values.count, count: values.count))
                }
                let result = Sample(
                    sent: means.map(numbers),
                    currents: currents.map(numbers),
                    spikes: zip(nodes, passage.sent).map { node, sent in
                        guard node.spikes, let sent else { return 0 }
                        switch sent {
                        case .raster(let raster): return raster.spikes(samples: row..<row + 1)
                        case .values(let values): return numbers(of: values).count { $0 != 0 }
                        }
                    }
                )
                all.place(result, at: sample)
            }
        }
        samples = all.samples
    }

    /// Every block of samples has places of its own.
    private final class Collected: @unchecked Sendable {
        private let places: UnsafeMutableBufferPointer<Sample>

        init(count: Int) {
            places = .allocate(capacity: count)
            places.initialize(repeating: Sample(sent: [], currents: [], spikes: []))
        }

        deinit {
            places.deinitialize()
            places.deallocate()
        }

        func place(_ sample: Sample, at index: Int) { places[index] = sample }
        var samples: [Sample] { Array(places) }
    }
}

extension Network {
    /// Runs samples 0..<count and shows every node's activity, some samples at a time, on several threads at once.
    ///
    /// Errors: those of a prediction.
    func visit(
        _ source: any SampleSource,
        count: Int,
        threads: Int,
        _ body: @escaping @Sendable (Passage) -> Void
    ) throws(SNNError) {
        let scores = Storage<Float>(count * scoreCount)
        let reader = ResultReader(size: 0) { passage, _ in body(passage) }
        try predict(source, count: count, threads: threads, scores: scores.base, results: [(reader, scores.base)])
        withExtendedLifetime(scores) {}
    }
}
