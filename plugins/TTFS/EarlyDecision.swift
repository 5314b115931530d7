import SNNKernel

/// The class that wins, and the first moment at which no later spike can change it.
///
/// The last hidden layer spikes in order of its activations, the largest first. When its window has r left, a neuron j that
/// has not spiked yet can still send any x_j in 0...r, so with the sums S of the spikes so far (and the bias) class c is
/// certain once for every other class k
///
///     S_c - S_k > r sum over silent j of max(0, W_kj - W_cj)
///
/// The right side falls with time and with every spike. The certificate holds for whatever the silent neurons do, so the
/// class is that of the whole window.
struct EarlyDecision {
    /// The class that is certain.
    let winner: Int
    /// What is left of the window then.
    let left: Double
}

/// The output layer's weights, ready for decisions.
struct DecisionTable {
    private let classes: Int
    private let inputs: Int
    /// `[inputs, classes]`.
    private let weights: [Double]
    private let bias: [Double]
    /// sum over all inputs of max(0, W_kj - W_cj), `[c, k]`.
    private let room: [Double]
    /// What rounding of the engine's float32 sums may hide, a unit of a sum of magnitudes.
    private static let rounding = 1e-5

    init(weights: [Double], bias: [Double], inputs: Int) {
        self.weights = weights
        self.bias = bias
        self.inputs = inputs
        classes = bias.count
        var room = [Double](repeating: 0, count: classes * classes)
        for j in 0..<inputs {
            for c in 0..<classes {
                for k in 0..<classes {
                    room[c * classes + k] += max(0, weights[j * classes + k] - weights[j * classes + c])
                }
            }
        }
        self.room = room
    }

    /// The decision for one sample: `activations` holds the time left after the spike of each input, 0 for none; `window`
    /// is the length of their window, `scores` what the network makes of them.
    func decide(
        _ activations: UnsafePointer<Float>,
        window: Double,
        scores: UnsafePointer<Float>
    ) -> EarlyDecision {
        let spikes = (0..<inputs).filter { activations[$0] > 0 }.sorted {
            (activations[$1], $0) < (activations[$0], $1)
        }
        var room = self.room
        var sums = bias
        var magnitude = bias.reduce(0) { max($0, abs($1)) }
        var left = window
        for place in 0...spikes.count {
            let next = place < spikes.count ? Double(activations[spikes[place]]) : 0
            // Until the next spike sums stay, and what may come falls with the time left.
            if let found = certain(sums, room, from: left, slack: Self.rounding * magnitude), found.left > next {
                return found
            }
            guard place < spikes.count else { break }
            let j = spikes[place]
            left = min(left, next)
            var largest = 0.0
            for c in 0..<classes {
                let weight = weights[j * classes + c]
                sums[c] += weight * next
                largest = max(largest, abs(weight) * next)
                for k in 0..<classes { room[c * classes + k] -= max(0, weights[j * classes + k] - weight) }
            }
            magnitude += largest
        }
        return EarlyDecision(winner: winner(scores), left: 0)
    }

    /// The class that becomes certain with these sums, at the earliest when `left` is left of the window.
    private func certain(_ sums: [Double], _ room: [Double], from left: Double, slack: Double) -> EarlyDecision? {
        var c = 0
        for k in 1..<max(1, classes) where sums[k] > sums[c] { c = k }
        var moment = left
        for k in 0..<classes where k != c {
            let margin = sums[c] - sums[k] - slack
            guard margin > 0 else { return nil }
            let growth = max(0, room[c * classes + k])
            if growth * moment >= margin { moment = margin / growth * (1 - 1e-9) }
        }
        return EarlyDecision(winner: c, left: moment)
    }

    private func winner(_ scores: UnsafePointer<Float>) -> Int {
        var best = 0
        for k in 1..<max(1, classes) where scores[k] > scores[best] { best = k }
        return best
    }
}

/// What an early decision gives: its time, or its class.
struct EarlyDecisionResult: NetworkResult {
    enum Part: String {
        case time = "decision_time"
        case winner = "decision_class"
    }

    let part: Part

    private func table(_ network: Network) throws(SNNError) -> DecisionTable {
        _ = try Windows(network, for: part.rawValue)
        let node = network.nodes[network.nodes.count - 1]
        guard node.neuron is MembraneModel, let connection = node.connection as? Convolution,
            connection.inputShape.isFlat, network.scoreCount == connection.outputShape.count
        else { throw Windows.refusal(part.rawValue) }
        let tensors = network.actingTensors(of: node)
        let bias = tensors.count > 1 ? tensors[1].elements.map(Double.init) : []
        return DecisionTable(
            weights: tensors[0].elements.map(Double.init),
            bias: bias.isEmpty ? [Double](repeating: 0, count: network.scoreCount) : bias,
            inputs: connection.inputShape.count
        )
    }

    func reader(of network: Network) throws(SNNError) -> ResultReader {
        let windows = try Windows(network, for: part.rawValue)
        let table = try table(network)
        let length = windows.readTime - windows.start(windows.ends.count - 1)
        let last = network.nodes.count - 1
        return ResultReader(size: 1) { [part] passage, rows in
            guard case .values(let arriving) = passage.arriving[last], case .values(let scores) = passage.sent[last]
            else { return }
            for row in 0..<passage.samples.count {
                let decision = table.decide(
                    arriving.base + row * arriving.count,
                    window: length,
                    scores: scores.base + row * scores.count
                )
                rows[row] = part == .time ? Float(windows.readTime - decision.left) : Float(decision.winner)
            }
        }
    }
}
