import CLanes

/// Moves weights against their gradient.
///
/// It owns no numbers: moments are handed in.
public protocol Optimizer: Sendable {
    /// Base learning rate; a schedule multiplies it.
    var learningRate: Double { get }
    /// Names of the moments it keeps for every tensor, each of the tensor's size.
    var moments: [String] { get }
    /// One step over elements `range` of a tensor, or of a part of one: each element moves by its own numbers alone.
    ///
    /// - Parameters:
    ///   - weights: the tensor, or the part.
    ///   - gradient: that of the loss, laid out as the weights.
    ///   - moments: one array a name in ``moments``, laid out as the weights, zero before the first step.
    ///   - range: the elements to move; pieces of a tensor are moved in any order and at once, and the gradient of the
    ///     others may not be known yet.
    ///   - rate: the learning rate of this step.
    ///   - step: counts from 1.
    func update(
        _ weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        moments: [UnsafeMutablePointer<Float>],
        range: Range<Int>,
        rate: Double,
        step: Int
    )
}

/// Below what moments fade to nothing.
///
/// The moments of a weight whose input is silent shrink by a factor a step, and below 1.2e-38 numbers are denormal, which
/// many processors are slow with. A mean below 8e-31 would move a weight by less than 1e-22 learning rates (at an epsilon of
/// 1e-8; by less than 1e-7 at any, as long as there is a mean square); a mean square only divides a mean, so it fades where
/// there is none. What is larger stays normal through one more factor, and a mean through the learning rate.
private enum FadedMoment {
    static let mean: Float = 0x1p-100
    static let square: Float = 0x1p-120
}

extension Vector {
    /// The numbers, 0 where they are smaller than `least`; not-a-number stays.
    @inline(__always)
    fileprivate func faded(below least: Vector) -> Vector {
        Vector.select(least.isAbove(magnitude), Vector(), self)
    }
}

/// Stochastic gradient descent.
///
///     g <- g + weight_decay w;   m <- momentum m + g;   w <- w - rate m            (Nesterov: w - rate (g + momentum m))
public struct GradientDescent: Optimizer {
    /// Base learning rate.
    public let learningRate: Double
    /// Share of the momentum kept from step to step; at 0 none is stored.
    public let momentum: Double
    /// Whether the step looks ahead along the momentum; without momentum it says nothing.
    public let isNesterov: Bool
    /// Factor on the weight that is added to its gradient.
    public let weightDecay: Double

    /// Unless told otherwise: the plain rule `w <- w - rate g`.
    public init(learningRate: Double, momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.isNesterov = isNesterov
        self.weightDecay = weightDecay
    }

    /// `momentum`, where there is any.
    public var moments: [String] { momentum > 0 ? ["momentum"] : [] }

    /// Moves elements `range` by the equations above, in float32.
    public func update(
        _ weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        moments: [UnsafeMutablePointer<Float>],
        range: Range<Int>,
        rate: Double,
        step: Int
    ) {
        let rate = Float(rate)
        let decay = Float(weightDecay)
        guard momentum > 0 else {
            for i in range { weights[i] -= rate * (gradient[i] + decay * weights[i]) }
            return
        }
        let momentum = Float(momentum)
        let m = moments[0]
        for i in range {
            let g = gradient[i] + decay * weights[i]
            let sum = momentum * m[i] + g
            m[i] = abs(sum) < FadedMoment.mean ? 0 : sum
            weights[i] -= rate * (isNesterov ? g + momentum * m[i] : m[i])
        }
    }
}

/// Adam and its kin.
///
///     g <- g + weight_decay w   (Adam);   w <- w (1 - rate weight_decay)   (AdamW)
///     m <- beta1 m + (1 - beta1) g;   v <- beta2 v + (1 - beta2) g^2
///     w <- w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// AMSGrad divides by the largest v so far.
/// Source: Kingma and Ba, ICLR 2015; Loshchilov and Hutter, ICLR 2019; Reddi, Kale, Kumar, ICLR 2018.
public struct Adam: Optimizer {
    /// Base learning rate.
    public let learningRate: Double
    /// Share of the mean of gradients, m, kept from step to step.
    public let beta1: Double
    /// Share of the mean of squared gradients, v, kept from step to step.
    public let beta2: Double
    /// Keeps the division finite where gradients vanish.
    public let epsilon: Double
    /// Factor of the decay; 0 means none.
    public let weightDecay: Double
    /// Whether decay acts on the weights (AdamW) rather than on the gradient.
    public let isDecoupled: Bool
    /// Whether the division is by the largest v so far.
    public let isAMSGrad: Bool

