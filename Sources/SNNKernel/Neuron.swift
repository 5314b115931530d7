/// What a model asks of the connection before it.
public enum CurrentDemand: Sendable {
    /// A current at every step of the window.
    case perStep
    /// One current for the whole window.
    case total
    /// One current for the whole window, of spike times.
    case times
}

/// A neuron model maps current to activity and back through its own derivative; it does not know weights.
///
/// The conventions the field disagrees on, each a named parameter where a model offers a choice:
///
/// | question                       | default here                                        |
/// |--------------------------------|-----------------------------------------------------|
/// | potential at threshold         | fires (`u >= v_threshold`)                          |
/// | order in a step                | charge, fire, reset                                 |
/// | when the reset acts            | in the same step                                    |
/// | delay between layers           | none: a spike arrives in the step it was sent       |
/// | units                          | ms for time, potentials without dimension           |
///
/// Layout: currents are ``Values`` `[T, B, N]`, or `[B, N]` where the input is constant. The gradient of an activity is
/// laid out as the activity: one number where it is constant over the window, else one a step, or, marked constant, one
/// number that holds at every step.
public protocol NeuronModel: Sendable {
    /// What it asks of the connection.
    var demand: CurrentDemand { get }
    /// What it sends.
    var sends: ActivityKind { get }
    /// Whether a spike of it is worth 1 at every step.
    var sendsUnitSpikes: Bool { get }

    /// How the weights before it act, where that is not as they are stored.
    var weightMap: (any WeightMap)? { get }
    /// Numbers that it keeps with the network.
    var buffers: [BufferDescription] { get }
    /// Trainable numbers of its own, beside the weights, for a layer of this shape.
    func tensors(of shape: Shape) -> [TensorDescription]
    /// The same model for a layer of this shape, over the memory of its ``buffers`` and its ``tensors(of:)``, in their
    /// order.
    func bound(to buffers: [Storage<Float>], tensors: [Storage<Float>], shape: Shape) -> any NeuronModel
    /// Whether its buffers let it run.
    ///
    /// Errors: ``SNNError/state(_:)`` that says what to do first.
    func checkReady() throws(SNNError)
    /// Whether it runs in windows of so many steps.
    ///
    /// Errors: ``SNNError/parameter(_:)`` that states the law.
    func check(steps: Int) throws(SNNError)
    /// Whether it has a derivative.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` that says what is missing.
    func checkTrainable() throws(SNNError)
    /// What went wrong in a run or an adjoint since the last question, where something can: both go on with zeros, and
    /// whoever called them asks here. Any thread.
    func takeFailure() -> SNNError?

    /// The state of `count` neurons at rest.
    func rest(count: Int) -> any NeuronState
    /// Runs all steps of `current` from `state`, which moves on with it: a whole window, or one step of a stream.
    ///
    /// The membrane potential of every step is written to `potentials`, `[T, B, N]`, where it is given.
    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity
    /// ``run(_:state:potentials:)`` for a model that draws random numbers, or does something else in training.
    func run(_ current: Values, state: any NeuronState, potentials: Values?, _ context: StageContext) -> Activity
    /// The gradient of `current`, laid out as `current`, for a window that started at rest.
    func adjoint(of gradient: Values, current: Values) -> Values
    /// The part of ``adjoint(of:current:)`` that belongs to the neurons of a strip, for a current that is not constant.
    func adjoint(of gradient: Values, current: Values, to strip: GradientStrip)
    /// ``adjoint(of:current:)`` that adds the gradients of its own tensors to `own`, one a tensor.
    func adjoint(of gradient: Values, current: Values, own: [Storage<Float>]) -> Values
    /// ``adjoint(of:current:to:)`` that adds the gradients of its own tensors, as far as these neurons have part in them.
    func adjoint(of gradient: Values, current: Values, to strip: GradientStrip, own: [Storage<Float>])
    /// The model of some neighbouring neurons of a flat layer, which has the same parameters and the part of its tensors
    /// that these neurons have; `own` is cut likewise.
    ///
    /// Nil where the neurons of a layer had better run together, as where they draw random numbers by their place in it.
    /// Otherwise a run and an adjoint of the part, from rest, give the bits of the whole.
    func part(_ neurons: Range<Int>, own: [Storage<Float>]) -> (model: any NeuronModel, own: [Storage<Float>])?
    /// The equations over another number type, for the reference path; nil where the model is not clock-driven.
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)?
}

