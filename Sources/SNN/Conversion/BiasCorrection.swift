import SNNKernel

/// Gives every channel of a converted network the mean current that it has in the analog one.
///
///     b += mean over samples and pixels of (analog current - converted current)      layer by layer, from the input on
///
/// Codes of few steps and rates of short windows are rounded and cut off, which moves the mean of what a layer sends; the
/// layer behind it adds up what many channels are off by. Layers whose current nothing moved keep the bits of their biases,
/// and so do layers without any. Source: Nagel et al., «Data-free quantization through weight equalization and bias correction»,
/// arXiv 1906.04721.
struct BiasCorrection {
    let analog: Network
    let converted: Network
    let data: Dataset
    let threads: Int

    /// Samples that the means are taken over: both networks see the same, so few are enough.
    private static let mostSamples = 256

    /// Corrects the biases of `converted`.
    ///
    /// `progress` is told of every layer, as a part of the first epoch. Errors: those of a prediction, and
    /// ``SNNError/cancelled(_:)``.
    func run(progress: ProgressHandler?) throws(SNNError) {
        let samples = SpacedSamples(of: data, atMost: Self.mostSamples)
        let layers = converted.nodes.indices.filter { converted.nodes[$0].connection is Convolution }
        let wanted = try means(analog, samples)
        for (place, index) in layers.enumerated() {
            try correct(index, wanted[try analog.nodeIndex(converted.nodes[index].name)], samples)
            let done = place + 1
            let news = Progress("correcting biases", epoch: 1, done: done, total: layers.count)
            if let progress, !progress(news) {
                throw .cancelled("the conversion was cancelled after \(done) of \(layers.count) layers")
            }
        }
    }

    /// Moves the biases of node `index`, if it has any, towards the mean current that is wanted of every neuron.
    private func correct(_ index: Int, _ wanted: [Double]?, _ samples: SpacedSamples) throws(SNNError) {
        guard
            let tensor = converted.tensors[converted.nodes[index].tensors].first(where: {
                $0.description.name == "bias"
            }),
            let wanted,
            let found = try means(converted, samples, of: index)[index]
        else { return }
        let places = tensor.storage.count
        // One bias a neuron, or one for all pixels of a channel.
        var moves = [Double](repeating: 0, count: places)
        for neuron in wanted.indices {
            moves[neuron % places] += (wanted[neuron] - found[neuron]) * Double(places) / Double(wanted.count)
        }
        for place in 0..<places where moves[place] != 0 { tensor.storage.base[place] += Float(moves[place]) }
    }

    /// The mean current of every neuron over samples and steps, of every node or of one; nil where a node has none.
    private func means(
        _ network: Network,
        _ samples: SpacedSamples,
        of wanted: Int? = nil
    ) throws(SNNError) -> [[Double]?] {
        let sums = CurrentSums(samples: samples.count)
        try network.visit(samples, count: samples.count, threads: threads) { passage in
            let means = passage.currents.enumerated().map { node, current in
                wanted == nil || wanted == node ? current.map { Activity.values($0).windowMean } : nil
            }
            for (row, sample) in passage.samples.enumerated() {
                sums.place(
                    means.map { values in
                        values.map { Array(UnsafeBufferPointer(start: $0.base + row * $0.count, count: $0.count)) }
                    },
                    at: sample
                )
            }
            withExtendedLifetime(means) {}
        }
        return sums.means
    }

    /// Currents of every sample, added up in the order of the samples, whatever the threads.
    private final class CurrentSums: @unchecked Sendable {
        private let places: UnsafeMutableBufferPointer<[[Float]?]>

        init(samples: Int) {
            places = .allocate(capacity: samples)
            places.initialize(repeating: [])
        }

        deinit {
            places.deinitialize()
            places.deallocate()
        }

        func place(_ currents: [[Float]?], at sample: Int) { places[sample] = currents }

        var means: [[Double]?] {
            guard let first = places.first else { return [] }
            return first.indices.map { node in
                guard let count = first[node]?.count else { return nil }
                var sum = [Double](repeating: 0, count: count)
                for sample in places {
                    guard let currents = sample[node] else { continue }
                    for neuron in 0..<count { sum[neuron] += Double(currents[neuron]) }
                }
                return sum.map { $0 / Double(places.count) }
            }
        }
    }
}
