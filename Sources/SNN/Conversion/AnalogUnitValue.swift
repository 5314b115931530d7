#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension AnalogUnit {
    /// What the unit makes of a current.
    func value(at x: Double) -> Double {
        switch self {
        case .linear: x
        case .rectified: max(0, x)
        case .clipped(let low, let high): min(max(x, low), high)
        case .smooth("silu"): x / (1 + exp(-x))
        case .smooth("sigmoid"): 1 / (1 + exp(-x))
        case .smooth("tanh"): tanh(x)
        case .smooth("gelu"): x / 2 * (1 + erf(x / 2.0.squareRoot()))
        case .smooth(let name): preconditionFailure("no function \(name)")
        }
    }
}
