import Testing

@testable import SNNKernel

@Suite("Spike statistics")
struct StatisticsTests {
    @Test("spikes, events and synaptic operations are those of a recording, counted one by one")
    func bruteForce() throws {
        for pool in ["average_pool", "max_pool"] {
            let network = try imageNetwork(pool: pool)
            let set = TestSet.noise(20, inputs: 72)
            let statistics = try network.evaluate(set, threads: 2).statistics
            let recording = try network.record(set, count: 20, request: RecordingRequest())
            func counts(_ name: String) throws -> [Int] {
                try #require(recording.node(name).counts).array.map { Int($0) }
            }
            for node in statistics.nodes {
                let list = try counts(node.name)
                #expect(node.spikeCount == list.reduce(0, +) && node.spikeCount > 0, "\(node.name)")
                #expect(node.events == list.count { $0 != 0 } && node.slots == list.count)
                #expect(node.activity == Double(node.events) / Double(node.slots))
            }
            let input = try counts("input")
            #expect(statistics.input.events == input.reduce(0, +) && statistics.input.slots == input.count)
            #expect(statistics.samples == 20 && statistics.nodes.map(\.neurons) == [180, 45, 4])
            // 3 x 3 kernels with padding 1 on 6 x 6: a pixel lies in 3 fields a direction, at the edge in 2.
            var ofConvolution = 0
            for (place, count) in input.enumerated() where count != 0 {
                let pixel = place % 72 / 2
                let rows = [0, 5].contains(pixel / 6) ? 2 : 3
                let columns = [0, 5].contains(pixel % 6) ? 2 : 3
                ofConvolution += rows * columns * 5
            }
            #expect(statistics.nodes[0].operations == ofConvolution)
            #expect(statistics.nodes[1].operations == 0)
            let ofOutput = try counts("pool").count { $0 != 0 } * 4
            #expect(statistics.nodes[2].operations == ofOutput)
            #expect(statistics.synapticOperations == Double(ofConvolution + ofOutput) / 20)
            // Neither input, nor pool, nor the last node are hidden spiking neurons.
            #expect(statistics.spikesPerNeuron == Double(try counts("conv").reduce(0, +)) / (20 * 180))
        }
    }

    @Test("constant input costs its non-zero values once a window")
    func constantInput() throws {
        let network = try denseNetwork()
        var rows = TestSet.noise(3, inputs: 6).rows
        rows[1] = [0, 0, 0.5, 0, 0, 0]
        let set = TestSet(rows: rows, labels: [0, 1, 2], classes: 3)
        let statistics = try network.evaluate(set).statistics
        #expect(statistics.input.events == 13 && statistics.input.slots == 18)
        #expect(statistics.nodes[0].operations == 13 * 20)
        #expect(statistics.nodes[1].operations == statistics.nodes[0].spikeCount * 3)
    }

    @Test("a network without hidden spiking neurons has no spikes per neuron")
    func noHidden() throws {
        let network = try Network(
            NetworkDescription(input: Shape(6), steps: 5, nodes: [.dense("only", 3, gain: 3)]),
            registry: allPlugins(),
            seed: 2
        )
        let statistics = try network.evaluate(TestSet.noise(3, inputs: 6, classes: 3)).statistics
        #expect(statistics.spikesPerNeuron == 0 && statistics.nodes[0].spikeCount > 0)
        #expect(SpikeStatistics(network: network).synapticOperations == 0)
        #expect(SpikeStatistics(network: network).nodes[0].activity == 0)
    }

    @Test("the clock moves forward")
    func clock() {
        let first = Clock.seconds
        #expect(Clock.seconds >= first && first > 0)
    }
}
