import SNNTestKit
import Testing

@testable import SNNKernel

@Suite("Inference")
struct InferenceTests {
    @Test("images arrive in (channel, row, column) order and travel in (row, column, channel) order")
    func channelsLast() throws {
        let network = try Network(
            NetworkDescription(
                input: Shape(height: 2, width: 2, channels: 3),
                steps: 1,
                nodes: [.dense("a", 1, stages: [ComponentChoice("flatten")])]
            ),
            registry: allPlugins(),
            seed: 1
        )
        let set = TestSet(rows: [(0..<12).map { Float($0) }], labels: [0], classes: 1)
        let context = BlockContext(isTraining: false, seed: 1, samples: [0])
        let input = try network.encode(set, samples: 0..<1, context: context)
        #expect(input.array == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    }

    @Test(
        "scores have the same bits for any number of threads and any batch",
        arguments: ["rate", "constant", "latency"]
    )
    func splits(_ coding: String) throws {
        let network = try imageNetwork(coding: coding)
        let set = TestSet.noise(50, inputs: 72)
        let whole = try network.scores(set, count: 50)
        #expect(Set(whole).count > 2)
        for threads in [2, 3] { #expect(try network.scores(set, count: 50, threads: threads) == whole) }
        let pieces = try [0..<1, 1..<18, 18..<50].flatMap {
            try network.scores(set.rows($0), count: $0.count, firstSample: UInt64($0.lowerBound))
        }
        #expect(pieces == whole)
    }

    @Test("spikes of each node and sample add up to the statistics")
    func spikeCounts() throws {
        let network = try imageNetwork()
        let set = TestSet.noise(20, inputs: 72)
        let scores = Storage<Float>(20 * 4)
        let counts = Storage<Float>(20 * 3)
        try network.predict(set, count: 20, scores: scores.base, spikeCounts: counts.base)
        let statistics = try network.evaluate(set).statistics
        for node in 0..<3 {
            let total = (0..<20).reduce(0) { $0 + Int(counts.array[$1 * 3 + node]) }
            #expect(total == statistics.nodes[node].spikeCount && total > 0)
        }
    }

    @Test("readers see every sample once, with what its nodes send, in the one pass of a prediction")
    func readers() throws {
        let network = try imageNetwork()
        let source = CountingSource(source: TestSet.noise(50, inputs: 72))
        let (scores, counts) = (Storage<Float>(50 * 4), Storage<Float>(50 * 3))
        let (spikes, numbers) = (Storage<Float>(50 * 3), Storage<Float>(50 * 2))
        let reader = ResultReader(size: 3) { passage, rows in
            for place in 0..<passage.samples.count {
                for (node, sent) in passage.sent.enumerated() {
                    guard case .raster(let raster)? = sent else { continue }
                    rows[place * 3 + node] += Float(raster.spikes(samples: place..<place + 1))
                }
            }
        }
        let number = ResultReader(size: 2) { passage, rows in
            for (place, sample) in passage.samples.enumerated() {
                rows[place * 2] += Float(sample)
                rows[place * 2 + 1] += 1
            }
        }
        try network.predict(
            source,
            count: 50,
            threads: 2,
            scores: scores.base,
            spikeCounts: counts.base,
            results: [(reader, spikes.base), (number, numbers.base)]
        )
        #expect(source.fills == 50)
        #expect(spikes.array == counts.array && Set(counts.array).count > 2)
        #expect(numbers.array == (0..<50).flatMap { [Float($0), 1] })
        #expect(try scores.array == network.scores(source, count: 50))
    }

    @Test("an evaluation counts winners and means the cross-entropy of the scores")
    func evaluation() throws {
        let network = try denseNetwork()
        let set = TestSet.blobs(600)
        let scores = try network.scores(set, count: 600)
        var correct = 0
        var loss = 0.0
        for sample in 0..<600 {
            let z = Storage(of: Array(scores[sample * 3..<sample * 3 + 3]))
            correct += Softmax.winner(z.base, 3) == Int(set.labels[sample]) ? 1 : 0
            loss += Softmax.loss(z.base, 3, label: Int(set.labels[sample]))
            withExtendedLifetime(z) {}
        }
        for threads in 1...3 {
            var told: [Int] = []
            let found = try network.evaluate(set, threads: threads) { progress in
                told.append(progress.done)
                return true
            }
            #expect(found.samples == 600 && found.accuracy == Double(correct) / 600)
            // The same sum in another order.
            #expect(abs(found.loss - loss / 600) < 1e-12 && found.seconds > 0)
            #expect(told.last == 600 && told == told.sorted())
        }
    }

    @Test("an evaluation that is told to stop says how far it came")
    func cancelled() throws {
        let network = try denseNetwork()
        #expect(throws: SNNError.cancelled("the evaluation was cancelled after 512 of 600 samples")) {
            try network.evaluate(TestSet.blobs(600)) { _ in false }
        }
    }

    @Test("inputs that are not finite are refused with their place", arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(_ value: Float) throws {
        let network = try denseNetwork()
        var rows = TestSet.noise(5, inputs: 6).rows
        rows[3][2] = value
        let set = TestSet(rows: rows, labels: [0, 0, 0, 0, 0], classes: 3)
        #expect(throws: SNNError.notFinite("inputs must be finite, got \(value) in sample 3, value 2")) {
            try network.scores(set, count: 5)
        }
    }

    @Test("a set that does not fit the network is refused with both sizes")
    func misfits() throws {
        let network = try denseNetwork()
        #expect(throws: SNNError.shape("the network takes 6 values a sample, the data set has 5")) {
            try network.evaluate(TestSet.noise(3, inputs: 5, classes: 3))
        }
        #expect(throws: SNNError.shape("the network gives 3 scores, the data set has 4 classes")) {
            try network.evaluate(TestSet.noise(3, inputs: 6, classes: 4))
        }
    }
}