    /// Unless told otherwise: Adam with the constants of its paper and without decay.
    public init(
        learningRate: Double,
        beta1: Double = 0.9,
        beta2: Double = 0.999,
        epsilon: Double = 1e-8,
        weightDecay: Double = 0,
        isDecoupled: Bool = false,
        isAMSGrad: Bool = false
    ) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.isDecoupled = isDecoupled
        self.isAMSGrad = isAMSGrad
    }

    /// `mean` (m), `square` (v) and, for AMSGrad, `largest_square`.
    public var moments: [String] { isAMSGrad ? ["mean", "square", "largest_square"] : ["mean", "square"] }

    /// Moves elements `range` by the equations above, in float32; the bias corrections are taken in double.
    public func update(
        _ weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        moments: [UnsafeMutablePointer<Float>],
        range: Range<Int>,
        rate: Double,
        step: Int
    ) {
        let b1 = Float(beta1)
        let b2 = Float(beta2)
        let c1 = Float(1 - beta1)
        let c2 = Float(1 - beta2)
        let pace = Float(rate / (1 - power(beta1, step)))
        let root = Float((1 / (1 - power(beta2, step))).squareRoot())
        let epsilon = Float(epsilon)
        let shrink = isDecoupled ? Float(1 - rate * weightDecay) : 1
        let decay = isDecoupled ? 0 : Float(weightDecay)
        let largest = isAMSGrad ? moments[2] : nil
        let leastMean = Vector(repeating: FadedMoment.mean)
        let leastSquare = Vector(repeating: FadedMoment.square)
        // By vectors: the compiler leaves a loop with a square root as it is, four times as slow.
        @inline(__always)
        func move(_ i: Int, lanes: Int) {
            var w = numbers(weights + i, lanes)
            let g = numbers(gradient + i, lanes) + decay * w
            let m = (b1 * numbers(moments[0] + i, lanes) + c1 * g).faded(below: leastMean)
            let leastSquare = Vector.select(m.magnitude.isAbove(Vector()), Vector(), leastSquare)
            let v = (b2 * numbers(moments[1] + i, lanes) + c2 * g * g).faded(below: leastSquare)
            (moments[0] + i).store(m, lanes: lanes)
            (moments[1] + i).store(v, lanes: lanes)
            var square = v
            if let largest {
                square = numbers(largest + i, lanes)
                square.replace(with: v, where: v .>= square)
                (largest + i).store(square, lanes: lanes)
            }
            w = w * shrink - pace * m / (snn_square_roots(square) * root + epsilon)
            (weights + i).store(w, lanes: lanes)
        }
        let whole = range.lowerBound + range.count & ~15
        for i in stride(from: range.lowerBound, to: whole, by: 16) { move(i, lanes: 16) }
        if whole < range.upperBound { move(whole, lanes: range.upperBound - whole) }
    }

    /// The first `lanes` of sixteen numbers.
    @inline(__always)
    private func numbers(_ row: UnsafePointer<Float>, _ lanes: Int) -> Vector {
        OneVector(from: row, lanes: lanes).a
    }

    /// base^exponent by squaring: the same bits on every system.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var left = exponent
        while left > 0 {
            if left & 1 == 1 { result *= square }
            square *= square
            left >>= 1
        }
        return result
    }
}

/// How the learning rate changes: a factor on the base rate.
///
///     constant      1
///     step          gamma^floor(epoch / period)
///     exponential   gamma^floor(epoch); continuous: gamma^epoch
///     milestones    gamma^(milestones that are reached: those <= epoch)
///     cosine        floor + (1 - floor) (1 + cos(pi epoch / epochs)) / 2
///     warm-up       all of them times min(1, epoch / warmup), growing from one step's share
///
/// `epoch` counts complete epochs and the fraction of the present one.
public struct Schedule: Sendable {
    /// The families, by their names in JSON.
    public enum Kind: String, CaseIterable, Sendable { case constant, step, exponential, milestones, cosine }

    /// The family.
    public let kind: Kind
    /// Factor per period, epoch or milestone.
    public let gamma: Double
    /// Epochs between two steps.
    public let period: Double
    /// Complete epochs after which the rate falls, ascending.
    public let milestones: [Int]
    /// Smallest factor of the cosine.
    public let floor: Double
    /// Epochs of linear growth at the start.
    public let warmup: Double
    /// Whether the exponential falls with every step rather than after every epoch.
    public let isContinuous: Bool

    /// A factor of family `kind`: numbers of other families are ignored, `warmup` holds for all.
    public init(
        _ kind: Kind,
        gamma: Double = 0.1,
        period: Double = 1,
        milestones: [Int] = [],
        floor: Double = 0,
        warmup: Double = 0,
        isContinuous: Bool = false
    ) {
        self.kind = kind
        self.gamma = gamma
        self.period = period
        self.milestones = milestones
        self.floor = floor
        self.warmup = warmup
        self.isContinuous = isContinuous
    }

    /// The factor after `epoch` epochs of `epochs`; `share` is one optimizer step's part of an epoch.
    public func factor(epoch: Double, of epochs: Double, share: Double) -> Double {
        let grown = warmup > 0 ? min(1, (epoch + share) / warmup) : 1
        let base: Double
        switch kind {
        case .constant: base = 1
        case .step: base = repeated(gamma, Int((epoch / period).rounded(.down)))
        case .exponential where isContinuous: base = (epoch * gamma.logarithm).exponential
        case .exponential: base = repeated(gamma, Int(epoch.rounded(.down)))
        case .milestones: base = repeated(gamma, milestones.count { Double($0) <= epoch })
        case .cosine:
            let progress = epochs > 0 ? min(1, epoch / epochs) : 0
            base = floor + (1 - floor) * (1 + (Double.pi * progress).cosine) / 2
        }
        return grown * base
    }

    private func repeated(_ factor: Double, _ times: Int) -> Double {
        var result = 1.0
        for _ in 0..<times { result *= factor }
        return result
    }
}
