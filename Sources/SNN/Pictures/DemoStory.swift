import SNNKernel

/// What the demo picture tells: plain numbers, gathered from a finished run.
package struct DemoStory: Sendable {
    /// A test digit and what the network said.
    package struct Digit: Sendable {
        /// Rows of grey from 0 to 1.
        package var pixels: [[Double]]
        package var label: Int
        package var prediction: Int

        /// Whether the network read it right.
        package var isRight: Bool { label == prediction }
    }

    /// The spikes of one layer in one window.
    package struct Raster: Sendable {
        package var name: String
        /// Neurons of the layer, of which some are shown.
        package var neurons: Int
        /// How many of them spiked.
        package var active: Int
        /// Per shown neuron, all of which spiked, the steps, from 0, in which it did.
        package var spikes: [[Int]]
    }

    /// One output neuron in one window.
    package struct Output: Sendable {
        package var spikes: [Int]
        /// Membrane potential after charge and before reset, one a step.
        package var potentials: [Double]
    }

    /// The digit whose window is shown.
    package var digit: Digit
    package var steps: Int
    /// Length of a step, ms.
    package var dt: Double
    /// Hidden layers that spike.
    package var hidden: [Raster]
    /// One a class.
    package var outputs: [Output]
    /// Threshold of the output neurons.
    package var threshold: Double
    package var loss: [Double]
    /// While training, 0...1.
    package var trainAccuracy: [Double]
    /// At the end, 0...1.
    package var testAccuracy: Double
    package var spikesPerNeuron: Double
    package var synapticOperations: Double
    package var seconds: Double
    package var trainCount: Int
    package var testCount: Int
    /// How many test digits were misread.
    package var wrongCount: Int
    /// A dozen test digits.
    package var dozen: [Digit]
}

extension DemoStory {
    /// Most neurons of a hidden layer that are shown.
    private static let shownNeurons = 64

    /// Gathers the story of a run: looks at every test digit and records the window of one.
    package init(_ outcome: RecipeRun.Outcome) throws(SNNError) {
        let (network, test, report) = (outcome.network, outcome.test, outcome.report)
        let digits = try Self.digits(network, test)
        let wrong = digits.indices.filter { !digits[$0].isRight }
        // The first one that was read right stands for all.
        let chosen = digits.firstIndex { $0.isRight } ?? 0
        let recording = try network.record(
            TestSample(data: test, number: chosen),
            count: 1,
            firstSample: UInt64(chosen),
            request: RecordingRequest(potentials: true)
        )
        let last = network.nodes[network.nodes.count - 1]
        hidden = []
        for node in network.nodes.dropLast() where node.spikes {
            hidden.append(Self.raster(try recording.node(node.name), of: node))
        }
        let sent = Self.spikes(try recording.node(last.name))
        let potentials = try recording.node(last.name).potentials
        outputs = sent.indices.map { neuron in
            Output(
                spikes: sent[neuron],
                potentials: potentials.map { values in
                    (0..<network.steps).map { Double(values.base[$0 * sent.count + neuron]) }
                } ?? []
            )
        }
        digit = digits[chosen]
        steps = network.steps
        dt = network.description.dt
        threshold = Self.threshold(of: network)
        loss = outcome.epochs.flatMap { $0 }.map(\.loss)
        trainAccuracy = outcome.epochs.flatMap { $0 }.map(\.accuracy)
        testAccuracy = report["accuracy"] ?? .nan
        spikesPerNeuron = report["spikes_per_neuron"] ?? .nan
        synapticOperations = report["synaptic_operations"] ?? .nan
        seconds = report["seconds"] ?? .nan
        trainCount = outcome.epochs.last?.last?.samples ?? 0
        testCount = test.count
        wrongCount = wrong.count
        dozen = Self.dozen(of: digits.count, wrong: wrong).map { digits[$0] }
    }

    /// Four of the misread ones, if there are so many, among others from all over the test split, in its order.
    static func dozen(of count: Int, wrong: [Int]) -> [Int] {
        var chosen = Set(wrong.prefix(4))
        let right = (0..<count).filter { !wrong.contains($0) }
        let rest = min(12 - chosen.count, right.count)
        for place in 0..<rest { chosen.insert(right[place * right.count / rest]) }
        return chosen.sorted()
    }

    private static func digits(_ network: Network, _ test: Dataset) throws(SNNError) -> [Digit] {
        let scores = Storage<Float>(test.count * network.scoreCount)
        try network.predict(test, count: test.count, threads: try resolvedThreads(0), scores: scores.base)
        let row = Storage<Float>(test.inputCount)
        let (height, width) = (test.shape.height, test.shape.width)
        return (0..<test.count).map { number in
            test.fill(number, into: row.base)
            let pixels = (0..<height).map { y in (0..<width).map { x in Double(row.base[y * width + x]) } }
            return Digit(
                pixels: pixels,
                label: Int(test.label(number)),
                prediction: Softmax.winner(scores.base + number * network.scoreCount, network.scoreCount)
            )
        }
    }

    /// Per neuron the steps in which it spiked.
    private static func spikes(_ node: Recording.Node) -> [[Int]] {
        let (steps, neurons) = (node.shape[0], node.shape[2])
        guard let counts = node.counts else { return Array(repeating: [], count: neurons) }
        return (0..<neurons).map { neuron in (0..<steps).filter { counts.base[$0 * neurons + neuron] != 0 } }
    }

    /// Neurons that spiked, evenly chosen where they are many; those that spike first on top.
    private static func raster(_ recorded: Recording.Node, of node: Node) -> Raster {
        let all = spikes(recorded)
        let active = all.filter { !$0.isEmpty }
        let shown = min(shownNeurons, active.count)
        let some = (0..<shown).map { active[$0 * active.count / shown] }
        let sorted = some.sorted { ($0.first ?? .max, -$0.count) < ($1.first ?? .max, -$1.count) }
        return Raster(name: node.name, neurons: all.count, active: active.count, spikes: sorted)
    }

    private static func threshold(of network: Network) -> Double {
        let neuron = network.description.nodes[network.description.nodes.count - 1].neuron
        guard case .number(let value) = neuron?.parameters["v_threshold"] else { return 1 }
        return value
    }

    private struct TestSample: SampleSource {
        let data: Dataset
        let number: Int
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { data.fill(number + sample, into: row) }
    }
}
