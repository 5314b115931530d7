import SNNKernel

/// A benchmark: a network with its weights drawn, a batch of inputs and their labels.
///
///     a    784-1000-10 LIF, constant current, T = 25, batch 128, 19 % of the pixels not zero
///     b    conv5x5x12-LIF-max2-conv5x5x64-LIF-max2-10 LIF, constant current, T = 25, batch 64
///     e    700-128 LIF-20 leaky readout, T = 500, batch 128, 1 % input spikes
///     g    one linear layer of n to n and LIF, T = 500, batch 16: dense normal input, or spikes
///
/// Shapes, decay 0.9, threshold 1, soft reset, surrogate and the distribution of weights and inputs are those that
/// other libraries are measured with (Tests/Benchmarks).
package struct BenchCase {
    /// What a caller may change about a case.
    package struct Options {
        package var steps: Int?
        package var batch: Int?
        /// Hidden neurons of case a.
        package var hidden: Int?
        /// n of case g.
        package var width: Int?
        /// Share of inputs that are not zero.
        package var activity: Double?
        package init() {}
    }

    /// The letters of the cases that have a network.
    package static let names = ["a", "b", "e", "g"]

    package let network: Network
    package let batch: Int
    /// What the samples come from: rows of values, or events where the input is spikes.
    package let source: any SampleSource
    /// What `source` reads.
    private let memory: [AnyObject]
    package let labels: Storage<Int32>
    /// Share of inputs that are not zero.
    package let inputActivity: Double
    /// Whether a training step ends with the optimizer; case g stops at the gradients, as its protocol does.
    package let updatesWeights: Bool

    package init(_ name: String, _ options: Options) throws(SNNError) {
        let description: String
        var gain: Float = 1
        let input: Input
        switch name {
        case "a":
            description = Self.perceptron(hidden: options.hidden ?? 1000, steps: options.steps ?? 25)
            batch = options.batch ?? 128
            input = .pixels(density: options.activity ?? 0.19)
        case "b":
            description = Self.convolutional(steps: options.steps ?? 25)
            batch = options.batch ?? 64
            input = .pixels(density: options.activity ?? 0.19)
        case "e":
            description = Self.sequence(steps: options.steps ?? 500)
            batch = options.batch ?? 128
            gain = 8
            input = .spikes(density: options.activity ?? 0.01)
        case "g":
            let activity = options.activity ?? 0
            description = Self.layer(width: options.width ?? 512, steps: options.steps ?? 500, spikes: activity > 0)
            batch = options.batch ?? 16
            input = activity > 0 ? .spikes(density: activity) : .normal
        default: throw .unknown("benchmark", name, known: Self.names)
        }
        guard batch >= 1, batch <= 1 << 16 else { throw .parameter("batch must be 1 ... \(1 << 16), got \(batch)") }
        if let activity = options.activity {
            guard activity >= 0, activity <= 1 else {
                throw .parameter("activity must be 0 ... 1, got \(activity)")
            }
        }
        network = try Network(try NetworkDocument.read(description), registry: try Library.registry(), seed: Self.seed)
        if gain != 1 {
            let weight = network.tensors[0].storage
            for index in 0..<weight.count { weight.base[index] *= gain }
        }
        updatesWeights = name != "g"
        let values = Storage<Float>(batch * network.inputCount)
        input.fill(values)
        let used = values.elements.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
        inputActivity = Double(used) / Double(values.count)
        if case .spikes = input {
            let events = EventMemory(values, batch: batch, neurons: network.inputShape.count)
            let set = try EventSet(
                offsets: events.offsets.base,
                count: batch,
                steps: UnsafePointer(events.steps.base),
                neurons: UnsafePointer(events.neurons.base),
                eventCount: events.steps.count
            )
            source = EventSource(set, steps: network.steps, neurons: network.inputShape.count)
            memory = [events]
        } else {
            source = RowSource(values.base, inputCount: network.inputCount)
            memory = [values]
        }
        labels = Storage(batch)
        let random = RandomStream(seed: Self.seed, purpose: .shuffle)
        for sample in 0..<batch {
            labels.base[sample] = Int32(random.below(network.scoreCount, index: UInt32(sample)))
        }
    }

    private static let seed: UInt64 = 1

    /// Spikes as lists of events.
    private final class EventMemory {
        let offsets: Storage<UInt64>
        let steps: Storage<UInt32>
        let neurons: Storage<UInt32>

        init(_ frames: Storage<Float>, batch: Int, neurons count: Int) {
            let total = frames.elements.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
            offsets = Storage(batch + 1)
            steps = Storage(total)
            neurons = Storage(total)
            var next = 0
            for sample in 0..<batch {
                for index in 0..<frames.count / batch where frames.base[sample * (frames.count / batch) + index] != 0 {
                    steps.base[next] = UInt32(index / count)
                    neurons.base[next] = UInt32(index % count)
                    next += 1
                }
                offsets.base[sample + 1] = UInt64(next)
            }
        }
    }

    /// How inputs are drawn.
    private enum Input {
        /// Uniform in [0, 1) where not zero.
        case pixels(density: Double)
        case spikes(density: Double)
        /// Standard normal.
        case normal

        func fill(_ values: Storage<Float>) {
            let random = RandomStream(seed: seed, purpose: .coding)
            let elements = values.elements
            random.fillUniform(elements)
            switch self {
            case .pixels(let density):
                let mask = Storage<Float>(overwriting: values.count)
                random.fillUniform(mask.elements, sample: 1)
                for index in elements.indices where mask.base[index] >= Float(density) { elements[index] = 0 }
            case .spikes(let density):
                for index in elements.indices { elements[index] = elements[index] < Float(density) ? 1 : 0 }
            case .normal:
                // Box and Muller; 1 - u is never 0.
                let angle = Storage<Float>(overwriting: values.count)
                random.fillUniform(angle.elements, sample: 1)
                for index in elements.indices {
                    let radius = (-2 * Double(1 - elements[index]).logarithm).squareRoot()
                    elements[index] = Float(radius * (2 * Double.pi * Double(angle.base[index])).cosine)
                }
            }
        }
    }

    private static let neuron = """
        {"model": "lif", "decay": "factor", "beta": 0.9, "comparison": "above", "detach_reset": true,
         "surrogate": "fast_sigmoid", "surrogate_width": 0.04, "surrogate_unit_area": false}
        """

    private static func perceptron(hidden: Int, steps: Int) -> String {
        """
        {"name": "a", "input": {"shape": [784]}, "steps": \(steps), "layers": [
          {"name": "hidden", "connection": {"kind": "dense", "outputs": \(hidden)}, "neuron": \(neuron)},
          {"name": "out", "connection": {"kind": "dense", "outputs": 10}, "neuron": \(neuron)}]}
        """
    }

    private static func convolutional(steps: Int) -> String {
        """
        {"name": "b", "input": {"shape": [1, 28, 28]}, "steps": \(steps), "layers": [
          {"name": "conv1", "connection": {"kind": "conv2d", "channels": 12, "kernel": 5}, "neuron": \(neuron)},
          {"name": "conv2", "stages": [{"kind": "max_pool", "kernel": 2}],
           "connection": {"kind": "conv2d", "channels": 64, "kernel": 5}, "neuron": \(neuron)},
          {"name": "out", "stages": [{"kind": "max_pool", "kernel": 2}, {"kind": "flatten"}],
           "connection": {"kind": "dense", "outputs": 10}, "neuron": \(neuron)}]}
        """
    }

    private static func sequence(steps: Int) -> String {
        """
        {"name": "e", "input": {"shape": [700]}, "steps": \(steps), "coding": {"kind": "events"}, "layers": [
          {"name": "hidden", "connection": {"kind": "dense", "outputs": 128}, "neuron": \(neuron)},
          {"name": "out", "connection": {"kind": "dense", "outputs": 20},
           "neuron": {"model": "lif.integrator", "decay": "factor", "beta": 0.9}}],
         "readout": {"kind": "membrane", "reduce": "mean"}}
        """
    }

    private static func layer(width: Int, steps: Int, spikes: Bool) -> String {
        """
        {"name": "g", "input": {"shape": [\(width)]}, "steps": \(steps), "coding": {"kind": "\(spikes ? "events" : "frames")"}, "layers": [
          {"name": "layer", "connection": {"kind": "dense", "outputs": \(width)}, "neuron": \(neuron)}]}
        """
    }
}
