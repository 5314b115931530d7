import SNNKernel

/// The windows of a network of spike times, one after another: the input's, 1 long, then one a layer.
///
///     t_min of the first layer = 1,   t_max = t_min + D,   t_min of the next layer = t_max
struct Windows: Sendable {
    /// Nodes that spike, in order.
    let spiking: [Int]
    /// When the window of each of them ends; the last is when the output is read.
    let ends: [Double]

    /// Errors: ``SNNError/notSupported(_:)`` where another kind of neuron takes part, ``SNNError/state(_:)`` for a window
    /// that is not fitted.
    init(_ network: Network, for result: String) throws(SNNError) {
        var spiking: [Int] = []
        var ends: [Double] = []
        var end = 1.0
        for (index, node) in network.nodes.enumerated() {
            guard let neuron = node.neuron else { continue }
            if node.sends == .times, let window = network.buffer("window", of: node) {
                do throws(SNNError) { try neuron.checkReady() } catch {
                    throw error.prefixed(by: "layer '\(node.name)': ")
                }
                end += Double(window.base[0])
                spiking.append(index)
                ends.append(end)
            } else if !(neuron is MembraneModel && index == network.nodes.count - 1) {
                throw Self.refusal(result)
            }
        }
        guard !spiking.isEmpty, network.coding.sends == .times else { throw Self.refusal(result) }
        self.spiking = spiking
        self.ends = ends
    }

    /// When the window of the spiking node at `place` begins.
    func start(_ place: Int) -> Double { place == 0 ? 1 : ends[place - 1] }

    /// When the output is read.
    var readTime: Double { ends[ends.count - 1] }

    static func refusal(_ result: String) -> SNNError {
        .notSupported(
            "\(result) is given by networks of spike times: coding ttfs, neurons ttfs, and ttfs.membrane as the last layer"
        )
    }
}

/// When each hidden neuron spiked, layer after layer, in time since the input's window began; infinity where it did not.
struct SpikeTimesResult: NetworkResult {
    func reader(of network: Network) throws(SNNError) -> ResultReader {
        let windows = try Windows(network, for: "spike_times")
        let size = windows.spiking.reduce(0) { $0 + network.nodes[$1].outputShape.count }
        return ResultReader(size: size) { passage, rows in
            var first = 0
            for (place, node) in windows.spiking.enumerated() {
                guard case .values(let left) = passage.sent[node] else { continue }
                for row in 0..<passage.samples.count {
                    let to = rows + row * size + first
                    let from = UnsafePointer(left.base + row * left.count)
                    for neuron in 0..<left.count {
                        to[neuron] = from[neuron] == 0 ? .infinity : Float(windows.ends[place] - Double(from[neuron]))
                    }
                }
                first += left.count
            }
        }
    }
}

/// When the output is read: the length of all windows together.
struct LatencyResult: NetworkResult {
    func reader(of network: Network) throws(SNNError) -> ResultReader {
        let time = Float(try Windows(network, for: "latency").readTime)
        return ResultReader(size: 1) { passage, rows in rows.update(repeating: time, count: passage.samples.count) }
    }
}
