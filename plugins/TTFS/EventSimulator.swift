import SNNKernel

/// A network of spike times run event by event, in double precision: the reference for the closed form.
///
/// Every layer is integrated as its equations say (``TTFSModel``): spikes sorted by time, the membrane a line between two
/// of them, the threshold gated until the neuron's own window begins. It shares nothing with the engine but the numbers
/// of the weights. A neuron whose membrane is above threshold at some spike before its window is counted: there hardware
/// without a gate would fire too early.
struct EventSimulator {
    /// What a sample did.
    struct Outcome {
        /// When each neuron of each spiking layer spiked; infinity where it did not.
        var times: [[Double]] = []
        /// Neurons of each spiking layer that reached their threshold before their window.
        var premature: [Int] = []
        /// The membranes of the last layer when they are read.
        var scores: [Double] = []
    }

    private struct Layer {
        let stages: [any Stage]
        let map: Convolution
        let weight: [Double]
        /// One a channel, or one a neuron: that of a neuron stands at its index modulo their number.
        let bias: [Double]
        /// Nil in the last layer.
        let neuron: TTFSModel?
        let window: Double
    }

    private let layers: [Layer]
    private let readTime: Double

    /// Errors: ``SNNError/notSupported(_:)`` for what it cannot run, by name.
    init(_ network: Network) throws(SNNError) {
        let windows = try Windows(network, for: "the event-driven simulation")
        readTime = windows.readTime
        var layers: [Layer] = []
        for node in network.nodes {
            for stage in node.stages where !(stage is Flatten || stage is Dropout || (stage as? Pooling)?.kind == .max)
            {
                throw .notSupported(
                    "the event-driven simulation knows flatten, max_pool and dropout, not \(type(of: stage))"
                )
            }
            guard let map = node.connection as? Convolution else {
                throw .notSupported(
                    "the event-driven simulation needs a connection in every layer, '\(node.name)' has none"
                )
            }
            let neuron = node.neuron as? TTFSModel
            if let neuron, neuron.jitter > 0 {
                throw .notSupported("the event-driven simulation has no jitter, got jitter = \(neuron.jitter)")
            }
            if neuron?.alpha1 != nil {
                throw .notSupported("the event-driven simulation runs ttfs neurons, not ttfs.alpha1 ('\(node.name)')")
            }
            let tensors = network.actingTensors(of: node)
            layers.append(
                Layer(
                    stages: node.stages,
                    map: map,
                    weight: tensors[0].elements.map(Double.init),
                    bias: tensors.count > 1
                        ? tensors[1].elements.map(Double.init)
                        : [Double](repeating: 0, count: map.outputShape.channels),
                    neuron: neuron,
                    window: Double(network.buffer("window", of: node)?.base[0] ?? 0)
                )
            )
        }
        self.layers = layers
    }

    /// Runs one sample, given the time left after each input's spike, 0 for none.
    func run(_ input: UnsafePointer<Float>, count: Int) -> Outcome {
        var outcome = Outcome()
        // The window of what arrives, and the times in it.
        var (from, to) = (0.0, 1.0)
        var times = (0..<count).map { input[$0] > 0 ? 1 - Double(input[$0]) : Double.infinity }
        for layer in layers {
            for stage in layer.stages { if let pool = stage as? Pooling { times = pooled(times, pool) } }
            let membrane = Membranes(
                layer.map,
                layer.weight,
                layer.bias,
                threshold: layer.neuron.map { _ in layer.window }
            )
            let reached = membrane.integrate(times, from: from, to: to)
            guard let neuron = layer.neuron else {
                outcome.scores = reached.potentials.enumerated().map {
                    // The bias as a constant current over the window.
                    $1 + layer.bias[$0 % layer.bias.count]
                }
                continue
            }
            outcome.premature.append(reached.early)
            let (start, end) = (to, to + layer.window)
            times = reached.potentials.enumerated().map { index, potential in
                var time = start + (layer.window - layer.bias[index % layer.bias.count] - potential)
                if neuron.early == .clamp { time = max(time, start) }
                if time < end, neuron.timeBits > 0 { time = ticked(time - start, layer.window, neuron) + start }
                return time < end ? time : .infinity
            }
            outcome.times.append(times)
            (from, to) = (start, end)
        }
        return outcome
    }

    /// A time on the ticks of a neuron's clock.
    private func ticked(_ time: Double, _ window: Double, _ neuron: TTFSModel) -> Double {
        let ticks = Double((1 << neuron.timeBits) - 1)
        let exact = time / window * ticks
        return (neuron.clock == .nearest ? exact.rounded(.toNearestOrEven) : exact.rounded(.up)) / ticks * window
    }

