/// A stream through a network that sends codes of spikes: a new sample every K steps.
///
/// A layer sends the code of a sample, spike by spike, while it receives that of the next. What arrives over K steps is
/// complete when they end, so every layer that receives codes is a frame of K steps behind the layer that sends them:
///
///     frame(layer) = max over its inputs of frame(input) + 1 where the input comes spike by spike, else frame(input)
///
/// Where branches of different length meet, the shorter one waits. The numbers are those of one sample after another.
final class Pipeline {
    private let network: Network
    private let weights: [PreparedWeights?]
    private let context: BlockContext
    /// A node, the frame that its activity for the sample of frame 0 is sent in.
    private let frames: [Int]
    /// What was sent for the newest samples: the encoded input, then a node each; a sample's place is its number modulo
    /// the samples kept.
    private var history: [[Activity?]]
    /// Frames begun.
    private var begun = 0

    init(_ network: Network, weights: [PreparedWeights?], context: BlockContext) {
        self.network = network
        self.weights = weights
        self.context = context
        frames = Self.frames(of: network)
        history = Array(
            repeating: Array(repeating: nil, count: network.nodes.count + 1),
            count: (frames.max() ?? 0) + 1
        )
    }

    /// Frames between a sample and what each node sends for it.
    private static func frames(of network: Network) -> [Int] {
        var frames: [Int] = []
        // Whether activity comes spike by spike: codes, and what stages alone make of them.
        var isSerial: [Bool] = []
        for node in network.nodes {
            var frame = 0
            var receives = false
            for sender in node.inputs where sender >= 0 {
                receives = receives || isSerial[sender]
                frame = max(frame, frames[sender] + (isSerial[sender] && node.connection != nil ? 1 : 0))
            }
            frames.append(frame)
            isSerial.append(node.connection == nil ? receives : node.sends == .codes)
        }
        return frames
    }

    /// Frames between a sample and its scores.
    static func latency(of network: Network) -> Int { frames(of: network).last ?? 0 }

    /// Begins a frame with the sample that now enters.
    func begin(_ input: Activity) {
        history[begun % history.count][0] = input
        for (index, node) in network.nodes.enumerated() {
            let sample = begun - frames[index]
            guard sample >= 0 else { continue }
            let sent = history[sample % history.count]
            let parts = node.inputs.map { sent[$0 + 1] ?? input }
            var layer = LayerTrace()
            network.arrive(
                Activity.sum(parts, as: node.joins),
                at: index,
                weights: weights,
                context: context,
                in: &layer
            )
            if let current = layer.current, let neuron = node.neuron {
                layer.output = neuron.run(
                    current,
                    state: neuron.rest(count: current.row),
                    potentials: nil,
                    context.neurons(index)
                )
            }
            history[sample % history.count][index + 1] = layer.output
        }
        begun += 1
    }

    /// What the last node sent for the newest sample that has reached it; nil before there is one.
    var output: Activity? { activity(network.nodes.count - 1) }

    /// What a node (-1: the input) sends in this frame; nil as long as nothing has reached it.
    private func activity(_ node: Int) -> Activity? {
        let sample = begun - 1 - (node < 0 ? 0 : frames[node])
        return sample >= 0 ? history[sample % history.count][node + 1] : nil
    }

    /// What a node (-1: the input) sends in a step of this frame: spikes of that step, or values.
    func sent(_ node: Int, step: Int, batch: Int) -> Activity {
        let shape = node < 0 ? network.inputShape : network.nodes[node].outputShape
        guard let activity = activity(node) else {
            let isCode = node >= 0 && network.nodes[node].sends == .codes
            return isCode
                ? .raster(Self.spikes(nil, step: 0, batch: batch, count: shape.count))
                : .values(Values(steps: 1, batch: batch, count: shape.count, isConstant: true))
        }
        switch activity {
        case .values(let values):
            return .values(
                Values(
                    steps: 1,
                    batch: values.batch,
                    count: values.count,
                    isConstant: true,
                    storage: values.storage
                )
            )
        case .raster(let raster):
            return .raster(Self.spikes(raster, step: step, batch: batch, count: shape.count))
        }
    }

    private static func spikes(_ raster: Raster?, step: Int, batch: Int, count: Int) -> Raster {
        let words = Raster.emptyBits(steps: 1, batch: batch, count: count)
        raster?.forEachEvent(step: step, in: 0..<batch * count) { index, _ in
            words.base[index >> 6] |= 1 << UInt64(index & 63)
        }
        return Raster(
            steps: 1,
            batch: batch,
            count: count,
            scale: raster?.worth(step: step) ?? 1,
            form: .bits(words)
        )
    }
}
