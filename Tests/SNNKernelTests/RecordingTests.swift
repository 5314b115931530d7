import Testing

@testable import SNNKernel

@Suite("Recordings")
struct RecordingTests {
    /// A source that counts how often it is read.
    private final class CountedSource: SampleSource, @unchecked Sendable {
        let set: TestSet
        private(set) var reads = 0
        init(_ set: TestSet) { self.set = set }
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
            reads += 1
            set.fill(sample, into: row)
        }
    }

    @Test("a recording holds every node's spikes in [steps, batch, neurons], the encoded input first")
    func spikes() throws {
        let network = try imageNetwork()
        let set = TestSet.noise(3, inputs: 72)
        let recording = try network.record(set, count: 3, request: RecordingRequest())
        #expect(recording.nodes.map(\.name) == ["input", "conv", "pool", "output"])
        #expect(recording.nodes.map(\.shape) == [[6, 3, 72], [6, 3, 180], [6, 3, 45], [6, 3, 4]])
        #expect(recording.nodes.map(\.scale) == [1, 1, 0.25, 1])
        #expect(recording.nodes.allSatisfy { $0.potentials == nil })
        let input = try #require(recording.node("input").counts).array
        #expect(Set(input) == [0, 1])
        // Rate coding: about half of [0, 1) fires.
        #expect(abs(Double(input.count { $0 == 1 }) / Double(input.count) - 0.5) < 0.1)
        // The pool's counts are sums of the convolution's spikes.
        let conv = try #require(recording.node("conv").counts).array
        let pool = try #require(recording.node("pool").counts).array
        for place in 0..<6 * 3 {
            for (y, x, c) in [(0, 0, 0), (2, 1, 4), (1, 2, 2)] {
                var sum: Int16 = 0
                for dy in 0..<2 {
                    for dx in 0..<2 { sum += conv[place * 180 + ((2 * y + dy) * 6 + 2 * x + dx) * 5 + c] }
                }
                #expect(pool[place * 45 + (y * 3 + x) * 5 + c] == sum)
            }
        }
    }

    @Test("scores are the spikes recorded of the last node")
    func scores() throws {
        let network = try denseNetwork()
        let set = TestSet.noise(4, inputs: 6)
        let counts = try #require(network.record(set, count: 4, request: RecordingRequest()).node("output").counts)
        var sums = [Float](repeating: 0, count: 12)
        for (place, count) in counts.array.enumerated() { sums[place % 12] += Float(count) }
        #expect(try network.scores(set, count: 4) == sums)
    }

    @Test("potentials are those after charge and before reset: at or above threshold exactly where a spike is")
    func potentials() throws {
        let network = try denseNetwork()
        let request = RecordingRequest(potentials: true)
        let recording = try network.record(TestSet.noise(4, inputs: 6), count: 4, request: request)
        for (name, neurons) in [("hidden", 20), ("output", 3)] {
            let node = try recording.node(name)
            let spikes = try #require(node.counts).array
            let potentials = try #require(node.potentials).array
            #expect(node.shape == [8, 4, neurons] && potentials.count == 8 * 4 * neurons)
            #expect(zip(spikes, potentials).allSatisfy { ($0 == 1) == ($1 >= 1) } && spikes.contains(1))
            // lif with soft reset: u[t] = exp(-1/20) (u[t-1] - s[t-1]) + i[t]; the hidden current is constant.
            guard name == "hidden" else { continue }
            let row = 4 * neurons
            for index in 0..<row {
                for t in 1..<8 {
                    let before = Double(potentials[(t - 1) * row + index]) - Double(spikes[(t - 1) * row + index])
                    let expected = 0.951_229_424_500_714 * before + Double(potentials[index])
                    #expect(abs(Double(potentials[t * row + index]) - expected) < 1e-5)
                }
            }
        }
        // The encoded input of constant coding is values, repeated at every step.
        let input = try recording.node("input")
        #expect(input.counts == nil && input.potentials?.count == 8 * 4 * 6)
    }

    @Test("nodes that were not asked for are listed without data")
    func selection() throws {
        let network = try denseNetwork()
        let request = RecordingRequest(nodes: ["output"], spikes: true)
        let recording = try network.record(TestSet.noise(2, inputs: 6), count: 2, request: request)
        #expect(try recording.node("output").counts?.count == 8 * 2 * 3)
        let hidden = try recording.node("hidden")
        #expect(hidden.counts == nil && hidden.potentials == nil && hidden.shape.allSatisfy { $0 == 0 })
        let silent = try network.record(
            TestSet.noise(2, inputs: 6),
            count: 2,
            request: RecordingRequest(spikes: false, potentials: true)
        )
        #expect(try silent.node("hidden").counts == nil && silent.node("hidden").potentials != nil)
        #expect(throws: SNNError.unknownName("unknown node 'x'; known: hidden, input, output")) {
            try recording.node("x")
        }
    }

    @Test("a recording over its byte budget is refused before anything is read; at the budget it runs")
    func budget() throws {
        let network = try denseNetwork()
        let source = CountedSource(.noise(4, inputs: 6))
        // 8 steps x 4 samples x (6 + 20 + 3) neurons x (2 + 4) bytes.
        let bytes = 8 * 4 * 29 * 6
        var request = RecordingRequest(potentials: true, byteBudget: bytes - 1)
        #expect(
            throws: SNNError.memory(
                "the recording must be <= \(bytes - 1) bytes (byte_budget), it would take \(bytes); "
                    + "name fewer nodes or samples"
            )
        ) { try network.record(source, count: 4, request: request) }
        #expect(source.reads == 0)
        request.byteBudget = bytes
        _ = try network.record(source, count: 4, request: request)
        #expect(source.reads == 4)
        request = RecordingRequest(nodes: ["hidden"], byteBudget: 8 * 4 * 20 * 2)
        _ = try network.record(source, count: 4, request: request)
        #expect(throws: SNNError.self) { try network.record(source, count: 1 << 40, request: request) }
    }

    @Test("unknown nodes and empty batches are refused")
    func refusals() throws {
        let network = try denseNetwork()
        #expect(throws: SNNError.unknownName("unknown node 'hiden'; known: hidden, input, output")) {
            try network.record(TestSet.noise(1, inputs: 6), count: 1, request: RecordingRequest(nodes: ["hiden"]))
        }
        #expect(throws: SNNError.argument("batch must be >= 1, got 0")) {
            try network.record(TestSet.noise(1, inputs: 6), count: 0, request: RecordingRequest())
        }
    }
}
