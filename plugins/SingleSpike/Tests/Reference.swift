import SNNKernel

@testable import SingleSpikePlugin

/// Runs equations of one neuron step by step, forward and back.
struct Reference<Equations: DecayEquations> where Equations.Value: ScalarLane {
    let equations: Equations
    let beta: Value

    typealias Value = Equations.Value

    func run(_ current: [Value]) -> (sent: [Value], potentials: [Value]) {
        var state = equations.rest
        let results = current.map { equations.step($0, beta, &state) }
        return (results.map(\.sent), results.map(\.potential))
    }

    func adjoint(of gradient: [Value], current: [Value]) -> (current: [Value], beta: Value) {
        var state = equations.rest
        var kept: [Equations.Kept] = []
        for i in current {
            kept.append(equations.kept(state))
            _ = equations.step(i, beta, &state)
        }
        var slopes = equations.zeroSlopes
        var result = current
        var ofBeta = Value.zero
        for t in current.indices.reversed() {
            let found = equations.stepAdjoint(current[t], beta, before: kept[t], sent: gradient[t], &slopes)
            result[t] = found.current
            ofBeta += found.beta
        }
        return (result, ofBeta)
    }
}
