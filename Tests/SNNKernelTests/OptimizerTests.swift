import Testing

@testable import SNNKernel

@Suite("Optimizers")
struct OptimizerTests {
    /// Weights and gradients of the golden runs.
    static let start = [0.5, -1.25, 2.0]
    static let gradients = [[0.1, -0.2, 0.3], [-0.4, 0.05, 1.5], [0.0, 0.6, -0.7], [0.25, -0.125, 0.01]]

    /// Runs all steps in pieces of `piece` elements and returns the weights; `check` is shown what every step leaves.
    @discardableResult
    static func run(
        _ optimizer: any Optimizer,
        start: [Double] = start,
        gradients: [[Double]] = gradients,
        piece: Int = .max,
        check: (_ step: Int, _ weights: [Float], _ moments: [[Float]]) -> Void = { _, _, _ in }
    ) -> [Float] {
        let weights = Storage<Float>(of: start.map { Float($0) })
        let moments = optimizer.moments.map { _ in Storage<Float>(start.count) }
        for (index, gradient) in gradients.enumerated() {
            let storage = Storage<Float>(of: gradient.map { Float($0) })
            for first in stride(from: 0, to: start.count, by: min(piece, start.count)) {
                optimizer.update(
                    weights.base,
                    gradient: UnsafePointer(storage.base),
                    moments: moments.map(\.base),
                    range: first..<min(first + min(piece, start.count), start.count),
                    rate: optimizer.learningRate,
                    step: index + 1
                )
            }
            withExtendedLifetime((storage, moments)) {}
            check(index + 1, weights.array, moments.map(\.array))
        }
        return weights.array
    }

