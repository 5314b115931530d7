import SNNKernel

/// The equations of a neuron whose decay is a number of its own, over any ``Lane``.
///
/// `step` is the dynamics, `stepAdjoint` its derivative; ``DecayNeuron`` owns the loop over time and neurons.
protocol DecayEquations<Value>: Sendable {
    associatedtype Value: Lane
    /// Numbers carried from step to step.
    associatedtype State: BitwiseCopyable & Sendable
    /// What the way back wants of the state before a step.
    associatedtype Kept: BitwiseCopyable & Sendable
    /// Gradients carried back from step to step.
    associatedtype Slopes: BitwiseCopyable & Sendable

    /// Whether a neuron is over once it has spiked.
    static var spikesOnce: Bool { get }
    /// State before the first step.
    var rest: State { get }
    /// Gradients behind the last step.
    var zeroSlopes: Slopes { get }
    /// One step: moves the state on, says what is sent and the potential before any reset.
    func step(_ current: Value, _ beta: Value, _ state: inout State) -> (sent: Value, potential: Value)
    /// What to keep of the state before a step.
    func kept(_ state: State) -> Kept
    /// The transpose of `step` at (`current`, `before`).
    ///
    /// `sent` is dL/d(sent) of this step; `slopes` are those behind it on entry and those before it on return.
    func stepAdjoint(
        _ current: Value,
        _ beta: Value,
        before: Kept,
        sent: Value,
        _ slopes: inout Slopes
    ) -> (current: Value, beta: Value)
}

extension DecayEquations {
    /// False: it may spike again.
    static var spikesOnce: Bool { false }
}

extension DecayEquations where Kept == State {
    /// All of it.
    @inline(__always)
    func kept(_ state: State) -> State { state }
}

extension DecayEquations where Slopes == State {
    /// Zeros, as all of these neurons are at rest.
    var zeroSlopes: State { rest }
}

/// A neuron given by ``DecayEquations``.
///
/// Blocks of sixteen neurons go through the whole window with their state in registers. The way back keeps the states of
/// one block.
protocol DecayNeuron: NeuronModel {
    associatedtype Equations: DecayEquations where Equations.Value == SIMD16<Float>
    /// The equations over sixteen neurons. A concrete type, so that the loops below specialise.
    var equations: Equations { get }
    var decay: Decay { get set }
}

/// The states of a row of neurons, sixteen to an element.
private final class BlockStates<State: BitwiseCopyable & Sendable>: NeuronState {
    let states: UnsafeMutableBufferPointer<State>

    init(count: Int, rest: State) {
        states = .allocate(capacity: (count + 15) / 16)
        states.initialize(repeating: rest)
    }

    deinit { states.deallocate() }

    var byteCount: Int { states.count * MemoryLayout<State>.stride }
}

extension DecayNeuron {
    var demand: CurrentDemand { .perStep }

    func tensors(of shape: Shape) -> [TensorDescription] { decay.tensors(of: shape) }

    func bound(to buffers: [Storage<Float>], tensors: [Storage<Float>], shape: Shape) -> any NeuronModel {
        var copy = self
        copy.decay = decay.bound(to: tensors)
        return copy
    }

    func part(
        _ neurons: Range<Int>,
        own: [Storage<Float>]
    ) -> (model: any NeuronModel, own: [Storage<Float>])? {
        var copy = self
        copy.decay = decay.part(neurons)
        return (copy, own.map { decay.part(neurons, of: $0) })
    }

