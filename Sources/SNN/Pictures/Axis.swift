#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Numbers along one direction of a picture.
package struct Axis: Sendable {
    /// How numbers become lengths.
    package enum Scale: Sendable {
        case linear
        case logarithmic
    }

    /// The numbers at both ends.
    package let range: ClosedRange<Double>
    /// Where the ends are, pixels; the upper end may have the smaller one.
    package let start: Double
    package let end: Double
    package let scale: Scale

    /// An axis; a range without extent is widened, so that every number has a place.
    package init(_ range: ClosedRange<Double>, from start: Double, to end: Double, scale: Scale = .linear) {
        let low = scale == .logarithmic ? max(range.lowerBound, 1e-300) : range.lowerBound
        let high = max(range.upperBound, low)
        self.range = high > low ? low...high : low...(scale == .logarithmic ? low * 10 : low + 1)
        self.start = start
        self.end = end
        self.scale = scale
    }

    /// Where a number is; what lies beyond the ends is put at them.
    package func place(_ value: Double) -> Double {
        let inside = min(range.upperBound, max(range.lowerBound, value.isNaN ? range.lowerBound : value))
        let share: Double
        switch scale {
        case .linear: share = (inside - range.lowerBound) / (range.upperBound - range.lowerBound)
        case .logarithmic: share = log(inside / range.lowerBound) / log(range.upperBound / range.lowerBound)
        }
        return start + share * (end - start)
    }

    /// Round numbers to write at the axis, about `count` of them; powers of ten where it is logarithmic.
    package func ticks(_ count: Int) -> [Double] {
        switch scale {
        case .linear:
            let step = Axis.step(range.upperBound - range.lowerBound, count)
            let first = (range.lowerBound / step - 1e-9).rounded(.up)
            let last = (range.upperBound / step + 1e-9).rounded(.down)
            return stride(from: first, through: last, by: 1).map { $0 * step }
        case .logarithmic:
            let first = Int((log10(range.lowerBound) - 1e-9).rounded(.up))
            let last = Int((log10(range.upperBound) + 1e-9).rounded(.down))
            guard first <= last else { return [] }
            let every = max(1, (last - first) / max(1, count) + 1)
            return stride(from: first, through: last, by: every).map { pow(10, Double($0)) }
        }
    }

    /// 1, 2 or 5 times a power of ten.
    private static func step(_ extent: Double, _ count: Int) -> Double {
        let rough = extent / Double(max(1, count))
        let power = pow(10, log10(rough).rounded(.down))
        return [1, 2, 5].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    }
}
