import SNN
import SNNKernel

/// What a network says of one sample.
struct Prediction {
    /// The sample's number in its set.
    let sample: Int
    let scores: [Float]
    /// Spikes that each node sent.
    let spikes: [Int]
    /// The class of the highest score; the lowest wins a tie.
    let winner: Int
    /// Softmax of the scores.
    let probabilities: [Float]

    /// Runs the network on some samples of a set, each under its own number, so that random codings give what a test
    /// of the whole set gives.
    static func predict(
        _ network: Network,
        _ data: Dataset,
        _ samples: [Int],
        threads: Int
    ) throws(SNNError) -> [Prediction] {
        guard data.inputCount == network.inputCount else {
            throw .shape(
                "the network takes \(network.inputCount) values a sample, the data set has \(data.inputCount)"
            )
        }
        var predictions: [Prediction] = []
        var rest = samples[...]
        while let first = rest.first {
            // Samples that follow each other run together.
            let count = zip(rest, first...).prefix { $0 == $1 }.count
            let scores = Storage<Float>(count * network.scoreCount)
            let spikes = Storage<Float>(count * network.nodes.count)
            try network.predict(
                Part(data: data, first: first),
                count: count,
                firstSample: UInt64(first),
                threads: threads,
                scores: scores.base,
                spikeCounts: spikes.base
            )
            let probabilities = Storage<Float>(network.scoreCount)
            for place in 0..<count {
                let row = UnsafePointer(scores.base + place * network.scoreCount)
                Softmax.probabilities(row, network.scoreCount, to: probabilities.base)
                predictions.append(
                    Prediction(
                        sample: first + place,
                        scores: (0..<network.scoreCount).map { row[$0] },
                        spikes: network.nodes.indices.map { Int(spikes.base[place * network.nodes.count + $0]) },
                        winner: Softmax.winner(row, network.scoreCount),
                        probabilities: Array(probabilities.elements)
                    )
                )
            }
            rest = rest.dropFirst(count)
        }
        return predictions
    }

    private struct Part: SampleSource {
        let data: Dataset
        let first: Int
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { data.fill(first + sample, into: row) }
        func storedRow(_ sample: Int) -> UnsafePointer<Float>? { data.storedRow(first + sample) }
        func events(_ sample: Int) -> SampleEvents? { data.events(first + sample) }
    }
}
