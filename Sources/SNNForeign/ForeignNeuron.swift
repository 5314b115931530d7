import CSNN
import SNNKernel
import Synchronization

/// A neuron whose steps are foreign functions over rows.
///
/// A function is called once a step for all neurons of a slab, or once a window; between calls the state lies in rows of
/// memory. The backward pass runs the steps again and keeps the state before each, then walks back.
struct ForeignNeuron: SlopedNeuron {
    let name: String
    let surrogate: Surrogate
    private let states: [ForeignDescriptor.State]
    private let rest: ForeignFunction?
    let step: ForeignFunction
    let adjoint: ForeignFunction?
    private let failure = ForeignFailure()

    /// The neuron with checked parameters.
    ///
    /// Errors: ``SNNError/plugin(_:)`` where libffi cannot call a function.
    init(_ descriptor: ForeignDescriptor, _ p: ParameterSet, dt: Double) throws(SNNError) {
        name = descriptor.name
        states = descriptor.states
        // Without a derivative nobody asks.
        surrogate =
            p.values["surrogate"] == nil ? try Surrogate(.rectangle, width: 1) : try Surrogate(p)
        func prepared(_ function: ForeignDescriptor.Function) throws(SNNError) -> ForeignFunction {
            let constants = zip(function.signature.arguments, function.roles).map { argument, role -> UInt64 in
                switch role {
                case .parameter(let index):
                    ForeignFunction.word(p.number(descriptor.parameters[index].name), as: argument.kind)
                case .timeStep: ForeignFunction.word(dt, as: argument.kind)
                case .host: UInt64(UInt(bitPattern: HostServices.table))
                default: 0
                }
            }
            return try ForeignFunction(
                function.address,
                function.signature,
                roles: function.roles,
                constants: constants
            )
        }
        rest = try descriptor.rest.map(prepared)
        step = try prepared(descriptor.step)
        adjoint = try descriptor.adjoint.map(prepared)
    }

