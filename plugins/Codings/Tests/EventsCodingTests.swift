import CodingsPlugin
import LIFPlugin
import SNNKernel
import SNNTestKit
import Testing

/// Spikes that the caller has.
struct EventsCodingTests {
    private static func choice(_ largest: Int) -> ComponentChoice {
        ComponentChoice("events", ["largest_count": .number(Double(largest))])
    }

    private func network(
        _ coding: ComponentChoice = ComponentChoice("events"),
        input: Shape = Shape(6),
        steps: Int = 4
    ) throws -> Network {
        let stages = input.isFlat ? [] : [ComponentChoice("flatten")]
        return try Network(
            NetworkDescription(
                input: input,
                steps: steps,
                coding: coding,
                nodes: [
                    NodeDescription(
                        name: "out",
                        stages: stages,
                        connection: ComponentChoice("dense", ["outputs": .number(3), "init_gain": .number(4)]),
                        neuron: ComponentChoice("lif")
                    )
                ]
            ),
            registry: try Self.registry(),
            seed: 3
        )
    }

    private static func registry() throws -> Registry {
        try Registry(plugins: [CodingsPlugin.PluginEntry.self, LIFPlugin.PluginEntry.self])
    }

    private func scores(
        _ network: Network,
        _ source: any SampleSource,
        _ count: Int,
        threads: Int = 1
    ) throws -> [Float] {
        let scores = Storage<Float>(count * network.scoreCount)
        try network.predict(source, count: count, threads: threads, scores: scores.base)
        return Array(scores.elements)
    }

    /// What the network sees of some samples, `[steps, batch, neurons]`.
    private func input(_ network: Network, _ source: any SampleSource, _ count: Int) throws -> [Int] {
        let recording = try network.record(source, count: count, request: RecordingRequest(nodes: ["input"]))
        return try #require(recording.node("input").counts).elements.map { Int($0) }
    }

    private func failure(_ body: () throws -> Void) -> SNNError? {
        do { try body() } catch { return error as? SNNError }
        return nil
    }

    // MARK: events and frames

    @Test(
        "events and their frames give the same scores and gradients, to the bit",
        arguments: 1...60 as ClosedRange<UInt64>
    )
    func equalFrames(_ seed: UInt64) throws {
        let drawn = RandomNetwork(
            seed: seed,
            neurons: [ComponentChoice("lif"), ComponentChoice("lif", ["reset": .text("hard")])],
            codings: [ComponentChoice("frames"), ComponentChoice("events"), Self.choice(5)]
        )
        let network = try Network(drawn.description, registry: try Self.registry(), seed: seed)
        // Frames of real numbers are none of events.
        let rows =
            drawn.description.coding.name == "frames" ? drawn.rows.map(ValueLaw.whole(2).legal) : drawn.rows
        let frames = ArraySource(rows, inputCount: network.inputCount)
        var random = Seeded(seed)
        let events = try EventArrays(
            frames: rows,
            steps: network.steps,
            neurons: network.inputShape.count,
            random: &random
        )
        let wanted = try scores(network, frames, drawn.batch)
        for threads in [1, 3] { #expect(try scores(network, events, drawn.batch, threads: threads) == wanted) }
        let trainer = try Trainer(
            network: network,
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 0.01),
            seed: 1
        )
        let answers = Answers(.labels((0..<drawn.batch).map { Int32($0 % network.scoreCount) }))
        try answers.withTargets { targets in
            let first = try trainer.computeGradients(frames, targets: targets, count: drawn.batch, threads: 1)
            let gradients = try trainer.gradients.map { Array($0.elements) }
            // The same dropout again.
            trainer.samplesSeen = 0
            let second = try trainer.computeGradients(events, targets: targets, count: drawn.batch, threads: 2)
            #expect(first.loss == second.loss && first.correct == second.correct)
            #expect(try trainer.gradients.map { Array($0.elements) } == gradients)
        }
    }

    @Test("neurons of an image are numbered channel by channel, as the values of a frame")
    func channels() throws {
        let network = try network(input: Shape(height: 2, width: 2, channels: 3), steps: 1)
        for neuron in 0..<12 {
            let events = try EventArrays([[(0, neuron)]], steps: 1, neurons: 12)
            let sent = try input(network, events, 1)
            #expect(sent.firstIndex(of: 1) == neuron % 4 * 3 + neuron / 4 && sent.reduce(0, +) == 1)
        }
    }

    // MARK: counts

