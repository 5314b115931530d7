import SNNKernel
import Synchronization

@testable import SNNLaws

/// What is wrong with a model; each breaks one law first of all.
enum Fault: String, CaseIterable, Sendable {
    case adjoint
    case adjointStrips
    case constantCurrent
    case parts
    case rest
    case batchAlone
    case neighbours
    case batchOrder
    case stepSplit
    case threads
    case deterministic
    case sends
    case runs
    case binarySpikes
    case finite
    case inputsKept

    /// The law.
    var law: Law {
        switch self {
        case .adjoint: .adjoint
        case .adjointStrips: .adjointStrips
        case .constantCurrent: .constantCurrent
        case .parts: .parts
        case .rest: .rest
        case .batchAlone: .batchAlone
        case .neighbours: .neighbours
        case .batchOrder: .batchOrder
        case .stepSplit: .stepSplit
        case .threads: .threads
        case .deterministic: .deterministic
        case .sends: .sends
        case .runs: .runs
        case .binarySpikes: .binarySpikes
        case .finite: .finite
        case .inputsKept: .inputsKept
        }
    }
}

/// An integrator v' = v / 2 + i that sends its potential, or a spike where it is 1 at least, with one fault.
struct FaultyModel: NeuronModel {
    var fault: Fault?
    var spikes = false
    /// 0.5 unless a parameter says otherwise.
    var leak: Float = 0.5
    private let memory = Memory()

    init(_ fault: Fault? = nil, spikes: Bool = false, leak: Float = 0.5) {
        self.fault = fault
        self.spikes = spikes || fault == .binarySpikes || fault == .neighbours
        self.leak = leak
    }

    var demand: CurrentDemand { .perStep }
    var sends: ActivityKind { spikes || fault == .sends ? .raster : .values }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
    func part(
        _ neurons: Range<Int>,
        own: [Storage<Float>]
    ) -> (model: any NeuronModel, own: [Storage<Float>])? {
        var part = self
        if fault == .parts, neurons.lowerBound > 0 { part.leak = leak / 2 }
        return (part, own)
    }
    func rest(count: Int) -> any NeuronState {
        memory.keep(Storage(count))
        return Row(count)
    }

    func checkTrainable() throws(SNNError) {
        if spikes { throw .notSupported("it has no adjoint") }
    }

    func takeFailure() -> SNNError? { fault == .runs && memory.takeCalls() > 0 ? .plugin("step returned 1") : nil }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        guard let row = (state as? Row)?.v else { preconditionFailure("a state of another model") }
        let call = memory.call()
        if fault == .threads { memory.recall(row) }
        let sent = Values(steps: current.steps, batch: current.batch, count: current.count)
        let counts = Storage<Int16>(current.steps * current.row)
        for t in 0..<current.steps {
            // Off by one: the current of the step before, or at the start of a window its own.
            let from = fault == .stepSplit ? current.step(max(0, t - 1)) : current.step(t)
            var hasFired = false
            for index in 0..<current.row {
                let v = leak * row.base[index] + from[index] + shift(index, call, row, current)
                row.base[index] = v
                if fault == .finite, from[index] == 0 { row.base[index] = .nan }
                if fault == .inputsKept { from[index] = 0 }
                potentials?.step(t)[index] = row.base[index]
                sent.step(t)[index] = row.base[index]
                let fires = row.base[index] >= 1
                hasFired = hasFired || fires
                if spikes, fires { row.base[index] = 0 }
                counts.base[t * current.row + index] = fires ? (fault == .binarySpikes ? 2 : 1) : 0
            }
            if fault == .neighbours, hasFired { row.base.update(repeating: 0, count: current.row) }
        }
        if fault == .threads { memory.keep(row) }
        guard spikes else { return .values(sent) }
        return .raster(
            Raster(steps: sent.steps, batch: sent.batch, count: sent.count, form: .counts(counts))
        )
    }

    private func shift(_ index: Int, _ call: Int, _ row: Storage<Float>, _ current: Values) -> Float {
        switch fault {
        case .rest: 0.01
        case .deterministic: Float(call) * 0.001
        case .batchAlone: 0.001 * Float(current.row)
        case .batchOrder: index > 0 ? 0.01 * row.base[index - 1] : 0
        default: 0
        }
    }

    /// The transpose: g[t] = dL/du[t] + leak g[t+1].
    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(
            steps: current.steps,
            batch: current.batch,
            count: current.count,
            isConstant: current.isConstant
        )
        let sign: Float = fault == .adjoint ? -1 : 1
        for index in 0..<current.row {
            var after: Float = 0
            for t in (0..<current.steps).reversed() {
                after = gradient.step(t)[index] + sign * leak * after
                if current.isConstant, fault != .constantCurrent {
                    result.step(t)[index] += after
                } else {
                    result.step(t)[index] = after
                }
            }
        }
        return result
    }

    func adjoint(of gradient: Values, current: Values, to strip: GradientStrip) {
        let whole = adjoint(of: gradient, current: current)
        for row in 0..<whole.steps * whole.batch {
            for (place, neuron) in strip.neurons.enumerated() {
                let half = place < 16 ? strip.low : strip.high
                let number = whole.base[row * whole.count + neuron]
                half[row * strip.rowLength + place % 16] = fault == .adjointStrips && place == 16 ? 0 : number
            }
        }
        withExtendedLifetime(whole) {}
    }

    private final class Row: NeuronState {
        let v: Storage<Float>
        init(_ count: Int) { v = Storage(count) }
        var byteCount: Int { v.count * 4 }
    }

    /// What a model must not have.
    private final class Memory: Sendable {
        private let calls = Atomic<Int>(0)
        private let potentials = Mutex<[Float]>([])

        func call() -> Int { calls.add(1, ordering: .relaxed).newValue }
        func takeCalls() -> Int { calls.exchange(0, ordering: .relaxed) }

        func keep(_ row: Storage<Float>) { potentials.withLock { $0 = Array(row.elements) } }
        func recall(_ row: Storage<Float>) {
            potentials.withLock { kept in
                for index in 0..<min(kept.count, row.count) { row.base[index] = kept[index] }
            }
        }
    }
}