/// Some neighbouring neurons of every sample, and where the gradients of their currents go.
///
/// A layer whose errors only its own weights want takes them strip by strip, while they are in the cache.
public struct GradientStrip {
    /// Most neurons of a strip.
    public static let width = 32

    /// Neurons of a sample, at most ``width``.
    public let neurons: Range<Int>
    /// Where those of the first sixteen go, `[T, B, sixteen of a row]`; what is written beyond the last neuron does not
    /// matter.
    public let low: UnsafeMutablePointer<Float>
    /// Where those of the others go.
    public let high: UnsafeMutablePointer<Float>
    /// The distance in memory from a sample at a step to the next.
    public let rowLength: Int

    /// Neurons `neurons` of every sample; `low` and `high` have room for sixteen numbers in each of `T x B` rows.
    public init(
        neurons: Range<Int>,
        low: UnsafeMutablePointer<Float>,
        high: UnsafeMutablePointer<Float>,
        rowLength: Int
    ) {
        self.neurons = neurons
        self.low = low
        self.high = high
        self.rowLength = rowLength
    }
}

extension NeuronModel {
    /// True.
    public var sendsUnitSpikes: Bool { true }
    /// None: weights act as they are stored.
    public var weightMap: (any WeightMap)? { nil }
    /// None.
    public var buffers: [BufferDescription] { [] }
    /// Nothing: it carries nothing from step to step.
    public func rest(count: Int) -> any NeuronState { Stateless() }
    /// None.
    public func tensors(of shape: Shape) -> [TensorDescription] { [] }
    /// Itself: it has neither buffers nor tensors.
    public func bound(to buffers: [Storage<Float>], tensors: [Storage<Float>], shape: Shape) -> any NeuronModel { self }
    /// The gradient of the current alone: it has no tensors.
    public func adjoint(of gradient: Values, current: Values, own: [Storage<Float>]) -> Values {
        adjoint(of: gradient, current: current)
    }
    /// The gradient of the current alone: it has no tensors.
    public func adjoint(of gradient: Values, current: Values, to strip: GradientStrip, own: [Storage<Float>]) {
        adjoint(of: gradient, current: current, to: strip)
    }
    /// Nil.
    public func part(
        _ neurons: Range<Int>,
        own: [Storage<Float>]
    ) -> (model: any NeuronModel, own: [Storage<Float>])? { nil }
    /// Always.
    public func checkReady() throws(SNNError) {}
    /// In any.
    public func check(steps: Int) throws(SNNError) {}
    /// It has.
    public func checkTrainable() throws(SNNError) {}
    /// Nothing can.
    public func takeFailure() -> SNNError? { nil }
    /// The same for every sample.
    public func run(
        _ current: Values,
        state: any NeuronState,
        potentials: Values?,
        _ context: StageContext
    ) -> Activity { run(current, state: state, potentials: potentials) }

    /// Copies the neurons of the strip out, and their gradients back.
    public func adjoint(of gradient: Values, current: Values, to strip: GradientStrip) {
        let result = adjoint(of: gradient.neurons(strip.neurons), current: current.neurons(strip.neurons))
        for row in 0..<result.steps * result.batch {
            let from = result.base + row * result.count
            for neuron in 0..<result.count {
                let half = neuron < 16 ? strip.low : strip.high
                half[row * strip.rowLength + neuron & 15] = from[neuron]
            }
        }
    }
}

/// State that a model carries from step to step.
///
/// Opaque to everybody but its model.
public protocol NeuronState: AnyObject {
    /// Bytes held.
    var byteCount: Int { get }
}

/// The state of a model that carries nothing from step to step.
private final class Stateless: NeuronState {
    var byteCount: Int { 0 }
}

