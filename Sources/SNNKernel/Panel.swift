/// Neighbouring neurons of a wide flat layer, and their currents.
///
/// The currents of all neurons over a window outgrow the second-level cache; those of a panel do not. So a layer is
/// walked panel by panel: what a panel's currents are made of is read once, and its neurons find them in the cache.
public struct Panel: Sendable {
    /// Neurons of a panel: one word of spikes a sample and step.
    public static let width = 64

    /// Neurons of a sample; they start at a multiple of ``width``.
    public let neurons: Range<Int>
    /// `[T, B, neurons.count]`.
    public let current: Values
}

extension Panel {
    /// Bytes of a layer's currents from which panels are worth it: half of a second-level cache.
    private static let leastBytes = 1 << 19

    /// Whether so many rows of outputs are walked in panels.
    static func suit(rows: Int, outputs: Int) -> Bool {
        outputs > width && 4 * rows * outputs >= leastBytes
    }

    /// The panels of so many outputs.
    static func ranges(_ outputs: Int) -> [Range<Int>] {
        stride(from: 0, to: outputs, by: width).map { $0..<min($0 + width, outputs) }
    }
}

extension Node {
    /// Whether its neurons are walked panel by panel where binary spikes arrive in so many rows, as far as is known before
    /// they do.
    func takesPanels(rows: Int) -> Bool {
        guard sends == .raster, let connection, let neuron, connection.takesPanels(rows: rows) else { return false }
        return neuron.part(0..<1, own: []) != nil
    }

    /// What arrives at its connection.
    var arriving: ActivityKind { stages.reduce(joins) { $1.sends($0) } }

    /// Runs its neurons from rest, panel by panel; nil, with nothing done, where they had better run together.
    ///
    /// `keeps` says whether the currents are wanted afterwards.
    func runPanels(_ input: Activity, weights: PreparedWeights, keeps: Bool) -> (output: Raster, panels: [Panel])? {
        guard let connection, let neuron, takesPanels(rows: input.steps * input.batch) else { return nil }
        let outputs = connection.outputShape.count
        let words = Raster.emptyBits(steps: input.steps, batch: input.batch, count: outputs)
        let output = Raster(steps: input.steps, batch: input.batch, count: outputs, form: .bits(words))
        var panels: [Panel] = []
        let isDone = connection.forEachPanel(of: input, with: weights) { panel in
            let part = neuron.part(panel, own: []).model
            let sent = part.run(panel.current, state: part.rest(count: panel.current.row), potentials: nil)
            guard case .raster(let spikes) = sent else { preconditionFailure("a part that sends something else") }
            output.put(spikes, at: panel.neurons.lowerBound, words)
            if keeps { panels.append(panel) }
        }
        return isDone ? (output, panels) : nil
    }
}

extension NeuronModel {
    /// The model of a panel's neurons.
    fileprivate func part(_ panel: Panel, own: [Storage<Float>]) -> (model: any NeuronModel, own: [Storage<Float>]) {
        guard let part = part(panel.neurons, own: own) else {
            preconditionFailure("a layer in panels whose neurons run together")
        }
        return part
    }
}

extension Raster {
    /// Adds the spikes of some neurons of every sample to `words`, the bits of this raster.
    fileprivate func put(_ part: Raster, at first: Int, _ words: Storage<UInt64>) {
        guard case .bits(let from) = part.form else { preconditionFailure("spikes are bits") }
        let mask = BitField.mask(part.count)
        for t in 0..<steps {
            let to = words.base + t * wordsPerStep
            let step = UnsafePointer(from.base + t * part.wordsPerStep)
            for sample in 0..<batch {
                let bits = BitField.wide(step, sample * part.count) & mask
                guard bits != 0 else { continue }
                let place = sample * count + first
                to[place >> 6] |= bits << UInt64(place & 63)
                if place & 63 != 0, bits >> UInt64(64 - place & 63) != 0 {
                    to[place >> 6 + 1] |= bits >> UInt64(64 - place & 63)
                }
            }
        }
        withExtendedLifetime((from, words)) {}
    }
}

/// The current that an adjoint is taken at.
enum AdjointCurrent {
    /// Of all neurons.
    case whole(Values)
    /// Of a layer that ran in panels.
    case panels([Panel])

    var isConstant: Bool {
        switch self {
        case .whole(let current): current.isConstant
        case .panels: false
        }
    }

    /// ``NeuronModel/adjoint(of:current:own:)``.
    func adjoint(of gradient: Values, _ neuron: any NeuronModel, own: [Storage<Float>]) -> Values {
        let panels: [Panel]
        switch self {
        case .whole(let current): return neuron.adjoint(of: gradient, current: current, own: own)
        case .panels(let all): panels = all
        }
        let result = Values(overwriting: gradient.steps, batch: gradient.batch, count: gradient.count)
        for panel in panels {
            let part = neuron.part(panel, own: own)
            let found = part.model.adjoint(of: gradient.neurons(panel.neurons), current: panel.current, own: part.own)
            result.put(found, at: panel.neurons)
        }
        return result
    }

    /// ``NeuronModel/adjoint(of:current:to:own:)`` for strip after strip.
    func strips(of gradient: Values, _ neuron: any NeuronModel, own: [Storage<Float>]) -> (GradientStrip) -> Void {
        let panels: [Panel]
        switch self {
        case .whole(let current): return { neuron.adjoint(of: gradient, current: current, to: $0, own: own) }
        case .panels(let all): panels = all
        }
        // Two strips of a panel share what it takes.
        var last: (number: Int, gradient: Values, part: (model: any NeuronModel, own: [Storage<Float>]))?
        return { strip in
            let number = strip.neurons.lowerBound / Panel.width
            let panel = panels[number]
            let known = last.flatMap { $0.number == number ? $0 : nil }
            let (_, gradient, part) =
                known ?? (number, gradient.neurons(panel.neurons), neuron.part(panel, own: own))
            last = (number, gradient, part)
            let first = panel.neurons.lowerBound
            part.model.adjoint(
                of: gradient,
                current: panel.current,
                to: GradientStrip(
                    neurons: strip.neurons.lowerBound - first..<strip.neurons.upperBound - first,
                    low: strip.low,
                    high: strip.high,
                    rowLength: strip.rowLength
                ),
                own: part.own
            )
        }
    }
}

extension Values {
    /// Writes some neurons of every sample.
    fileprivate func put(_ part: Values, at neurons: Range<Int>) {
        for row in 0..<slices * batch {
            (base + row * count + neurons.lowerBound).update(from: part.base + row * part.count, count: part.count)
        }
    }
}
