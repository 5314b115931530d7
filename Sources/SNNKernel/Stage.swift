/// What a stage, or a neuron model, may know beside its input.
public struct StageContext: Sendable {
    /// Whether this is training (dropout acts) or inference.
    public let isTraining: Bool
    /// The number of each sample of the block.
    public let samples: [UInt64]
    /// Step of the window that the first step of the input is.
    public let firstStep: Int
    /// The random stream of this stage, or of these neurons.
    public let random: RandomStream
    /// What a stage keeps from step to step of a session; nil in a whole window, which begins at rest.
    public let memory: (any StageMemory)?

    /// The context of one block of samples for one stage.
    public init(
        isTraining: Bool,
        samples: [UInt64],
        firstStep: Int,
        random: RandomStream,
        memory: (any StageMemory)? = nil
    ) {
        self.isTraining = isTraining
        self.samples = samples
        self.firstStep = firstStep
        self.random = random
        self.memory = memory
    }
}

/// What a stage of a session has to remember of the steps before.
public protocol StageMemory: AnyObject, Sendable {}

/// Activity to activity, before a connection: pooling, flatten, dropout.
///
/// A stage has no weights. A window begins at rest, and the backward pass gets the same input and context again; what is to be
/// remembered from step to step of a session lies in a ``StageMemory``.
public protocol Stage: Sendable {
    /// What arrives.
    var inputShape: Shape { get }
    /// What leaves.
    var outputShape: Shape { get }
    /// Whether it takes what arrives.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` that names what it does not take.
    func check(_ arriving: ActivityKind) throws(SNNError)
    /// What it sends, given what arrives.
    func sends(_ kind: ActivityKind) -> ActivityKind
    /// The largest count it can send, given the largest that arrives.
    func largestCount(_ arriving: Int) -> Int
    /// The share of what it sends that is not zero, where `arriving` of what arrives is not and lies anywhere: for
    /// ``MemoryPlan``.
    func activity(_ arriving: Double) -> Double
    /// Whether spikes that are worth 1 still are behind it.
    var keepsScale: Bool { get }
    /// Whether it hands on what arrives as it is, without memory of its own.
    func passesOn(isTraining: Bool) -> Bool
    /// Bytes of the buffers that it holds at once, beside what arrives and what it makes of it: for ``MemoryPlan``.
    func buffers(arriving: PlannedActivity, goesBack: Bool) -> [Int]
    /// What it remembers in a session of `batch` streams, at rest; nil where every step stands for itself.
    func rest(batch: Int) -> (any StageMemory)?
    /// The activity it sends.
    func forward(_ input: Activity, _ context: StageContext) -> Activity
    /// The gradient of its input, given that of its output, each laid out as its activity.
    func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values
}

extension Stage {
    /// Everything, unless a stage says otherwise.
    public func check(_ arriving: ActivityKind) throws(SNNError) {}
    /// The kind that arrives, unless a stage says otherwise.
    public func sends(_ kind: ActivityKind) -> ActivityKind { kind }
    /// The largest count that arrives, unless a stage says otherwise.
    public func largestCount(_ arriving: Int) -> Int { arriving }
    /// As much as arrives, unless a stage says otherwise.
    public func activity(_ arriving: Double) -> Double { arriving }
    /// False, unless a stage says otherwise.
    public var keepsScale: Bool { false }
    /// False, unless a stage says otherwise.
    public func passesOn(isTraining: Bool) -> Bool { false }
    /// None, unless a stage says otherwise.
    public func buffers(arriving: PlannedActivity, goesBack: Bool) -> [Int] { [] }
    /// Nothing, unless a stage says otherwise.
    public func rest(batch: Int) -> (any StageMemory)? { nil }
}

/// Makes a row of neurons of an image, in (height, width, channel) order.
public struct Flatten: Stage {
    /// The image that arrives.
    public let inputShape: Shape
    /// A row of as many neurons as the image has.
    public var outputShape: Shape { Shape(inputShape.count) }

    /// The row of neurons of an image `input`.
    public init(input: Shape) { inputShape = input }

    /// True.
    public var keepsScale: Bool { true }
    /// True: the order in memory is that of the row already.
    public func passesOn(isTraining: Bool) -> Bool { true }

    /// The input as it is: the order in memory is that of the row already.
    public func forward(_ input: Activity, _ context: StageContext) -> Activity { input }
    /// The gradient as it is.
    public func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values { gradient }
}

/// Silences a random share of what passes and scales the rest, so that the mean stays.
///
///     y = x m / (1 - p),  m = 0 with probability p, else 1;  y = x in inference
///
/// One mask a step draws afresh at every step of the window. One mask a window keeps a neuron silent for all of it:
/// what networks of few steps need, as fresh masks average out over time.
/// Source: Srivastava et al., JMLR 2014; one mask a window: Rathi et al., ICLR 2020.
public struct Dropout: Stage {
    /// How long a mask lasts.
    public enum Mask: String, CaseIterable, Sendable { case step, window }

