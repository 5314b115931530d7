/// Weights as they act, made of weights as they are stored: rounded to a few bits, say.
///
/// A node that has one runs with ``used(_:)``; its gradients come back through ``adjoint(_:stored:)``, once a batch.
public protocol WeightMap: Sendable {
    /// Whether the connection must have a bias.
    var needsBias: Bool { get }
    /// Brings weights just drawn to what they should start with.
    func start(_ stored: [Storage<Float>])
    /// The tensors that the passes take, in the order of the stored ones.
    func used(_ stored: [Storage<Float>]) -> [Storage<Float>]
    /// Turns the gradients of the used tensors into those of the stored ones, in place.
    func adjoint(_ gradients: [Storage<Float>], stored: [Storage<Float>])
}

extension WeightMap {
    /// False.
    public var needsBias: Bool { false }
    /// As drawn.
    public func start(_ stored: [Storage<Float>]) {}
}

/// Weights rounded to integers of some bits, biases as they are.
///
///     w' = s k,   k = round(w / s) within -2^(bits - 1) ... 2^(bits - 1) - 1,   s = 2 range / (2^bits - 1)
///     dL/dw = dL/dw' where k needs no clipping, else 0            (straight through)
///
/// Zero stays zero: 2^bits levels over [-range, range], moved by half a step.
/// Source: fake quantisation as in TensorFlow, the disturbance of Stanojevic et al., arXiv 2306.08744.
public struct QuantisedWeights: WeightMap {
    /// Bits of a weight.
    public let bits: Int
    /// Half of the range that they cover.
    public let range: Float

    /// The step between two levels.
    private var step: Float { 2 * range / Float((1 << bits) - 1) }
    private var lowest: Float { -Float(1 << (bits - 1)) }

    /// Rounded weights.
    public func used(_ stored: [Storage<Float>]) -> [Storage<Float>] {
        let (weight, step) = (stored[0], self.step)
        let rounded = Storage<Float>(overwriting: weight.count)
        for index in 0..<weight.count {
            let level = (weight.base[index] / step).rounded(.toNearestOrEven)
            rounded.base[index] = min(max(level, lowest), -lowest - 1) * step
        }
        return [rounded] + stored.dropFirst()
    }

    /// No gradient for weights out of range.
    public func adjoint(_ gradients: [Storage<Float>], stored: [Storage<Float>]) {
        let weight = stored[0]
        let (least, most) = ((lowest - 0.5) * step, (-lowest - 0.5) * step)
        for index in 0..<weight.count where weight.base[index] < least || weight.base[index] > most {
            gradients[0].base[index] = 0
        }
    }
}