/// The equations of a neuron in discrete time, written once over any ``Lane``.
///
/// `step` is the dynamics and `stepAdjoint` its derivative, side by side. The kernel owns the loop over time and
/// neurons (see ``ClockDrivenNeuron``).
public protocol StepEquations<Value>: Sendable {
    associatedtype Value: Lane
    /// Numbers carried from step to step. Plain lanes only.
    associatedtype State: BitwiseCopyable & Sendable

    /// State before the first step.
    var rest: State { get }
    /// One step: takes the current and the state, moves the state on, says what is sent and the potential after charge
    /// and before reset.
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value)
    /// The derivative of `step` at (`current`, `before`), transposed.
    ///
    /// - Parameters:
    ///   - current: what `step` took.
    ///   - before: the state that `step` started from.
    ///   - sent: dL/d(sent) of this step.
    ///   - state: dL/d(state after the step) on entry, dL/d(state before it) on return.
    /// - Returns: dL/d(current) of this step.
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value
    /// A state whose every number is zero, as a gradient starts.
    var zeroState: State { get }
}

/// A neuron given by equations per step.
///
/// The author writes ``StepEquations``; this extension owns the time loop and the unrolled backward pass.
///
/// State lives in registers over all steps of a block of sixteen neurons. The backward pass stores no membrane: it runs
/// the block again from its currents and keeps the states of one block only.
public protocol ClockDrivenNeuron: NeuronModel {
    associatedtype Equations: StepEquations where Equations.Value == SIMD16<Float>
    /// The equations over sixteen neurons. A concrete type, so that the loops below specialise in the plugin.
    var equations: Equations { get }
}

/// The states of a row of neurons, sixteen to an element.
@usableFromInline
final class LaneStates<State: BitwiseCopyable & Sendable>: NeuronState {
    @usableFromInline let states: UnsafeMutableBufferPointer<State>

    @usableFromInline
    init(count: Int, rest: State) {
        states = .allocate(capacity: (count + 15) / 16)
        states.initialize(repeating: rest)
    }

    deinit { states.deallocate() }

    @usableFromInline var byteCount: Int { states.count * MemoryLayout<State>.stride }
}

extension ClockDrivenNeuron {
    /// A current at every step: the equations take one.
    @inlinable public var demand: CurrentDemand { .perStep }

    /// Itself: all neurons have the same equations.
    @inlinable
    public func part(
        _ neurons: Range<Int>,
        own: [Storage<Float>]
    ) -> (model: any NeuronModel, own: [Storage<Float>])? { (self, own) }

    /// The rest of the equations in `count` neurons.
    @inlinable
    public func rest(count: Int) -> any NeuronState { LaneStates(count: count, rest: equations.rest) }

