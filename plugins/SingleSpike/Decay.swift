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

    /// The decays of some neurons of a flat layer.
    func part(_ neurons: Range<Int>) -> Decay {
        var copy = self
        copy.stored = stored.map { part(neurons, of: $0) }
        return copy
    }

    /// The numbers that some neurons of a flat layer have in a tensor laid out as the decays: all where they share one.
    func part(_ neurons: Range<Int>, of tensor: Storage<Float>) -> Storage<Float> {
        tensor.count == 1 ? tensor : Storage(neurons, of: tensor)
    }

    /// The decays of sixteen neurons from `first` on, of a row of whole samples.
    func sixteen(from first: Int) -> SIMD16<Float> {
        guard let stored else { return SIMD16(repeating: start) }
        let place = first % stored.count
        var b = SIMD16<Float>()
        if place + 16 <= stored.count {
            b = UnsafePointer(stored.base + place).vector()
        } else {
            for lane in 0..<16 { b[lane] = stored.base[(place + lane) % stored.count] }
        }
        let zero = SIMD16<Float>(repeating: 0)
        let one = SIMD16<Float>(repeating: 1)
        let clamped = SIMD16.select(b.isAbove(zero), b, zero)
        return SIMD16.select(clamped.isAbove(one), one, clamped)
    }

    /// Adds dL/dbeta of the first `lanes` of sixteen neurons from `first` on to the gradient of the tensor.
    func add(_ slopes: SIMD16<Float>, from first: Int, lanes: Int, to gradient: Storage<Float>) {
        guard let stored else { return }
        let place = first % stored.count
        guard lanes == 16, place + 16 <= stored.count else {
            for lane in 0..<lanes {
                let place = (place + lane) % stored.count
                if stored.base[place] >= 0, stored.base[place] <= 1 { gradient.base[place] += slopes[lane] }
            }
            return
        }
        let b = UnsafePointer(stored.base + place).vector()
        let zero = SIMD16<Float>(repeating: 0)
        let one = SIMD16<Float>(repeating: 1)
        let open = SIMD16.select(b.isAtLeast(zero), SIMD16.select(one.isAtLeast(b), slopes, zero), zero)
        (gradient.base + place).store(UnsafePointer(gradient.base + place).vector() + open)
    }
}
