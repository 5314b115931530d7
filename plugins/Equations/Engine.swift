import SNNKernel

/// The rows of a layer's neurons, one after another.
final class EquationState: NeuronState {
    let rows: Storage<Float>
    /// Numbers from a row to the next.
    let stride: Int

    init(_ starts: [Double], count: Int) {
        stride = (count + 15) / 16 * 16
        rows = Storage(overwriting: starts.count * stride)
        for (row, start) in starts.enumerated() {
            (rows.base + row * stride).update(repeating: Float(start), count: stride)
        }
    }

    var byteCount: Int { rows.count * 4 }
}

/// The loops over neurons and time: a block of neurons runs through all steps while its rows are in the cache.
struct EquationEngine: Sendable {
    let neuron: CompiledNeuron

    /// Most neurons of a block.
    private static let mostLanes = 512
    /// What the tape of a block may take, so that it stays in the cache.
    private static let tapeBytes = 64 << 10
    /// What it may take before blocks become so small that instructions cost more than what they do.
    private static let mostTapeBytes = 1 << 20

    /// Neurons of a block whose tape takes so many bytes a neuron.
    private static func lanes(_ neuronBytes: Int, of row: Int) -> Int {
        let fitting = tapeBytes / max(1, neuronBytes)
        let bearable = min(64, mostTapeBytes / max(1, neuronBytes))
        return min(mostLanes, max(fitting, bearable, 16) / 16 * 16, (row + 15) / 16 * 16)
    }

    private var interpreter: Interpreter { Interpreter(least: Float(neuron.least), surrogate: neuron.surrogate) }

    func rest(count: Int) -> EquationState { EquationState(neuron.starts, count: count) }

    /// What a run writes, beside the state.
    struct Outputs {
        var bits: Storage<UInt64>?
        var sent: Values?
        var potentials: Values?
        var distances: Values?
    }

    /// Runs all steps of `current`.
    func run(_ current: Values, _ state: EquationState, _ outputs: Outputs) {
        let isObserved = outputs.potentials != nil || outputs.distances != nil
        let program = isObserved ? neuron.observed : neuron.run
        let slots = Slots(rowCount: neuron.rowCount, tapeCount: 0)
        var block = Block(slots, program.scratchCount, lanes: min(Self.mostLanes, (current.row + 15) / 16 * 16))
        let wordBytes = (current.row + 63) / 64 * 8
        let bits = outputs.bits.map { UnsafeMutableRawPointer($0.base) }
        program.rounded.withUnsafeBufferPointer { instructions in
            for first in stride(from: 0, to: current.row, by: block.capacity) {
                block.begin(first, of: current.row)
                block.point(Slots.current, current.base + first, stride: current.stepStride)
                block.write(Slots.sent, to: outputs.sent)
                block.write(Slots.potential, to: outputs.potentials)
                block.write(Slots.distance, to: outputs.distances)
                for row in 0..<neuron.rowCount {
                    block.point(slots.incoming(row), state.rows.base + row * state.stride + first)
                }
                for t in 0..<current.steps {
                    let word = bits.map { $0 + t * wordBytes + first / 8 }
                    interpreter.execute(instructions, block.pointers, lanes: block.paddedLanes, bits: word)
                    if let word { block.clearBeyond(word) }
                    block.advance()
                }
                block.settle(state, first, steps: current.steps)
            }
        }
        withExtendedLifetime((current, state, outputs)) {}
    }

    /// The gradient of `current`; `slopes` in place of the surrogate's where given.
    func adjoint(of gradient: Values, current: Values, slopes: Values?) -> Values {
        guard let programs = slopes == nil ? neuron.own : neuron.given else {
            preconditionFailure("slopes of a neuron that never fires")
        }
        let result = Values(
            overwriting: current.steps,
            batch: current.batch,
            count: current.count,
            isConstant: current.isConstant
        )
        let slots = programs.slots
        let lanes = Self.lanes(slots.tapeCount * current.steps * 4, of: current.row)
        let scratch = max(programs.forward.scratchCount, programs.backward.scratchCount)
        var block = Block(slots, scratch, lanes: lanes)
        let tape = Storage<Float>(overwriting: slots.tapeCount * current.steps * lanes)
        for first in stride(from: 0, to: current.row, by: lanes) {
            block.begin(first, of: current.row)
            block.point(Slots.current, current.base + first, stride: current.stepStride)
            for index in 0..<slots.tapeCount {
                block.point(slots.tape(index), tape.base + index * current.steps * lanes, stride: lanes)
            }
            for row in 0..<neuron.rowCount { block.fill(slots.incoming(row), Float(neuron.starts[row])) }
            repeated(programs.forward, &block, current.steps)
            block.turn()
            for row in 0..<neuron.rowCount { block.fill(slots.incoming(row), 0) }
            block.point(Slots.gradient, last: gradient, first)
            if let slopes { block.point(Slots.slopes, last: slopes, first) }
            if current.isConstant {
                block.collect(Slots.ofCurrent)
            } else {
                block.write(Slots.ofCurrent, to: result, isBackward: true)
            }
            repeated(programs.backward, &block, current.steps)
            if current.isConstant { block.store(Slots.ofCurrent, at: result.base + first) }
        }
        withExtendedLifetime((tape, gradient, current, slopes)) {}
        return result
    }

    private func repeated(_ program: Program, _ block: inout Block, _ steps: Int) {
        program.rounded.withUnsafeBufferPointer { instructions in
            for _ in 0..<steps {
                interpreter.execute(instructions, block.pointers, lanes: block.paddedLanes, bits: nil)
                block.advance()
            }
        }
    }
}
