import SNNKernel
import SNNTestKit
import Testing

@testable import SingleSpikePlugin

private let current = [0.3, 0.5, 0.4, 0.9, 0.1, 0, 0.6, 0.2]
private let gradient = (1...8).map(Double.init)
private let crossing = Crossing<Double>(threshold: 1, slope: 10)

private func expectEqual(_ found: [Double], _ expected: [Double], within tolerance: Double) {
    #expect(found.count == expected.count)
    for (x, y) in zip(found, expected) { #expect(abs(x - y) <= tolerance * max(1, abs(y)), "\(x) \(y)") }
}

@Test("the published neuron: membrane, first spike and gradients of the specification")
func golden() {
    let reference = Reference(equations: SingleSpike(crossing: crossing), beta: 0.5)
    let (sent, potentials) = reference.run(current)
    expectEqual(potentials, [0.3, 0.65, 0.725, 1.2625, 0.73125, 0.365625, 0.7828125, 0.59140625], within: 1e-15)
    #expect(sent == [0, 0, 0, 1, 0, 0, 0, 0])
    let back = reference.adjoint(of: gradient, current: current)
    expectEqual(
        back.current,
        [
            11.0367200109, 15.6984400219, 14.8042874511, 10.6930193467, 6.1660624747, 2.0362329643, 2.4407411662,
            0.3092772315,
        ],
        within: 1e-10
    )
    #expect(abs(back.beta - 32.4929091772) < 1e-9)
}

@Test("the simulation step by step: the same spikes, gradients of the specification")
func goldenSequential() {
    let reference = Reference(equations: SequentialSpike(crossing: crossing), beta: 0.5)
    #expect(reference.run(current).sent == [0, 0, 0, 1, 0, 0, 0, 0])
    let back = reference.adjoint(of: gradient, current: current)
    expectEqual(
        back.current,
        [0.0859712598, 0.1583135891, 0.2233108733, 0.3043995244, 0, 0, 0, 0],
        within: 1e-10
    )
    #expect(abs(back.beta - 0.4133357995) < 1e-10)
}

@Test("version 1 passes what version 2 does of a gradient that ends before the spike")
func gradientBeforeSpike() {
    let model = SingleSpike(crossing: crossing)
    let reference = Reference(equations: SingleSpikeBefore(model: model), beta: 0.5)
    let cut = gradient.indices.map { $0 < 3 ? gradient[$0] : 0 }
    let expected = Reference(equations: model, beta: 0.5).adjoint(of: cut, current: current)
    let found = reference.adjoint(of: gradient, current: current)
    expectEqual(found.current, expected.current, within: 1e-15)
    #expect(found.beta == expected.beta)
}

@Test("a gradient grows with the window as published: 1.5, 350, 41,000")
func growth() {
    for (steps, expected) in [(10, 1.5), (100, 350), (1000, 4.1e4)] {
        let reference = Reference(equations: SingleSpike(crossing: crossing), beta: 0.9)
        let zeros = [Double](repeating: 0, count: steps)
        let found = reference.adjoint(of: zeros.map { _ in 1 }, current: zeros).current[0]
        #expect(abs(found / expected - 1) < 0.05, "\(steps): \(found)")
    }
}

@Test("scans back equal the published convolutions and their transposes")
func convolutions() {
    var random = Seeded(7)
    for steps in [1, 2, 5, 40] {
        for beta in [0, 0.3, 0.95, 1] {
            let current = (0..<steps).map { _ in random.number(-0.3...0.7) }
            let gradient = (0..<steps).map { _ in random.number(-1...1) }
            let reference = Reference(equations: SingleSpike(crossing: crossing), beta: beta)
            // Kernels of the membrane, and its derivative by beta, as sums over all pairs of steps.
            func power(_ n: Int) -> Double { (0..<n).reduce(1.0) { x, _ in x * beta } }
            let v = (0..<steps).map { t in (0...t).reduce(0.0) { $0 + power(t - $1) * current[$1] } }
            let faulty = v.map { $0 > 1 ? 1.0 : 0 }
            let z = (0..<steps).map { t in (0...t).reduce(0.0) { $0 + Double(t - $1 + 1) * faulty[$1] } }
            let (sent, potentials) = reference.run(current)
            expectEqual(potentials, v, within: 1e-12)
            #expect(sent == z.map { $0 == 1 ? 1 : 0 })
            let ofV = (0..<steps).map { k in
                let ramp = (k..<steps).reduce(0.0) { $0 + Double($1 - k + 1) * gradient[$1] }
                return ramp / ((10 * abs(v[k] - 1) + 1) * (10 * abs(v[k] - 1) + 1))
            }
            let ofCurrent = (0..<steps).map { k in (k..<steps).reduce(0.0) { $0 + power($1 - k) * ofV[$1] } }
            let ofBeta = (0..<steps).reduce(0.0) { sum, t in
                sum
                    + ofV[t] * (0..<t).reduce(0.0) { $0 + Double(t - $1) * power(t - $1 - 1) * current[$1] }
            }
            let back = reference.adjoint(of: gradient, current: current)
            expectEqual(back.current, ofCurrent, within: 1e-12)
            #expect(abs(back.beta - ofBeta) <= 1e-12 * max(1, abs(ofBeta)))
        }
    }
}