    /// The first spike of each window of a pool; of channels that send the latest the last, if all have spiked.
    private func pooled(_ times: [Double], _ pool: Pooling) -> [Double] {
        let (input, output) = (pool.inputShape, pool.outputShape)
        var isLatest = [Bool](repeating: false, count: input.channels)
        for channel in pool.latest { isLatest[channel] = true }
        var sent = (0..<output.count).map { isLatest[$0 % input.channels] ? -Double.infinity : .infinity }
        for y in 0..<output.height {
            for x in 0..<output.width {
                for row in pool.rows(y) {
                    for column in pool.columns(x) {
                        let pixel = row * input.width + column
                        for c in 0..<input.channels {
                            let place = (y * output.width + x) * output.channels + c
                            let time = times[pixel * input.channels + c]
                            sent[place] = isLatest[c] ? max(sent[place], time) : min(sent[place], time)
                        }
                    }
                }
            }
        }
        return sent
    }
}

/// The membranes of a layer while spikes arrive.
private struct Membranes {
    private let map: Convolution
    private let weight: [Double]
    private let bias: [Double]
    /// The neurons' window; nil where they have no threshold.
    private let window: Double?

    init(_ map: Convolution, _ weight: [Double], _ bias: [Double], threshold window: Double?) {
        self.map = map
        self.weight = weight
        self.bias = bias
        self.window = window
    }

    /// The potentials at `to`, and how many neurons were above threshold at some spike before.
    func integrate(_ times: [Double], from: Double, to: Double) -> (potentials: [Double], early: Int) {
        let output = map.outputShape
        var potential = [Double](repeating: 0, count: output.count)
        var slope = potential
        var moment = [Double](repeating: from, count: output.count)
        var isEarly = [Bool](repeating: false, count: output.count)
        let order = times.indices.filter { times[$0] < to }.sorted { (times[$0], $0) < (times[$1], $1) }
        func advance(_ neuron: Int, to time: Double) {
            potential[neuron] += slope[neuron] * (time - moment[neuron])
            moment[neuron] = time
            if let window, potential[neuron] >= window - bias[neuron % bias.count], time < to { isEarly[neuron] = true }
        }
        for event in order {
            forEachTarget(of: event) { neuron, weight in
                advance(neuron, to: times[event])
                slope[neuron] += weight
            }
        }
        for neuron in potential.indices { advance(neuron, to: to) }
        return (potential, isEarly.count { $0 })
    }

    /// Calls `body(neuron, weight)` for every neuron that input `event` reaches.
    private func forEachTarget(of event: Int, _ body: (_ neuron: Int, _ weight: Double) -> Void) {
        let (input, output) = (map.inputShape, map.outputShape)
        let (pixel, channel) = event.quotientAndRemainder(dividingBy: input.channels)
        let (row, column) = pixel.quotientAndRemainder(dividingBy: input.width)
        for k in 0..<map.kernelHeight {
            let (y, restY) = (row + map.padding - k).quotientAndRemainder(dividingBy: map.stride)
            guard restY == 0, y >= 0, y < output.height else { continue }
            for l in 0..<map.kernelWidth {
                let (x, restX) = (column + map.padding - l).quotientAndRemainder(dividingBy: map.stride)
                guard restX == 0, x >= 0, x < output.width else { continue }
                let weights = ((k * map.kernelWidth + l) * input.channels + channel) * output.channels
                let neurons = (y * output.width + x) * output.channels
                for c in 0..<output.channels { body(neurons + c, weight[weights + c]) }
            }
        }
    }
}

/// What the event-driven simulation gives of each sample.
struct SimulationResult: NetworkResult {
    enum Part: String {
        case scores = "event_scores"
        case times = "event_times"
        case premature = "premature_crossings"
    }

    let part: Part

    func reader(of network: Network) throws(SNNError) -> ResultReader {
        let simulator = try EventSimulator(network)
        let size = try size(network)
        // The engine only reads and codes the samples.
        return ResultReader(size: size) { [part] passage, rows in
            guard case .values(let input) = passage.input else { return }
            for row in 0..<passage.samples.count {
                let outcome = simulator.run(input.base + row * input.count, count: input.count)
                let numbers: [Double] =
                    switch part {
                    case .scores: outcome.scores
                    case .times: outcome.times.flatMap(\.self)
                    case .premature: outcome.premature.map(Double.init)
                    }
                for index in 0..<size { rows[row * size + index] = Float(numbers[index]) }
            }
        }
    }

    /// Numbers a sample.
    private func size(_ network: Network) throws(SNNError) -> Int {
        let windows = try Windows(network, for: part.rawValue)
        switch part {
        case .scores: return network.nodes[network.nodes.count - 1].outputShape.count
        case .times: return windows.spiking.reduce(0) { $0 + network.nodes[$1].outputShape.count }
        case .premature: return windows.spiking.count
        }
    }
}