    var demand: CurrentDemand { .perStep }
    var sends: ActivityKind { step.roles.contains(.spike) ? .raster : .values }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }

    func checkTrainable() throws(SNNError) {
        guard adjoint == nil else { return }
        throw .notSupported("the neuron '\(name)' has no adjoint, so it serves inference only")
    }

    func takeFailure() -> SNNError? { failure.take() }

    func rest(count: Int) -> any NeuronState { restRows(count) }

    private func restRows(_ count: Int) -> StateRows {
        let rows = StateRows(count: count, rows: states.count)
        guard let rest else {
            for (index, state) in states.enumerated() {
                UnsafeMutableBufferPointer(start: rows.row(index), count: count).update(repeating: state.start)
            }
            return rows
        }
        let frame = ForeignFunction.Frame(rest)
        frame.set(.count, count)
        for index in states.indices { frame.set(.state(index), rows.row(index)) }
        note(frame.call(), of: "rest")
        return rows
    }

    // MARK: forward

    func run(_ current: Values, state: any NeuronState, potentials: Values?, distances: Values?) -> Activity {
        guard let state = state as? StateRows else { preconditionFailure("a state of another model") }
        let sent = Values(overwriting: current.steps, batch: current.batch, count: current.count)
        if advance(current, state, sent: sent, potentials: potentials, distances: distances) {
            checkFinite(state, neurons: current.count, steps: current.steps)
        } else {
            sent.base.update(repeating: 0, count: sent.storage.count)
        }
        return sends == .values ? .values(sent) : .raster(packed(sent))
    }

    /// Runs the steps of `current`; `keep` is called with the number of each before it runs, one by one.
    ///
    /// Returns whether all functions succeeded.
    @discardableResult
    private func advance(
        _ current: Values,
        _ state: StateRows,
        sent: Values,
        potentials: Values?,
        distances: Values?,
        before keep: ((Int) -> Void)? = nil
    ) -> Bool {
        let frame = ForeignFunction.Frame(step)
        // A whole window shows no state between its steps.
        let showsState = potentials != nil && !step.roles.contains(.potential)
        let isWhole = step.roles.contains(.steps) && keep == nil && !current.isConstant && !showsState
        frame.set(.count, current.row)
        frame.set(.steps, isWhole ? current.steps : 1)
        for index in states.indices { frame.set(.state(index), state.row(index)) }
        let spare = isWhole ? current.steps * current.row : current.row
        let distances = distances.map(Rows.init) ?? Rows(scratch: step.roles.contains(.distance) ? spare : 0)
        let shown = potentials.map(Rows.init) ?? Rows(scratch: step.roles.contains(.potential) ? spare : 0)
        let places = (
            current: frame.place(of: .current), sent: frame.place(of: .spike) ?? frame.place(of: .sent),
            distance: frame.place(of: .distance), potential: frame.place(of: .potential)
        )
        for t in 0..<(isWhole ? 1 : current.steps) {
            keep?(t)
            frame.point(places.current, to: current.step(t))
            frame.point(places.sent, to: sent.step(t))
            frame.point(places.distance, to: distances.row(t))
            frame.point(places.potential, to: shown.row(t))
            guard note(frame.call(), of: "step") else { return false }
            if let potentials, showsState {
                potentials.step(t).update(from: states.isEmpty ? sent.step(t) : state.row(0), count: current.row)
            }
        }
        return withExtendedLifetime((state, sent, distances, shown, current)) { true }
    }

    /// One bit a neuron; notes a spike that is neither 0 nor 1.
    private func packed(_ sent: Values) -> Raster {
        let words = Raster.emptyBits(steps: sent.steps, batch: sent.batch, count: sent.count)
        let row = sent.row
        let bytesPerStep = (row + 63) / 64 * 8
        let bits = UnsafeMutableRawPointer(words.base)
        for t in 0..<sent.steps {
            let spikes = UnsafePointer(sent.step(t))
            var isBinary = SIMDMask<SIMD16<Int32>>(repeating: true)
            for block in 0..<(row + 15) / 16 {
                // Beyond the row lie the spikes of the next step, or the zeros behind the last.
                let valid = UInt16(truncatingIfNeeded: (1 << min(16, row - block * 16)) - 1)
                let vector = (spikes + block * 16).vector()
                let ones: SIMDMask<SIMD16<Int32>> = vector .== 1
                let zeros: SIMDMask<SIMD16<Int32>> = vector .== 0
                isBinary .&= ones .| zeros
                let fired = (vector.spikeBits & valid).littleEndian
                bits.storeBytes(of: fired, toByteOffset: t * bytesPerStep + block * 2, as: UInt16.self)
            }
            if !all(isBinary), let place = (0..<row).first(where: { spikes[$0] != 0 && spikes[$0] != 1 }) {
                failure.note(
                    .plugin(
                        "neuron '\(name)': the spike of neuron \(place % sent.count) at step \(t) must be 0 or 1, got "
                            + "\(spikes[place])"
                    )
                )
            }
        }
        return withExtendedLifetime(sent) {
            Raster(steps: sent.steps, batch: sent.batch, count: sent.count, form: .bits(words))
        }
    }

    /// Notes a state that is no finite number.
    private func checkFinite(_ state: StateRows, neurons: Int, steps: Int) {
        guard !state.storage.isFinite(0..<state.storage.count) else { return }
        for (index, description) in states.enumerated() {
            let row = state.row(index)
            if let place = (0..<state.count).first(where: { !row[$0].isFinite }) {
                return failure.note(
                    .plugin(
                        "neuron '\(name)': the state \(description.name) of neuron \(place % neurons) is \(row[place]) "
                            + "after \(steps) steps; it must stay finite"
                    )
                )
            }
        }
    }

    /// Whether a function succeeded; else keeps the reason.
    @discardableResult
    private func note(_ status: Int32, of function: String) -> Bool {
        guard status != 0 else { return true }
        let reason = HostServices.takeReason() ?? "it gave no reason"
        failure.note(.plugin("neuron '\(name)': \(function) returned \(status): \(reason)"))
        return false
    }

    // MARK: back

    func adjoint(of gradient: Values, current: Values) -> Values { walkBack(gradient, current, slopes: nil) }

    func adjoint(of gradient: Values, current: Values, slopes: Values) -> Values {
        walkBack(gradient, current, slopes: slopes)
    }

    private func walkBack(_ gradient: Values, _ current: Values, slopes: Values?) -> Values {
        guard let adjoint else { preconditionFailure("checkTrainable() refuses a neuron without an adjoint") }
        return adjoint.roles.contains(.steps)
            ? windowBack(adjoint, gradient, current, slopes) : stepsBack(adjoint, gradient, current, slopes)
    }

    /// One call of the form for whole windows, which wants every row step by step.
    private func windowBack(
        _ adjoint: ForeignFunction,
        _ gradient: Values,
        _ current: Values,
        _ slopes: Values?
    ) -> Values {
        let slopes = slopes ?? rerun(current, adjoint, keeping: []).slopes
        let (currents, ofSent) = (current.written, gradient.written)
        let state = restRows(current.row)
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count)
        let frame = ForeignFunction.Frame(adjoint)
        frame.set(.count, current.row)
        frame.set(.steps, current.steps)
        frame.set(.current, currents.base)
        frame.set(.ofSent, ofSent.base)
        if let slopes { frame.set(.slope, slopes.base) }
        frame.set(.ofCurrent, result.base)
        for index in states.indices { frame.set(.state(index), state.row(index)) }
        note(frame.call(), of: "adjoint")
        return withExtendedLifetime((slopes, currents, ofSent, state)) { current.isConstant ? result.total : result }
    }

    /// A call a step, the last first.
    private func stepsBack(
        _ adjoint: ForeignFunction,
        _ gradient: Values,
        _ current: Values,
        _ slopes: Values?
    ) -> Values {
        let row = current.row
        let wanted = states.indices.filter { adjoint.roles.contains(.state($0)) }
        let known = rerun(current, adjoint, keeping: wanted, needsSlopes: slopes == nil)
        let slopes = slopes ?? known.slopes
        let gradients = StateRows(count: row, rows: states.count)
        let unwalked = states.indices.filter { !adjoint.roles.contains(.ofState($0)) }
        // Where one current holds for all steps, each step's share of its gradient.
        let share = current.isConstant ? Storage<Float>(overwriting: row) : nil
        let result = Values(
            overwriting: current.steps,
            batch: current.batch,
            count: current.count,
            isConstant: current.isConstant
        )
        if current.isConstant { result.base.update(repeating: 0, count: row) }
        let frame = ForeignFunction.Frame(adjoint)
        frame.set(.count, row)
        for index in states.indices { frame.set(.ofState(index), gradients.row(index)) }
        for t in (0..<current.steps).reversed() {
            frame.set(.current, current.step(t))
            frame.set(.ofSent, gradient.step(t))
            if let slopes { frame.set(.slope, slopes.step(t)) }
            frame.set(.ofCurrent, share?.base ?? result.step(t))
            for (place, index) in wanted.enumerated() {
                frame.set(.state(index), known.before.base + (t * wanted.count + place) * row)
            }
            guard note(frame.call(), of: "adjoint") else { break }
            if let share { for index in 0..<row { result.base[index] += share.base[index] } }
            // The gradient of a state that passes none ends here.
            for index in unwalked { gradients.row(index).update(repeating: 0, count: row) }
        }
        return withExtendedLifetime((known.before, slopes, gradients, share, current, gradient)) { result }
    }

    /// Runs a window again, for what the way back must know of it: the states `keeping` before every step,
    /// `[T, states, row]`, and the surrogate's slopes.
    private func rerun(
        _ current: Values,
        _ adjoint: ForeignFunction,
        keeping wanted: [Int],
        needsSlopes: Bool = true
    ) -> (before: Storage<Float>, slopes: Values?) {
        let (steps, row) = (current.steps, current.row)
        let before = Storage<Float>(overwriting: steps * wanted.count * row)
        let hasSlopes = needsSlopes && adjoint.roles.contains(.slope)
        guard hasSlopes || !wanted.isEmpty else { return (before, nil) }
        let distances = hasSlopes ? Values(overwriting: steps, batch: current.batch, count: current.count) : nil
        let state = restRows(row)
        let keep = { (t: Int) in
            for (place, index) in wanted.enumerated() {
                (before.base + (t * wanted.count + place) * row).update(from: state.row(index), count: row)
            }
        }
        advance(
            current,
            state,
            sent: Values(overwriting: steps, batch: current.batch, count: current.count),
            potentials: nil,
            distances: distances,
            before: wanted.isEmpty ? nil : keep
        )
        return (before, distances.map { surrogate.slopes(at: $0) })
    }
}