    @Test("events of a neuron in a step add up to largest_count", arguments: [1, 2, 3, 1024])
    func saturates(_ largest: Int) throws {
        let network = try network(Self.choice(largest))
        let events: [(step: Int, neuron: Int)] =
            Array(repeating: (2, 5), count: 3) + [(0, 1)] + Array(repeating: (2, 5), count: 2)
            + Array(repeating: (3, 0), count: 70000)
        let sent = try input(network, try EventArrays([events], steps: 4, neurons: 6), 1)
        #expect(sent[2 * 6 + 5] == min(largest, 5) && sent[1] == 1 && sent[3 * 6] == largest)
        #expect(sent.filter { $0 != 0 }.count == 3)
    }

    @Test("frames add up every event")
    func framesAddUp() throws {
        let network = try network(ComponentChoice("frames"))
        let events: [(step: Int, neuron: Int)] = [(1, 2), (0, 0), (1, 2), (1, 2)]
        let source = try EventArrays([events], steps: 4, neurons: 6)
        let recording = try network.record(
            source,
            count: 1,
            request: RecordingRequest(nodes: ["input"], spikes: false, potentials: true)
        )
        let values = try #require(recording.node("input").potentials)
        #expect(values.elements[6 + 2] == 3 && values.elements[0] == 1 && values.elements.reduce(0, +) == 4)
    }

    @Test("the order of events does not matter, and a sample may have none")
    func order() throws {
        let network = try network(Self.choice(2))
        let sample: [(step: Int, neuron: Int)] = [(3, 1), (0, 5), (0, 5), (2, 0), (1, 1), (0, 5)]
        let sorted = sample.sorted { ($0.step, $0.neuron) < ($1.step, $1.neuron) }
        let source = try EventArrays([sample, [], sorted, sample.reversed()], steps: 4, neurons: 6)
        let sent = try input(network, source, 4)
        func part(_ sample: Int) -> [Int] { (0..<4).flatMap { t in (0..<6).map { sent[(t * 4 + sample) * 6 + $0] } } }
        #expect(part(0) == part(2) && part(0) == part(3) && part(0).reduce(0, +) == 5)
        #expect(part(1).allSatisfy { $0 == 0 })
    }

    @Test(
        "sorted, shuffled and repeated events give the same scores and gradients, to the bit",
        arguments: [1, 5],
        [1, 2, 9]
    )
    func anyOrder(_ largest: Int, _ batch: Int) throws {
        let network = try network(Self.choice(largest), input: Shape(300), steps: 6)
        var random = Seeded(UInt64(largest * 100 + batch))
        // Every third sample has none.
        let sorted: [[(step: Int, neuron: Int)]] = (0..<batch).map { sample in
            (0..<6 * 300).compactMap { place in
                sample % 3 < 2 && random.happens(0.05) ? (place / 300, place % 300) : nil
            }
        }
        let shuffled = sorted.map { $0.shuffled(using: &random) }
        var forms = [sorted, shuffled]
        // Where a neuron sends once at most, an event more changes nothing.
        if largest == 1 {
            forms.append(sorted.map { sample in sample.flatMap { [$0, $0] } })
            forms.append(shuffled.map { sample in sample + sample.prefix(3) })
        }
        let trainer = try Trainer(
            network: network,
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 0.01),
            seed: 1
        )
        let answers = Answers(.labels((0..<batch).map { Int32($0 % network.scoreCount) }))
        let found = try forms.map { form in
            let events = try EventArrays(form, steps: 6, neurons: 300)
            return try answers.withTargets { targets in
                let result = try trainer.computeGradients(events, targets: targets, count: batch, threads: 1)
                return try [[result.loss.isNaN ? -1 : Float(result.loss)], scores(network, events, batch)]
                    + trainer.gradients.map { Array($0.elements) }
            }
        }
        for form in found { #expect(form == found[0]) }
    }

    @Test("a stream of dense rows gives the scores of the events")
    func stream() throws {
        let network = try network(Self.choice(3), input: Shape(height: 1, width: 3, channels: 2), steps: 5)
        var random = Seeded(8)
        let rows = random.numbers(2 * network.inputCount, in: -0.5...1.5).map(ValueLaw.whole(3).legal)
        let events = try EventArrays(frames: rows, steps: 5, neurons: 6, random: &random)
        let session = try Session(network, batch: 2)
        for t in 0..<5 {
            let row = Storage<Float>(12)
            for index in 0..<12 { row.base[index] = rows[index / 6 * 30 + t * 6 + index % 6] }
            try session.step(row.base)
        }
        #expect(try session.scores().numbers == scores(network, events, 2))
    }

