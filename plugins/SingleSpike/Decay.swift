import SNNKernel

/// The decay of the membrane in a step, trained with the weights.
///
///     beta = clamp(b, 0, 1),   dL/db = dL/dbeta where 0 <= b <= 1, else 0
///
/// Tensor: `beta`, one number b a neuron, a channel or a layer; none where it is not trained. Without a clamp at 1 a
/// membrane would grow without bound.
/// Source: arXiv 2205.15286, whose neurons each have a decay of their own.
struct Decay: Sendable {
    /// How many neurons have a decay in common.
    enum Sharing: String, CaseIterable, Sendable {
        /// One decay a neuron.
        case neuron
        /// One a channel of an image, as its weights.
        case channel
        /// One for all.
        case layer
    }

    let start: Float
    let sharing: Sharing
    let isTrained: Bool
    private var stored: Storage<Float>?

    static let parameters: [ParameterDescription] = [
        .number(
            "beta",
            default: 0.9048374180359595,
            atLeast: 0,
            atMost: 1,
            "share of the potential kept in a step, at the start"
        ),
        .choice("beta_per", default: Sharing.neuron, "which neurons have a decay in common"),
        .boolean("train_beta", default: true, "whether training moves the decay"),
    ]

    init(_ p: ParameterSet) {
        start = Float(p.number("beta"))
        sharing = p.choice("beta_per")
        isTrained = p.flag("train_beta")
    }

    func tensors(of shape: Shape) -> [TensorDescription] {
        guard isTrained else { return [] }
        let extents =
            switch sharing {
            case .neuron: shape.isFlat ? [shape.count] : [shape.height, shape.width, shape.channels]
            case .channel: [shape.channels]
            case .layer: [1]
            }
        return [
            TensorDescription(
                name: "beta",
                shape: extents,
                fanIn: 1,
                fanOut: 1,
                initialiser: Initialiser(.zero),
                start: start
            )
        ]
    }

    func bound(to tensors: [Storage<Float>]) -> Decay {
        var copy = self
        copy.stored = tensors.first
        return copy
    }

    /// The decay of each of `count` neurons, that is of a whole number of samples.
    func row(_ count: Int) -> Storage<Float> {
        let row = Storage<Float>(overwriting: count)
        guard let stored else {
            row.base.update(repeating: start, count: count)
            return row
        }
        var place = 0
        for index in 0..<count {
            row.base[index] = min(1, max(0, stored.base[place]))
            place = place + 1 == stored.count ? 0 : place + 1
        }
        return row
    }

    /// Adds dL/dbeta of neurons `first` and on, `count` of them, to the gradient of the tensor.
    func add(_ slopes: UnsafePointer<Float>, first: Int, count: Int, to gradient: Storage<Float>) {
        guard let stored else { return }
        for index in 0..<count {
            let place = (first + index) % stored.count
            if stored.base[place] >= 0, stored.base[place] <= 1 { gradient.base[place] += slopes[index] }
        }
    }
}