    /// An optimizer, its weights after the golden run, and the same formulas in double.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let optimizer: any Optimizer
        let golden: [Double]
    }

    /// Goldens: numpy 2.4.6 in float64, a script of the formulas in the PyTorch 2 documentation of SGD, Adam and AdamW
    /// (pages torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW), run over `start` and `gradients`.
    static let cases = [
        Case(
            testDescription: "SGD",
            optimizer: GradientDescent(learningRate: 0.1),
            golden: [0.505, -1.2825, 1.889]
        ),
        Case(
            testDescription: "SGD, weight decay",
            optimizer: GradientDescent(learningRate: 0.1, weightDecay: 0.05),
            golden: [0.494_825_001_562_5, -1.257_635_503_281_25, 1.850_893_005]
        ),
        Case(
            testDescription: "SGD, momentum",
            optimizer: GradientDescent(learningRate: 0.1, momentum: 0.9),
            golden: [0.54901, -1.29627, 1.62233]
        ),
        Case(
            testDescription: "SGD, Nesterov, weight decay",
            optimizer: GradientDescent(learningRate: 0.1, momentum: 0.9, isNesterov: true, weightDecay: 0.05),
            golden: [0.518_136_047_768_906_3, -1.249_996_232_314_703, 1.438_837_139_860_499_8]
        ),
        Case(
            testDescription: "Adam",
            optimizer: Adam(learningRate: 0.01),
            golden: [0.499_933_281_020_643_66, -1.242_954_115_128_043_4, 1.975_183_594_730_600_7]
        ),
        Case(
            testDescription: "Adam, weight decay",
            optimizer: Adam(learningRate: 0.01, weightDecay: 0.05),
            golden: [0.497_347_476_257_423_37, -1.237_220_645_272_368_9, 1.973_099_911_219_906_8]
        ),
        Case(
            testDescription: "AdamW",
            optimizer: Adam(learningRate: 0.01, weightDecay: 0.05, isDecoupled: true),
            golden: [0.498_941_267_145_414_15, -1.240_473_243_571_513, 1.971_211_890_787_736_3]
        ),
        Case(
            testDescription: "Adam, short memory",
            optimizer: Adam(learningRate: 0.01, beta2: 0.5),
            golden: [0.499_674_616_368_607_66, -1.241_031_814_487_533_2, 1.975_481_722_074_806_4]
        ),
        Case(
            testDescription: "AMSGrad",
            optimizer: Adam(learningRate: 0.01, beta2: 0.5, isAMSGrad: true),
            golden: [0.498_283_012_183_288_35, -1.241_703_503_417_230_6, 1.977_452_508_924_201_9]
        ),
        Case(
            testDescription: "AdamW, AMSGrad",
            optimizer: Adam(learningRate: 0.01, beta2: 0.5, weightDecay: 0.05, isDecoupled: true, isAMSGrad: true),
            golden: [0.497_292_159_850_836_9, -1.239_222_624_372_656_7, 1.973_479_468_643_399_8]
        ),
        Case(
            testDescription: "Adam, large epsilon",
            optimizer: Adam(learningRate: 0.01, beta1: 0.8, beta2: 0.99, epsilon: 0.1),
            golden: [0.502_188_325_873_661_7, -1.247_604_199_013_349_5, 1.979_659_087_878_079_8]
        ),
    ]

    @Test("four steps end at the golden weights", arguments: cases)
    func golden(_ test: Case) {
        let weights = Self.run(test.optimizer)
        for (weight, golden) in zip(weights, test.golden) {
            // Four steps of float32 near 1: a few units of 2^-24.
            #expect(abs(Double(weight) - golden) < 5e-7, "\(weight) for \(golden)")
        }
    }

    @Test("stochastic gradient descent follows its equations over thirty steps")
    func descentInDouble() {
        var numbers = TestNumbers(61)
        let start = numbers.floats(20).map { Double($0) }
        let gradients = (0..<30).map { _ in numbers.floats(20).map { Double($0) } }
        for (momentum, nesterov, decay) in [(0.0, false, 0.0), (0.0, false, 0.1), (0.9, false, 0.1), (0.8, true, 0.0)] {
            var w = start
            var m = [Double](repeating: 0, count: w.count)
            for gradient in gradients {
                for i in w.indices {
                    let g = gradient[i] + decay * w[i]
                    m[i] = momentum * m[i] + g
                    w[i] -= 0.05 * (nesterov ? g + momentum * m[i] : m[i])
                }
            }
            let made = Self.run(
                GradientDescent(learningRate: 0.05, momentum: momentum, isNesterov: nesterov, weightDecay: decay),
                start: start,
                gradients: gradients
            )
            // Thirty steps, each with a few roundings of numbers up to about 10.
            #expect(zip(made, w).allSatisfy { abs(Double($0) - $1) < 3e-5 })
        }
    }

    @Test("Adam follows its equations over thirty steps")
    func adamInDouble() {
        var numbers = TestNumbers(62)
        let start = numbers.floats(20).map { Double($0) }
        let gradients = (0..<30).map { _ in numbers.floats(20).map { Double($0) } }
        for (decay, decoupled, amsgrad) in [
            (0.0, false, false), (0.1, false, true), (0.1, true, false), (0.1, true, true),
        ] {
            var w = start
            var m = [Double](repeating: 0, count: w.count)
            var v = m
            var largest = m
            var (power1, power2) = (1.0, 1.0)
            for gradient in gradients {
                power1 *= 0.9
                power2 *= 0.95
                for i in w.indices {
                    if decoupled { w[i] -= 0.02 * decay * w[i] }
                    let g = gradient[i] + (decoupled ? 0 : decay * w[i])
                    m[i] += (g - m[i]) * 0.1
                    v[i] += (g * g - v[i]) * 0.05
                    largest[i] = max(largest[i], v[i])
                    let square = (amsgrad ? largest[i] : v[i]) / (1 - power2)
                    w[i] -= 0.02 * (m[i] / (1 - power1)) / (square.squareRoot() + 1e-8)
                }
            }
            let made = Self.run(
                Adam(
                    learningRate: 0.02,
                    beta2: 0.95,
                    weightDecay: decay,
                    isDecoupled: decoupled,
                    isAMSGrad: amsgrad
                ),
                start: start,
                gradients: gradients
            )
            // Thirty steps of at most 0.02 with relative error about 1e-6.
            #expect(zip(made, w).allSatisfy { abs(Double($0) - $1) < 3e-6 })
        }
    }

    @Test("updating in pieces gives the bits of updating at once", arguments: cases)
    func pieces(_ test: Case) {
        var numbers = TestNumbers(63)
        let start = numbers.floats(101).map { Double($0) }
        let gradients = (0..<5).map { _ in numbers.floats(101).map { Double($0) } }
        let whole = Self.run(test.optimizer, start: start, gradients: gradients)
        for piece in [1, 7, 16, 100] {
            #expect(Self.run(test.optimizer, start: start, gradients: gradients, piece: piece) == whole)
        }
    }

    /// One gradient of this size, then silence.
    static func silence(after size: Double = 1, steps: Int) -> [[Double]] {
        [gradients[0].map { $0 * size }] + Array(repeating: [0, 0, 0], count: steps - 1)
    }

    @Test(
        "moments of weights that fall silent end at zero and are never denormal",
        arguments: [
            GradientDescent(learningRate: 0.1, momentum: 0.9),
            GradientDescent(learningRate: 0.1, momentum: 0.99, isNesterov: true),
            Adam(learningRate: 0.01, beta2: 0.95),
            Adam(learningRate: 0.01, beta1: 0.5, beta2: 0.99, isDecoupled: true),
        ] as [any Optimizer]
    )
    func faded(_ optimizer: any Optimizer) {
        let steps = 10_000
        Self.run(optimizer, gradients: Self.silence(steps: steps)) { step, _, moments in
            let all = moments.joined()
            if !all.allSatisfy({ $0 == 0 || $0.isNormal }) { Issue.record("denormal after \(step) steps") }
            if step == steps { #expect(all.allSatisfy { $0 == 0 }) }
        }
    }

    @Test("moments that fade move no bit of a weight", arguments: [(1, 1e-8), (1, 1e-30), (1e-16, 1e-30)])
    func fadedWeights(_ size: Double, _ epsilon: Double) {
        let gradients = Self.silence(after: size, steps: 3000)
        var w = Self.start.map { Float($0) }
        var (m, v) = ([Float](repeating: 0, count: w.count), [Float](repeating: 0, count: w.count))
        var (power1, power2) = (1.0, 1.0)
        var denormals = 0
        Self.run(Adam(learningRate: 0.01, beta2: 0.95, epsilon: epsilon), gradients: gradients) { step, weights, _ in
            (power1, power2) = (power1 * 0.9, power2 * 0.95)
            let pace = Float(0.01 / (1 - power1))
            let root = Float((1 / (1 - power2)).squareRoot())
            for i in w.indices {
                let g = Float(gradients[step - 1][i])
                m[i] = 0.9 * m[i] + Float(1 - 0.9) * g
                v[i] = 0.95 * v[i] + Float(1 - 0.95) * g * g
                if m[i].isSubnormal || v[i].isSubnormal { denormals += 1 }
                w[i] -= pace * m[i] / (v[i].squareRoot() * root + Float(epsilon))
            }
            if weights != w { Issue.record("\(weights) for \(w) after \(step) steps") }
        }
        #expect(denormals > 0)
    }

    @Test("a gradient that is not a number shows in weight and moments")
    func notANumber() {
        let gradients = [[0.1, .nan, 0], [0.1, 0, 0]]
        let optimizers: [any Optimizer] = [GradientDescent(learningRate: 0.1, momentum: 0.9), Adam(learningRate: 0.1)]
        for optimizer in optimizers {
            Self.run(optimizer, gradients: gradients) { _, weights, moments in
                for numbers in [weights] + moments { #expect(numbers.map(\.isNaN) == [false, true, false]) }
            }
        }
    }

    @Test("each optimizer keeps the moments it names")
    func moments() {
        #expect(GradientDescent(learningRate: 1).moments.isEmpty)
        #expect(GradientDescent(learningRate: 1, momentum: 0.5).moments == ["momentum"])
        #expect(Adam(learningRate: 1).moments == ["mean", "square"])
        #expect(Adam(learningRate: 1, isAMSGrad: true).moments == ["mean", "square", "largest_square"])
    }

    @Test("Adam without a gradient stays where it is, even after a million steps")
    func silence() {
        let adam = Adam(learningRate: 0.1)
        let weights = Storage<Float>(of: [1, -2])
        let moments = adam.moments.map { _ in Storage<Float>(2) }
        let zero = Storage<Float>(2)
        for step in [1, 2, 1_000_000] {
            adam.update(
                weights.base,
                gradient: UnsafePointer(zero.base),
                moments: moments.map(\.base),
                range: 0..<2,
                rate: 0.1,
                step: step
            )
        }
        withExtendedLifetime((zero, moments)) {}
        #expect(weights.array == [1, -2])
    }
}