    // MARK: what is refused

    @Test("events outside the window or the input are refused with sample and event", arguments: ["events", "frames"])
    func outside(_ coding: String) throws {
        let network = try network(ComponentChoice(coding))
        for (event, law) in [
            ((step: 4, neuron: 0), "step of an event must be below the 4 of the window, got 4"),
            ((step: 0, neuron: 6), "neuron of an event must be below the 6 of the input, got 6"),
            ((step: Int(UInt32.max), neuron: 0), "step of an event must be below the 4 of the window, got 4294967295"),
            ((step: 3, neuron: Int(UInt32.max)), "neuron of an event must be below the 6 of the input, got 4294967295"),
        ] {
            var samples: [[(step: Int, neuron: Int)]] = Array(repeating: [(0, 0), (3, 5)], count: 40)
            samples[37].append(event)
            let source = try EventArrays(samples, steps: 4, neurons: 6)
            let wanted = SNNError.parameter("the \(law) in sample 37, event 2")
            #expect(failure { _ = try scores(network, source, 40) } == wanted)
            #expect(failure { try source.check() } == wanted)
        }
    }

    @Test("a coding that takes values refuses events by name", arguments: ["constant", "rate", "latency"])
    func others(_ coding: String) throws {
        let source = try EventArrays([[(0, 0)]], steps: 4, neurons: 6)
        let network = try network(ComponentChoice(coding))
        #expect(
            failure { _ = try scores(network, source, 1) }
                == .notSupported("the coding \(coding) takes values, it cannot take events")
        )
    }

    // Inputs below, at and above a vector of sixteen, in one piece and reordered; faults in vectors and behind them.
    @Test(
        "a frame of anything but whole numbers up to largest_count is refused with sample and value",
        arguments: [Shape(3), Shape(16), Shape(40), Shape(height: 3, width: 4, channels: 2)],
        [1, 5]
    )
    func frames(_ shape: Shape, _ largest: Int) throws {
        let network = try network(Self.choice(largest), input: shape, steps: 3)
        let bad: [Float] = [0.5, Float(largest) + 1, -1, 1e-30, -0.25, 3e38, Float(largest).nextDown]
        for place in Set([0, 2, shape.count - 1, shape.count, 2 * shape.count + 1, network.inputCount - 1]) {
            for value in bad + [.nan, .infinity, -.infinity] {
                var rows = [Float](repeating: Float(largest), count: 2 * network.inputCount)
                for index in rows.indices where index % 3 == 0 { rows[index] = 0 }
                rows[network.inputCount + place] = value
                let found = failure { _ = try scores(network, ArraySource(rows, inputCount: network.inputCount), 2) }
                let words = "got \(value) in sample 1, value \(place)"
                #expect(
                    found
                        == (value.isFinite
                            ? .parameter("the coding events takes whole numbers 0 ... \(largest), \(words)")
                            : .notFinite("inputs must be finite, \(words)"))
                )
            }
        }
    }

    @Test("a refused step of a stream leaves the inputs before it to be repeated")
    func refusedStep() throws {
        let session = try Session(network(), batch: 1)
        let good = Storage<Float>(6)
        good.base[3] = 1
        let bad = good.copy()
        bad.base[2] = 0.5
        try session.step(good.base)
        #expect(
            failure { try session.step(bad.base) }
                == .parameter("the coding events takes whole numbers 0 ... 1, got 0.5 in sample 0, value 2")
        )
        try session.step(nil)
        #expect(try session.output("input").numbers == Array(good.elements) && session.steps == 2)
    }

    @Test("bits where a neuron sends at most one spike, counts else")
    func form() throws {
        for (largest, isBits) in [(1, true), (2, false)] {
            let coding = try #require(
                CodingsTest.registry().coding(Self.choice(largest)) as? any EventCoding
            )
            let source = try EventArrays([[(0, 0)]], steps: 2, neurons: 3)
            let block = EventBlock([try #require(source.events(0))], steps: 2, shape: Shape(3))
            guard case .raster(let raster) = try coding.encode(block) else {
                Issue.record("events sends values")
                return
            }
            if case .bits = raster.form { #expect(isBits) } else { #expect(!isBits) }
            withExtendedLifetime(source) {}
        }
    }
}