    /// What arrives.
    public let inputShape: Shape
    /// As what arrives.
    public var outputShape: Shape { inputShape }
    /// Probability of silence.
    public let probability: Float
    /// Whether a mask lasts a step or the window.
    public let mask: Mask

    /// Dropout of probability p = `probability`, which must be >= 0 and < 1.
    public init(input: Shape, probability: Double, mask: Mask) {
        inputShape = input
        self.probability = Float(probability)
        self.mask = mask
    }

    /// One mask a step makes constant values change from step to step; else the kind stays.
    public func sends(_ kind: ActivityKind) -> ActivityKind {
        kind == .codes || mask == .step && kind.isConstant ? .values : kind
    }

    /// Codes of spikes lose their meaning where some of their spikes are silenced.
    public func check(_ arriving: ActivityKind) throws(SNNError) {
        guard arriving != .codes else { throw .notSupported("dropout takes no codes of spikes") }
    }

    /// True in inference.
    public func passesOn(isTraining: Bool) -> Bool { !isTraining || probability == 0 }

    /// The equation above: in training spikes are thinned and their scale grows by 1 / (1 - p).
    public func forward(_ input: Activity, _ context: StageContext) -> Activity {
        guard context.isTraining, probability > 0 else { return input }
        let keep = 1 / (1 - probability)
        switch input {
        case .values(let values):
            let perStep = !values.isConstant || mask == .step
            let result = Values(
                steps: values.steps,
                batch: values.batch,
                count: values.count,
                isConstant: !perStep
            )
            forEachMask(steps: result.slices, batch: values.batch, context) { t, sample, mask in
                let from = values.step(t) + sample * values.count
                let to = result.step(t) + sample * values.count
                for index in 0..<values.count { to[index] = mask[index] < probability ? 0 : from[index] * keep }
            }
            return .values(result)
        case .raster(let raster):
            return .raster(thinned(raster, keep, context))
        }
    }

    private func thinned(_ raster: Raster, _ keep: Float, _ context: StageContext) -> Raster {
        let form: Raster.Form
        switch raster.form {
        case .bits(let words):
            let kept = words.copy()
            forEachMask(steps: raster.steps, batch: raster.batch, context) { t, sample, mask in
                let first = sample * raster.count
                raster.forEachEvent(step: t, in: first..<first + raster.count) { index, _ in
                    guard mask[index - first] < probability else { return }
                    kept.base[t * raster.wordsPerStep + (index >> 6)] &= ~(1 << UInt64(index & 63))
                }
            }
            form = .bits(kept)
        case .counts(let counts):
            let kept = counts.copy()
            forEachMask(steps: raster.steps, batch: raster.batch, context) { t, sample, mask in
                let row = kept.base + t * raster.row + sample * raster.count
                for index in 0..<raster.count where mask[index] < probability { row[index] = 0 }
            }
            form = .counts(kept)
        }
        return Raster(
            steps: raster.steps,
            batch: raster.batch,
            count: raster.count,
            scale: raster.scale * keep,
            form: form
        )
    }

    /// The gradient times m / (1 - p), by the masks of the forward pass, which are drawn again.
    public func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values {
        guard context.isTraining, probability > 0 else { return gradient }
        let keep = 1 / (1 - probability)
        // A constant input that met one mask a step collects the gradients of all steps.
        let result = Values(
            steps: input.steps,
            batch: input.batch,
            count: input.count,
            isConstant: input.isConstant
        )
        let steps = mask == .window && input.isConstant ? 1 : input.steps
        forEachMask(steps: steps, batch: input.batch, context) { t, sample, mask in
            let from = gradient.step(t) + sample * input.count
            let to = result.step(t) + sample * input.count
            for index in 0..<input.count where mask[index] >= probability { to[index] += from[index] * keep }
        }
        return result
    }

    /// Calls `body` with the uniform numbers that decide over every neuron of each step and sample.
    private func forEachMask(
        steps: Int,
        batch: Int,
        _ context: StageContext,
        _ body: (_ step: Int, _ sample: Int, _ mask: UnsafePointer<Float>) -> Void
    ) {
        let uniform = Storage<Float>(inputShape.count)
        for sample in 0..<batch {
            for t in 0..<steps {
                if mask == .step || t == 0 {
                    let step = mask == .step ? UInt32(truncatingIfNeeded: context.firstStep + t) : 0
                    context.random.fillUniform(uniform.elements, step: step, sample: context.samples[sample])
                }
                body(t, sample, uniform.base)
            }
        }
    }
}