    /// Steps each block of sixteen neurons through all of `current`; `state` must come from ``rest(count:)``.
    @inlinable
    public func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        guard let state = state as? LaneStates<Equations.State> else {
            preconditionFailure("a state of another model")
        }
        return sends == .raster
            ? .raster(runSpikes(current, state, potentials)) : .values(runValues(current, state, potentials))
    }

    @inlinable
    func runSpikes(_ current: Values, _ state: LaneStates<Equations.State>, _ potentials: Values?) -> Raster {
        let words = Raster.emptyBits(steps: current.steps, batch: current.batch, count: current.count)
        // Whole words of 64 neurons first: four independent blocks hide the latency of one another's chain of steps.
        let wholeWords = potentials == nil ? current.row / 64 : 0
        runWords(0..<wholeWords, current, state, words)
        runBlocks(wholeWords * 4..<(current.row + 15) / 16, current, state, potentials, words)
        return Raster(
            steps: current.steps,
            batch: current.batch,
            count: current.count,
            form: .bits(words)
        )
    }

    /// Runs four blocks of sixteen neurons side by side: one word of bits a step.
    @inlinable
    func runWords(
        _ range: Range<Int>,
        _ current: Values,
        _ state: LaneStates<Equations.State>,
        _ words: Storage<UInt64>
    ) {
        let equations = self.equations
        let wordsPerStep = (current.row + 63) / 64
        let stride = current.stepStride
        let steps = current.steps
        for word in range {
            var (a, b) = (state.states[word * 4], state.states[word * 4 + 1])
            var (c, d) = (state.states[word * 4 + 2], state.states[word * 4 + 3])
            var input = UnsafePointer(current.base + word * 64)
            var bits = words.base + word
            for _ in 0..<steps {
                let low =
                    UInt64(equations.step(input.vector(), &a).sent.spikeBits)
                    | UInt64(equations.step((input + 16).vector(), &b).sent.spikeBits) << 16
                let high =
                    UInt64(equations.step((input + 32).vector(), &c).sent.spikeBits)
                    | UInt64(equations.step((input + 48).vector(), &d).sent.spikeBits) << 16
                bits.pointee = low | high << 32
                input += stride
                bits += wordsPerStep
            }
            (state.states[word * 4], state.states[word * 4 + 1]) = (a, b)
            (state.states[word * 4 + 2], state.states[word * 4 + 3]) = (c, d)
        }
    }

    /// Runs blocks of sixteen neurons one after another.
    @inlinable
    func runBlocks(
        _ range: Range<Int>,
        _ current: Values,
        _ state: LaneStates<Equations.State>,
        _ potentials: Values?,
        _ words: Storage<UInt64>
    ) {
        let equations = self.equations
        let row = current.row
        // Sixteen neurons are two bytes of a step's bits.
        let bytesPerStep = (row + 63) / 64 * 8
        let bits = UnsafeMutableRawPointer(words.base)
        for block in range {
            let lanes = min(16, row - block * 16)
            let valid = UInt16(truncatingIfNeeded: (1 << lanes) - 1)
            var registers = state.states[block]
            for t in 0..<current.steps {
                let result = equations.step((current.step(t) + block * 16).vector(), &registers)
                let fired = (result.sent.spikeBits & valid).littleEndian
                bits.storeBytes(of: fired, toByteOffset: t * bytesPerStep + block * 2, as: UInt16.self)
                if let potentials { (potentials.step(t) + block * 16).store(result.potential, lanes: lanes) }
            }
            state.states[block] = registers
        }
    }

    @inlinable
    func runValues(_ current: Values, _ state: LaneStates<Equations.State>, _ potentials: Values?) -> Values {
        let equations = self.equations
        let row = current.row
        let sent = Values(overwriting: current.steps, batch: current.batch, count: current.count)
        for block in 0..<(row + 15) / 16 {
            let lanes = min(16, row - block * 16)
            var registers = state.states[block]
            for t in 0..<current.steps {
                let result = equations.step((current.step(t) + block * 16).vector(), &registers)
                (sent.step(t) + block * 16).store(result.sent, lanes: lanes)
                if let potentials { (potentials.step(t) + block * 16).store(result.potential, lanes: lanes) }
            }
            state.states[block] = registers
        }
        return sent
    }

    /// Runs each block again from rest, keeping its states, and walks ``StepEquations`` back over them.
    ///
    /// Where the current is constant its gradient is the sum over the steps.
    @inlinable
    public func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(
            overwriting: current.steps,
            batch: current.batch,
            count: current.count,
            isConstant: current.isConstant
        )
        let states = Storage<UInt8>(overwriting: 2 * current.steps * MemoryLayout<Equations.State>.stride)
        let before = UnsafeMutableRawPointer(states.base).bindMemory(
            to: Equations.State.self,
            capacity: 2 * current.steps
        )
        let blocks = (current.row + 15) / 16
        // Two blocks at once hide the latency of one another's chain of steps.
        let pairs = current.row / 32
        for pair in 0..<pairs {
            let output = result.base + pair * 32
            adjointPair(pair * 32, of: gradient, current, before, to: output, output + 16, stride: result.stepStride)
        }
        for block in pairs * 2..<blocks {
            adjointBlock(
                block * 16,
                of: gradient,
                current,
                before,
                to: result.base + block * 16,
                stride: result.stepStride,
                lanes: min(16, current.row - block * 16)
            )
        }
        return withExtendedLifetime(states) { result }
    }

    /// ``adjoint(of:current:)`` for the neurons of a strip, sample by sample.
    @inlinable
    public func adjoint(of gradient: Values, current: Values, to strip: GradientStrip) {
        let states = Storage<UInt8>(overwriting: 2 * current.steps * MemoryLayout<Equations.State>.stride)
        let before = UnsafeMutableRawPointer(states.base).bindMemory(
            to: Equations.State.self,
            capacity: 2 * current.steps
        )
        let stride = current.batch * strip.rowLength
        for sample in 0..<current.batch {
            let first = sample * current.count + strip.neurons.lowerBound
            let (low, high) = (strip.low + sample * strip.rowLength, strip.high + sample * strip.rowLength)
            if strip.neurons.count > 16 {
                adjointPair(first, of: gradient, current, before, to: low, high, stride: stride)
            } else {
                adjointBlock(first, of: gradient, current, before, to: low, stride: stride, lanes: 16)
            }
        }
        withExtendedLifetime(states) {}
    }

    /// Walks back over neurons `first` to `first + 31`; each half has a place of its own.
    @inlinable
    func adjointPair(
        _ first: Int,
        of gradient: Values,
        _ current: Values,
        _ before: UnsafeMutablePointer<Equations.State>,
        to low: UnsafeMutablePointer<Float>,
        _ high: UnsafeMutablePointer<Float>,
        stride outputStride: Int
    ) {
        let equations = self.equations
        let steps = current.steps
        let stride = current.stepStride
        var input = UnsafePointer(current.base + first)
        var (a, b) = (equations.rest, equations.rest)
        var kept = before
        for _ in 0..<steps {
            kept.initialize(to: a)
            (kept + 1).initialize(to: b)
            _ = equations.step(input.vector(), &a)
            _ = equations.step((input + 16).vector(), &b)
            kept += 2
            input += stride
        }
        (a, b) = (equations.zeroState, equations.zeroState)
        var totalA = SIMD16<Float>(repeating: 0)
        var totalB = totalA
        var sent = UnsafePointer(gradient.base + first + steps * gradient.stepStride)
        var (low, high) = (low + steps * outputStride, high + steps * outputStride)
        for _ in 0..<steps {
            kept -= 2
            input -= stride
            sent -= gradient.stepStride
            low -= outputStride
            high -= outputStride
            let ofA = equations.stepAdjoint(input.vector(), before: kept[0], sent: sent.vector(), state: &a)
            let ofB = equations.stepAdjoint(
                (input + 16).vector(),
                before: kept[1],
                sent: (sent + 16).vector(),
                state: &b
            )
            if current.isConstant {
                totalA += ofA
                totalB += ofB
            } else {
                low.store(ofA)
                high.store(ofB)
            }
        }
        if current.isConstant {
            low.store(totalA)
            high.store(totalB)
        }
    }

    /// Walks back over neurons `first` to `first + lanes - 1`, at most sixteen.
    @inlinable
    func adjointBlock(
        _ first: Int,
        of gradient: Values,
        _ current: Values,
        _ before: UnsafeMutablePointer<Equations.State>,
        to output: UnsafeMutablePointer<Float>,
        stride outputStride: Int,
        lanes: Int
    ) {
        let equations = self.equations
        let steps = current.steps
        var registers = equations.rest
        for t in 0..<steps {
            (before + t).initialize(to: registers)
            _ = equations.step((current.step(t) + first).vector(), &registers)
        }
        var adjoint = equations.zeroState
        var total = SIMD16<Float>(repeating: 0)
        for t in stride(from: steps - 1, through: 0, by: -1) {
            let ofCurrent = equations.stepAdjoint(
                (current.step(t) + first).vector(),
                before: before[t],
                sent: (gradient.step(t) + first).vector(),
                state: &adjoint
            )
            if current.isConstant {
                total += ofCurrent
            } else {
                (output + t * outputStride).store(ofCurrent, lanes: lanes)
            }
        }
        if current.isConstant { output.store(total, lanes: lanes) }
    }
}
