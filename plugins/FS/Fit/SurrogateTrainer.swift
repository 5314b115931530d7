import SNNKernel

/// One sequence of restarts of the published trainer: Adam on the gradients of ``SurrogateModel``.
///
/// A restart draws h from U(-1, 0), d from U(-0.5, 1), T from U(-1, 1); every step draws the learning rate from
/// U(0.09, 0.5) and lambda from U(0.08, 0.12). A counter rises by 1 a step and falls by 1000 where the loss of the restart
/// is its best; at 5000 the next restart begins. Constants are kept as they were before the step, with the loss they had.
/// Source: as ``SurrogateModel``. Not thread-safe; a trainer is one thread's at a time.
final class SurrogateTrainer: @unchecked Sendable {
    /// The constants with the smallest loss so far, in the trainer's order, and that mean squared error.
    private(set) var best: TrainerConstants
    private(set) var bestError = Double.infinity

    private let steps: Int
    private let inputs: Storage<SIMD16<Float>>
    private let targets: Storage<SIMD16<Float>>
    private var random: ChainGenerator
    private var constants: TrainerConstants
    private var moments: [(first: Double, second: Double)]
    private var adamStep = 0
    private var counter = 0
    private var restartLoss = Double.infinity

    private static let patience = 5000
    private static let bonus = 1000

    /// A trainer at its first restart; points come in sixteens.
    init(steps: Int, points: (x: [Float], y: [Double]), random: ChainGenerator) {
        precondition(points.x.count.isMultiple(of: 16), "points come in sixteens")
        self.steps = steps
        self.random = random
        inputs = Storage(points.x.count / 16)
        targets = Storage(points.x.count / 16)
        for place in points.x.indices {
            inputs.base[place / 16][place % 16] = points.x[place]
            targets.base[place / 16][place % 16] = Float(points.y[place])
        }
        constants = TrainerConstants(thresholds: [], resets: [], amplitudes: [])
        best = constants
        moments = []
        restart()
        best = constants
    }

    /// Takes `count` steps.
    func run(steps count: Int) {
        for _ in 0..<count {
            step()
            counter += 1
            if counter >= Self.patience { restart() }
        }
    }

    private func restart() {
        let draw = { (random: inout ChainGenerator, low: Double, high: Double) in
            Float(low + (high - low) * random.uniform())
        }
        constants.resets = (0..<steps).map { _ in draw(&random, -1, 0) }
        constants.amplitudes = (0..<steps).map { _ in draw(&random, -0.5, 1) }
        constants.thresholds = (0..<steps).map { _ in draw(&random, -1, 1) }
        moments = Array(repeating: (0, 0), count: 3 * steps)
        adamStep = 0
        counter = 0
        restartLoss = .infinity
    }

    /// Loss, gradient and one step of Adam.
    private func step() {
        let model: SurrogateModel<SIMD16<Float>> = constants.model()
        let x = UnsafeBufferPointer(start: UnsafePointer(inputs.base), count: inputs.count)
        let f = UnsafeBufferPointer(start: UnsafePointer(targets.base), count: targets.count)
        let count = Double(16 * inputs.count)
        let lambda = 0.08 + 0.04 * random.uniform()
        let (squares, excess) = model.sums(x, f)
        let means = excess.map { Self.sum($0) / count }
        let error = Self.sum(squares) / count
        note(error: error, loss: error + lambda * means.reduce(0) { $0 + $1 * $1 })
        let gradient = model.gradient(
            x,
            f,
            share: SIMD16(1 / count),
            pull: means.map { SIMD16(2 * lambda * $0 / count) }
        )
        withExtendedLifetime((inputs, targets)) {}
        move(gradient.map(Self.sum), rate: 0.09 + 0.41 * random.uniform())
    }

    private func note(error: Double, loss: Double) {
        if loss < restartLoss {
            restartLoss = loss
            counter -= Self.bonus
        }
        if error < bestError {
            bestError = error
            best = constants
        }
    }

    /// Adam with the usual constants 0.9, 0.999 and 1e-8.
    private func move(_ gradient: [Double], rate: Double) {
        adamStep += 1
        let unbiased = rate * (1 - power(0.999, adamStep)).squareRoot() / (1 - power(0.9, adamStep))
        for place in gradient.indices {
            let slope = gradient[place]
            moments[place].first += 0.1 * (slope - moments[place].first)
            moments[place].second += 0.001 * (slope * slope - moments[place].second)
            let change = Float(unbiased * moments[place].first / (moments[place].second.squareRoot() + 1e-8))
            switch place / steps {
            case 0: constants.thresholds[place] -= change
            case 1: constants.resets[place - steps] -= change
            default: constants.amplitudes[place - 2 * steps] -= change
            }
        }
    }

    private func power(_ base: Double, _ exponent: Int) -> Double { (Double(exponent) * base.logarithm).exponential }

    private static func sum(_ lanes: SIMD16<Float>) -> Double {
        var sum = 0.0
        for lane in 0..<16 { sum += Double(lanes[lane]) }
        return sum
    }
}