/// Where the rows of a window lie: one a step, or one that every step overwrites.
private struct Rows {
    let storage: Storage<Float>
    private let stride: Int

    init(_ values: Values) {
        storage = values.storage
        stride = values.stepStride
    }

    init(scratch count: Int) {
        storage = Storage(overwriting: count)
        stride = 0
    }

    func row(_ t: Int) -> UnsafeMutablePointer<Float> { storage.base + t * stride }
}

/// The state of a row of neurons: a row a number, each aligned.
private final class StateRows: NeuronState {
    let count: Int
    let storage: Storage<Float>
    private let stride: Int

    init(count: Int, rows: Int) {
        self.count = count
        stride = (count + 15) / 16 * 16
        storage = Storage(stride * rows)
    }

    var byteCount: Int { storage.count * MemoryLayout<Float>.stride }
    func row(_ index: Int) -> UnsafeMutablePointer<Float> { storage.base + index * stride }
}

/// The first failure since the last question; any thread.
private final class ForeignFailure: Sendable {
    private let first = Mutex<SNNError?>(nil)

    func note(_ error: SNNError) { first.withLock { $0 = $0 ?? error } }

    func take() -> SNNError? {
        first.withLock { failure in
            defer { failure = nil }
            return failure
        }
    }
}

extension Surrogate {
    /// The derivative at every distance.
    fileprivate func slopes(at distances: Values) -> Values {
        let slopes = Values(overwriting: distances.steps, batch: distances.batch, count: distances.count)
        let count = distances.storage.count
        for first in stride(from: 0, to: count, by: 16) {
            let x = UnsafePointer(distances.base + first).vector()
            (slopes.base + first).store(derivative(x), lanes: min(16, count - first))
        }
        return withExtendedLifetime(distances) { slopes }
    }
}

extension Values {
    /// One slice a step, a constant written out.
    fileprivate var written: Values {
        guard isConstant else { return self }
        let result = Values(overwriting: steps, batch: batch, count: count)
        for t in 0..<steps { result.step(t).update(from: base, count: row) }
        return result
    }

    /// The sum over the steps, as a constant.
    fileprivate var total: Values {
        let sum = Values(steps: steps, batch: batch, count: count, isConstant: true)
        for t in 0..<steps { for index in 0..<row { sum.base[index] += step(t)[index] } }
        return sum
    }
}