    func rest(count: Int) -> any NeuronState { BlockStates(count: count, rest: equations.rest) }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        guard let state = state as? BlockStates<Equations.State> else {
            preconditionFailure("a state of another model")
        }
        return sends == .raster
            ? .raster(spikes(current, state, potentials))
            : .values(values(current, state, potentials))
    }

    private func spikes(
        _ current: Values,
        _ state: BlockStates<Equations.State>,
        _ potentials: Values?
    ) -> Raster {
        let words = Raster.emptyBits(steps: current.steps, batch: current.batch, count: current.count)
        let equations = self.equations
        let bytesPerStep = (current.row + 63) / 64 * 8
        let bits = UnsafeMutableRawPointer(words.base)
        for block in 0..<(current.row + 15) / 16 {
            let lanes = min(16, current.row - block * 16)
            let valid = UInt16(truncatingIfNeeded: (1 << lanes) - 1)
            let beta = decay.sixteen(from: block * 16)
            var registers = state.states[block]
            var input = UnsafePointer(current.base + block * 16)
            // Nothing that happens once all have spiked is of interest, unless somebody looks at the potentials.
            let mayStop = Equations.spikesOnce && potentials == nil
            var silent = valid
            for t in 0..<current.steps {
                let result = equations.step(input.vector(), beta, &registers)
                let fired = result.sent.spikeBits & valid
                if fired != 0 {
                    bits.storeBytes(of: fired.littleEndian, toByteOffset: t * bytesPerStep + block * 2, as: UInt16.self)
                    silent &= ~fired
                    if mayStop, silent == 0 { break }
                }
                if let potentials { (potentials.step(t) + block * 16).store(result.potential, lanes: lanes) }
                input += current.stepStride
            }
            state.states[block] = registers
        }
        return Raster(steps: current.steps, batch: current.batch, count: current.count, form: .bits(words))
    }

    private func values(
        _ current: Values,
        _ state: BlockStates<Equations.State>,
        _ potentials: Values?
    ) -> Values {
        let equations = self.equations
        let sent = Values(overwriting: current.steps, batch: current.batch, count: current.count)
        for block in 0..<(current.row + 15) / 16 {
            let lanes = min(16, current.row - block * 16)
            let beta = decay.sixteen(from: block * 16)
            var registers = state.states[block]
            for t in 0..<current.steps {
                let result = equations.step((current.step(t) + block * 16).vector(), beta, &registers)
                (sent.step(t) + block * 16).store(result.sent, lanes: lanes)
                if let potentials { (potentials.step(t) + block * 16).store(result.potential, lanes: lanes) }
            }
            state.states[block] = registers
        }
        return sent
    }

    func adjoint(of gradient: Values, current: Values) -> Values { adjoint(of: gradient, current: current, own: []) }

    func adjoint(of gradient: Values, current: Values, own: [Storage<Float>]) -> Values {
        let result = Values(
            overwriting: current.steps,
            batch: current.batch,
            count: current.count,
            isConstant: current.isConstant
        )
        let walk = Walk(self, gradient, current)
        for block in 0..<(current.row + 15) / 16 {
            let lanes = min(16, current.row - block * 16)
            let target = result.base + block * 16
            let slopes = walk.back(block * 16, lanes: lanes, to: target, stride: result.stepStride)
            if let own = own.first { decay.add(slopes, from: block * 16, lanes: lanes, to: own) }
        }
        return result
    }

    func adjoint(of gradient: Values, current: Values, to strip: GradientStrip) {
        adjoint(of: gradient, current: current, to: strip, own: [])
    }

    func adjoint(of gradient: Values, current: Values, to strip: GradientStrip, own: [Storage<Float>]) {
        let walk = Walk(self, gradient, current)
        let stride = current.batch * strip.rowLength
        for sample in 0..<current.batch {
            for half in 0..<(strip.neurons.count + 15) / 16 {
                let target = (half == 0 ? strip.low : strip.high) + sample * strip.rowLength
                let first = sample * current.count + strip.neurons.lowerBound + 16 * half
                let lanes = min(16, strip.neurons.count - 16 * half)
                let slopes = walk.back(first, lanes: 16, to: target, stride: stride)
                if let own = own.first { decay.add(slopes, from: first, lanes: lanes, to: own) }
            }
        }
    }
}

/// The way back of one block after another.
private struct Walk<Neuron: DecayNeuron> {
    typealias Kept = Neuron.Equations.Kept

    let equations: Neuron.Equations
    let gradient: Values
    let current: Values
    let decay: Decay
    private let memory: Storage<UInt8>

    init(_ neuron: Neuron, _ gradient: Values, _ current: Values) {
        equations = neuron.equations
        self.gradient = gradient
        self.current = current
        decay = neuron.decay
        memory = Storage(overwriting: current.steps * MemoryLayout<Kept>.stride)
    }

    /// Writes the gradients of the currents of sixteen neurons from `first` on; returns those of their decays.
    func back(
        _ first: Int,
        lanes: Int,
        to output: UnsafeMutablePointer<Float>,
        stride outputStride: Int
    ) -> SIMD16<Float> {
        let steps = current.steps
        let before = UnsafeMutableRawPointer(memory.base).bindMemory(to: Kept.self, capacity: steps)
        let beta = decay.sixteen(from: first)
        var registers = equations.rest
        var input = UnsafePointer(current.base + first)
        for t in 0..<steps {
            (before + t).initialize(to: equations.kept(registers))
            _ = equations.step(input.vector(), beta, &registers)
            input += current.stepStride
        }
        var carried = equations.zeroSlopes
        var total = SIMD16<Float>(repeating: 0)
        var ofBeta = total
        var sent = UnsafePointer(gradient.base + first + steps * gradient.stepStride)
        var output = output + (current.isConstant ? 0 : steps * outputStride)
        for t in Swift.stride(from: steps - 1, through: 0, by: -1) {
            input -= current.stepStride
            sent -= gradient.stepStride
            let found = equations.stepAdjoint(input.vector(), beta, before: before[t], sent: sent.vector(), &carried)
            ofBeta += found.beta
            if current.isConstant {
                total += found.current
            } else {
                output -= outputStride
                output.store(found.current, lanes: lanes)
            }
        }
        if current.isConstant { output.store(total, lanes: lanes) }
        withExtendedLifetime(memory) {}
        return ofBeta
    }
}
