import SNNKernel

/// A lane of one neuron with what the reference needs beside the neuron's equations.
public protocol ReferenceLane: Lane where Mask == Bool {
    /// The natural logarithm.
    var logarithm: Self { get }
    /// The number itself, without a derivative.
    var primal: Double { get }
}

extension Float: ReferenceLane {
    /// The natural logarithm.
    public var logarithm: Float { Float(Double(self).logarithm) }
    /// The number itself.
    public var primal: Double { Double(self) }
}

extension Double: ReferenceLane {
    /// The number itself.
    public var primal: Double { self }
}

extension Dual: ReferenceLane {
    /// The natural logarithm.
    public var logarithm: Dual { Dual(value: value.logarithm, tangent: tangent / value) }
    /// The number without its derivative.
    public var primal: Double { value }
}

/// Activity as the reference holds it: a number for every step, sample and neuron, constant and silent ones too.
public struct Signal<V: ReferenceLane> {
    /// Steps of the window.
    public let steps: Int
    /// Samples.
    public let batch: Int
    /// Neurons of one sample.
    public let count: Int
    /// `[steps, batch, count]`: the counts of a raster, the values of anything else.
    public var numbers: [V]
    /// What a count of 1 is worth; 1 for values.
    public var scale: V
    /// Whether these are counts of spikes.
    public let isRaster: Bool

    /// A signal of numbers `[steps, batch, count]`.
    public init(steps: Int, batch: Int, count: Int, numbers: [V], scale: V = V.one, isRaster: Bool) {
        self.steps = steps
        self.batch = batch
        self.count = count
        self.numbers = numbers
        self.scale = scale
        self.isRaster = isRaster
    }

    /// The same activity, spelled out.
    public init(_ activity: Activity) {
        let row = activity.batch * activity.count
        var numbers: [V] = []
        var scale = V.one
        var isRaster = false
        for t in 0..<activity.steps {
            for index in 0..<row {
                switch activity {
                case .values: numbers.append(V(Double(activity.value(step: t, index: index))))
                case .raster(let raster): numbers.append(V(Double(raster.event(step: t, index: index))))
                }
            }
        }
        if case .raster(let raster) = activity {
            scale = V(Double(raster.scale))
            isRaster = true
        }
        self.init(
            steps: activity.steps,
            batch: activity.batch,
            count: activity.count,
            numbers: numbers,
            scale: scale,
            isRaster: isRaster
        )
    }

    /// The numbers with their scale.
    var values: [V] { isRaster ? numbers.map { $0 * scale } : numbers }

    /// Where a number lies.
    func place(_ t: Int, _ sample: Int) -> Int { (t * batch + sample) * count }

    /// What neuron `index` of a sample sends at a step, scale included.
    func value(_ t: Int, _ sample: Int, _ index: Int) -> V {
        isRaster ? numbers[place(t, sample) + index] * scale : numbers[place(t, sample) + index]
    }
}

/// Which samples a reference pass runs, and what for.
public struct ReferenceContext: Sendable {
    /// Whether dropout acts.
    public let isTraining: Bool
    /// Drives dropout and random codings.
    public let seed: UInt64
    /// The number of each sample in the random streams.
    public let samples: [UInt64]

    /// A pass over these samples.
    public init(isTraining: Bool, seed: UInt64, samples: [UInt64]) {
        self.isTraining = isTraining
        self.seed = seed
        self.samples = samples
    }
}

extension Network {
    /// The encoded input of rows `[samples, inputCount]` given channels first.
    public func encoded(_ rows: [Float], _ context: ReferenceContext) -> Activity {
        let shape = inputShape
        let frames = coding.takesFrames ? steps : 1
        let batch = context.samples.count
        let values = Values(steps: steps, batch: batch, count: shape.count, isConstant: !coding.takesFrames)
        for sample in 0..<batch {
            for frame in 0..<frames {
                for channel in 0..<shape.channels {
                    for pixel in 0..<shape.pixels {
                        let from = ((sample * frames + frame) * shape.channels + channel) * shape.pixels + pixel
                        values.step(frame)[sample * shape.count + pixel * shape.channels + channel] = rows[from]
                    }
                }
            }
        }
        return coding.encode(
            values,
            steps: 0..<steps,
            window: steps,
            samples: context.samples,
            random: RandomStream(seed: context.seed, purpose: .coding)
        )
    }
}
