import SNNTestKit
import Testing

@testable import SNNKernel

@Suite("Sources of samples")
struct SamplesTests {
    private func set(
        _ offsets: [UInt64],
        steps: Storage<UInt32>?,
        neurons: Storage<UInt32>?,
        events: Int
    ) throws(SNNError) -> EventSet {
        try EventSet(
            offsets: offsets,
            count: offsets.count - 1,
            steps: steps.map { UnsafePointer($0.base) },
            neurons: neurons.map { UnsafePointer($0.base) },
            eventCount: events
        )
    }

    private func failure(_ body: () throws(SNNError) -> Void) -> SNNError? {
        do throws(SNNError) { try body() } catch { return error }
        return nil
    }

    @Test("offsets cut a list into samples, and need not begin at 0 nor end at the last event")
    func offsets() throws {
        let steps = Storage<UInt32>(of: [9, 1, 2, 3, 4, 9])
        let neurons = Storage<UInt32>(of: [9, 5, 6, 7, 8, 9])
        let set = try set([1, 1, 4, 5], steps: steps, neurons: neurons, events: 6)
        #expect(set.count == 3)
        #expect((0..<3).map { set.events($0).count } == [0, 3, 1])
        #expect(set.events(1).steps[2] == 3 && set.events(2).neurons[0] == 8)
        withExtendedLifetime((steps, neurons)) {}
    }

    @Test("offsets that cannot be are refused")
    func badOffsets() {
        let numbers = Storage<UInt32>(8)
        for (offsets, error) in [
            ([0, 3, 2] as [UInt64], SNNError.shape("offsets must not descend, got 2 after 3 at 2")),
            ([0, 9], .shape("offsets must be <= the 8 events, got 9 at 1")),
            ([.max, .max], .shape("offsets must be <= the 8 events, got 18446744073709551615 at 0")),
            ([0, 1 << 63, 0], .shape("offsets must be <= the 8 events, got 9223372036854775808 at 1")),
            ([0], .argument("events must hold at least one sample, got 0")),
        ] {
            #expect(
                failure { () throws(SNNError) in _ = try set(offsets, steps: numbers, neurons: numbers, events: 8) }
                    == error
            )
        }
    }

    @Test("only a set without events goes without steps and neurons")
    func nothing() throws {
        let numbers = Storage<UInt32>(1)
        let empty = try set([0, 0, 0], steps: nil, neurons: nil, events: 0)
        #expect(empty.count == 2 && empty.events(1).count == 0)
        #expect(
            failure { () throws(SNNError) in _ = try set([0, 1], steps: nil, neurons: numbers, events: 1) }
                == .argument("steps must not be NULL where there are events")
        )
        #expect(
            failure { () throws(SNNError) in _ = try set([0, 1], steps: numbers, neurons: nil, events: 1) }
                == .argument("neurons must not be NULL where there are events")
        )
    }

    @Test("as frames, a sample counts its events; those outside are left out")
    func frames() throws {
        let events = try EventArrays([[], [(1, 2), (0, 0), (1, 2), (2, 0), (0, 3)]], steps: 2, neurons: 3)
        let row = Storage<Float>(of: [9, 9, 9, 9, 9, 9])
        events.fill(1, into: row.base)
        #expect(row.array == [1, 0, 0, 0, 0, 2])
        events.fill(0, into: row.base)
        #expect(row.array == [0, 0, 0, 0, 0, 0])
    }

    /// Labelled events.
    private struct EventTestSet: LabelledSource {
        let events: EventArrays
        let labels: [Int32]
        let window: (steps: Int, neurons: Int)
        var count: Int { labels.count }
        var classes: Int { 3 }
        var inputCount: Int { window.steps * window.neurons }
        var eventWindow: (steps: Int, neurons: Int)? { window }
        func label(_ sample: Int) -> Int32 { labels[sample] }
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { events.fill(sample, into: row) }
        func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
            events.fill(sample, into: row)
        }
        func events(_ sample: Int) -> SampleEvents? { events.events(sample) }
    }

    @Test("a set of events trains and evaluates as the set of its frames", arguments: ["events", "frames"])
    func sets(_ coding: String) throws {
        var random = Seeded(4)
        let rows = random.numbers(70 * 48, in: 0...1, activity: 0.4).map(ValueLaw.whole(1).legal)
        let labels = (0..<70).map { Int32($0 % 3) }
        let dense = TestSet(
            rows: (0..<70).map { Array(rows[$0 * 48..<($0 + 1) * 48]) },
            labels: labels,
            classes: 3
        )
        let events = EventTestSet(
            events: try EventArrays(frames: rows, steps: 8, neurons: 6, random: &random),
            labels: labels,
            window: (8, 6)
        )
        var weights: [[[Float]]] = []
        for data in [dense, events] as [any LabelledSource] {
            let network = try denseNetwork(coding: coding)
            let trainer = try Trainer(
                network: network,
                loss: Loss(.crossEntropy),
                optimizer: Adam(learningRate: 0.01),
                batchSize: 20,
                seed: 5
            )
            _ = try trainer.fit(data, epochs: 2, threads: 2)
            weights.append(network.weights)
        }
        #expect(weights[0] == weights[1])
        let network = try denseNetwork(coding: coding)
        let (a, b) = (try network.evaluate(dense), try network.evaluate(events))
        #expect(a.loss == b.loss && a.accuracy == b.accuracy)
    }

    @Test("a set of events that does not fit is refused: another window, a coding without events")
    func misfits() throws {
        let events = try EventArrays([[(0, 0)]], steps: 6, neurons: 8)
        let set = EventTestSet(events: events, labels: [0], window: (6, 8))
        #expect(
            throws: SNNError.shape(
                "the network takes 8 steps of 6 neurons, the data set has events in 6 steps of 8"
            )
        ) { try denseNetwork(coding: "events").evaluate(set) }
        #expect(throws: SNNError.notSupported("the coding constant takes values, it cannot take events")) {
            try denseNetwork().evaluate(set)
        }
    }

    /// Gives events for some samples and values for others.
    private struct MixedSource: SampleSource {
        let events: EventArrays
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { events.fill(sample, into: row) }
        func events(_ sample: Int) -> SampleEvents? { sample == 0 ? events.events(sample) : nil }
    }

    @Test("a source of events for some samples alone is refused")
    func mixed() throws {
        let source = MixedSource(events: try EventArrays([[], []], steps: 8, neurons: 6))
        #expect(
            throws: SNNError.argument(
                "a source must give events for every sample or for none, sample 1 has values"
            )
        ) { try denseNetwork(coding: "events").scores(source, count: 2) }
    }
}
