import Testing

@testable import SNNKernel

@Suite("Streaming sessions")
struct SessionTests {
    private func rows(_ set: TestSet, _ range: Range<Int>) -> Storage<Float> {
        Storage(of: range.flatMap { set.rows[$0] })
    }

    @Test(
        "after a whole window the scores are those of predict to the bit, and the spikes those of the window",
        arguments: ["constant", "rate", "latency"]
    )
    func windowEqualsStream(_ coding: String) throws {
        for network in [try denseNetwork(coding: coding), try imageNetwork(coding: coding)] {
            let set = TestSet.noise(5, inputs: network.inputCount)
            let window = try network.scores(set, count: 5, firstSample: 70)
            let recording = try network.record(set, count: 5, firstSample: 70, request: RecordingRequest())
            let session = try Session(network, batch: 5, firstSample: 70)
            let input = rows(set, 0..<5)
            for t in 0..<network.steps {
                try session.step(t == 0 ? UnsafePointer(input.base) : nil)
                for node in network.nodes {
                    let sent = try #require(session.output(node.name).raster)
                    let counts = try #require(recording.node(node.name).counts)
                    let slice = counts.array[t * sent.row..<(t + 1) * sent.row]
                    #expect(sent.array == slice.map { Int($0) }, "\(node.name), step \(t)")
                }
            }
            #expect(try session.scores().array == window && window.contains { $0 != 0 })
            #expect(session.steps == network.steps)
            withExtendedLifetime(input) {}
        }
    }

    @Test("frames arrive one a step")
    func frames() throws {
        let network = try denseNetwork(coding: "frames")
        let set = TestSet.noise(2, inputs: network.inputCount)
        let session = try Session(network, batch: 2)
        #expect(session.inputCount == 6)
        for t in 0..<8 {
            let frame = Storage<Float>(of: (0..<2).flatMap { set.rows[$0][t * 6..<(t + 1) * 6] })
            try session.step(frame.base)
            withExtendedLifetime(frame) {}
        }
        #expect(try session.scores().array == network.scores(set, count: 2))
    }

    @Test("streams of a batch do not know of each other")
    func independent() throws {
        let network = try imageNetwork()
        let set = TestSet.noise(3, inputs: 72)
        let whole = try Session(network, batch: 3)
        let input = rows(set, 0..<3)
        for _ in 0..<4 { try whole.step(input.base) }
        for sample in 0..<3 {
            let alone = try Session(network, batch: 1, firstSample: UInt64(sample))
            for _ in 0..<4 { try alone.step(UnsafePointer(input.base + sample * 72)) }
            #expect(try alone.scores().array == Array(whole.scores().array[sample * 4..<(sample + 1) * 4]))
        }
        withExtendedLifetime(input) {}
    }

    @Test("reset goes back to rest")
    func reset() throws {
        let network = try denseNetwork()
        let input = rows(.noise(1, inputs: 6), 0..<1)
        let session = try Session(network, batch: 1)
        for _ in 0..<8 { try session.step(input.base) }
        let first = try session.scores().array
        session.reset()
        #expect(session.steps == 0)
        #expect(throws: SNNError.state("the first step needs inputs")) { try session.step(nil) }
        for _ in 0..<8 { try session.step(input.base) }
        #expect(try session.scores().array == first)
        withExtendedLifetime(input) {}
    }

    @Test("training that goes on does not change a session")
    func frozenWeights() throws {
        let network = try denseNetwork()
        let input = rows(.noise(1, inputs: 6), 0..<1)
        let expected = try network.scores(TestSet.noise(1, inputs: 6), count: 1)
        let session = try Session(network, batch: 1)
        for tensor in network.tensors { tensor.storage.base.update(repeating: 9, count: tensor.storage.count) }
        for _ in 0..<8 { try session.step(input.base) }
        #expect(try session.scores().array == expected)
        withExtendedLifetime(input) {}
    }

    @Test("what a session cannot do is refused, and it goes on unharmed")
    func refusals() throws {
        let network = try denseNetwork()
        #expect(throws: SNNError.argument("batch must be 1 ... \((1 << 28) / 20), got 0")) {
            try Session(network, batch: 0)
        }
        #expect(throws: SNNError.self) { try Session(network, batch: .max) }
        let session = try Session(network, batch: 1)
        #expect(throws: SNNError.state("the first step needs inputs")) { try session.step(nil) }
        #expect(throws: SNNError.state("there are no scores before the first step")) { try session.scores() }
        #expect(throws: SNNError.state("nothing was sent before the first step")) { try session.output("hidden") }
        #expect(throws: SNNError.unknownName("unknown node 'x'; known: hidden, output")) { try session.output("x") }
        let bad = Storage<Float>(of: [0, 0, .nan, 0, 0, 0])
        #expect(throws: SNNError.notFinite("inputs must be finite, got nan at 2")) { try session.step(bad.base) }
        #expect(session.steps == 0)
        let input = rows(.noise(1, inputs: 6), 0..<1)
        for _ in 0..<8 { try session.step(input.base) }
        #expect(try session.scores().array == network.scores(TestSet.noise(1, inputs: 6), count: 1))
        #expect(try session.output("input").array == input.array)
        withExtendedLifetime((bad, input)) {}
    }
}
