#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A rule without gradients: it looks at what every node sends over a whole data set, then sets the network's buffers.
public protocol CalibrationRule: LearningRule {
    /// Prepares the network for being looked at.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` for a network that cannot be fitted.
    func begin(_ network: Network) throws(SNNError)
    /// Sets buffers by what each node sent.
    func finish(_ network: Network, _ seen: [ActivitySurvey]) throws(SNNError)
}

extension CalibrationRule {
    /// None: there are no gradients.
    public func addGradients(of pass: ForwardPass, output: Values, to gradients: [Storage<Float>]) {}
}

/// How large the positive values of a node were.
public struct ActivitySurvey: Sendable {
    /// Bins an octave: a percentile is right to 0.14 %.
    private static let binsAnOctave = 512
    private static let octaves = -64...63

    /// The largest value.
    public private(set) var largest: Float = 0
    /// Positive values.
    public private(set) var count = 0
    /// Values in all.
    public private(set) var slots = 0
    private var bins: [UInt32]

    init() { bins = [UInt32](repeating: 0, count: Self.octaves.count * Self.binsAnOctave) }

    mutating func add(_ values: Values) {
        slots += values.slices * values.row
        for index in 0..<values.slices * values.row where values.base[index] > 0 {
            let value = values.base[index]
            largest = max(largest, value)
            count += 1
            bins[Self.bin(value)] += 1
        }
    }

    private static func bin(_ value: Float) -> Int {
        // Of overflown sums; whoever asks for the largest value learns of it.
        guard value.isFinite else { return octaves.count * binsAnOctave - 1 }
        let octave = min(max(Int(value.exponent), octaves.lowerBound), octaves.upperBound)
        let part = Int((value.significand - 1) * Float(binsAnOctave))
        return (octave - octaves.lowerBound) * binsAnOctave + min(part, binsAnOctave - 1)
    }

    /// The value that `percent` per cent of the positive values do not exceed; 100 gives the largest, to the bit.
    public func percentile(_ percent: Double) -> Float {
        guard percent < 100, count > 0 else { return largest }
        let wanted = percent / 100 * Double(count)
        var seen = 0.0
        for (place, bin) in bins.enumerated() {
            seen += Double(bin)
            guard bin > 0, seen >= wanted else { continue }
            // The upper edge of the bin.
            let (octave, part) = place.quotientAndRemainder(dividingBy: Self.binsAnOctave)
            let edge = scalbn(1 + Double(part + 1) / Double(Self.binsAnOctave), Int32(octave + Self.octaves.lowerBound))
            return min(largest, Float(edge))
        }
        return largest
    }

    /// The positive values, ascending, to 0.1 %, and how many there were of each.
    public var values: [(value: Double, count: Double)] {
        bins.enumerated().lazy.filter { $0.element > 0 }.map { place, count in
            (value: min(Self.middle(place), Double(largest)), count: Double(count))
        }
    }

    /// A staircase of equal steps that stands for the positive values.
    public struct Staircase: Sendable {
        /// Steps from 0 to the range.
        public let divisions: Double
        /// Steps up to the highest stair.
        public let most: Double
        /// What is added before rounding down, in steps.
        public let shift: Double

        /// y = range / divisions x min(most, floor(x divisions / range + shift)).
        public init(divisions: Double, most: Double, shift: Double) {
            self.divisions = divisions
            self.most = most
            self.shift = shift
        }

        func error(_ x: Double, range: Double) -> Double {
            let step = range / divisions
            return x - step * min(most, (x / step + shift).rounded(.down))
        }
    }

    /// The largest range, at most `room` times the largest value, whose staircase differs from the positive values by no more
    /// than `tolerance` of their mean square; where none does, the range with the least difference.
    ///
    /// Ranges are looked at eight an octave. 0 where no value was positive.
    public func range(_ staircase: Staircase, tolerance: Double, room: Double) -> Float {
        guard count > 0, largest.isFinite else { return largest }
        let values = values
        let bound = tolerance * values.reduce(0) { $0 + $1.count * $1.value * $1.value }
        var best = (range: Double(largest), error: Double.infinity)
        var range = room * Double(largest)
        // Far below the values every stair but the highest is wasted.
        while range > Double(largest) / 256 {
            let error = values.reduce(0) { sum, seen in
                let off = staircase.error(seen.value, range: range)
                return sum + seen.count * off * off
            }
            if error <= bound { return Float(range) }
            if error < best.error { best = (range, error) }
            range *= exp2(-1.0 / 8)
        }
        return Float(best.range)
    }

    /// The value in the middle of a bin.
    private static func middle(_ place: Int) -> Double {
        let (octave, part) = place.quotientAndRemainder(dividingBy: binsAnOctave)
        return scalbn(1 + (Double(part) + 0.5) / Double(binsAnOctave), Int32(octave + octaves.lowerBound))
    }

    mutating func add(_ other: ActivitySurvey) {
        largest = max(largest, other.largest)
        count += other.count
        slots += other.slots
        for index in bins.indices { bins[index] += other.bins[index] }
    }
}

extension Network {
    /// What every node sends over a whole data set; analog values and spike times alone are counted.
    ///
    /// Errors: those of ``evaluate(_:threads:progress:)``.
    public func survey(
        _ data: any LabelledSource,
        threads: Int = 1,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> [ActivitySurvey] {
        let all = Surveys(count: nodes.count)
        try runChunks(
            data,
            threads: threads,
            progress: progress,
            of: "fit",
            keeps: .activity,
            news: { done, rate in
                Progress(
                    epoch: 1,
                    epochs: 1,
                    done: done,
                    total: data.count,
                    samplesPerSecond: rate
                )
            },
            take: { slab, _ in
                slab.trace.layers.map { layer in
                    var survey = ActivitySurvey()
                    if case .values(let values) = layer.output { survey.add(values) }
                    return survey
                }
            },
            deliver: { slabs in
                for slab in slabs { for (node, survey) in slab.enumerated() { all.surveys[node].add(survey) } }
            }
        )
        return all.surveys
    }

    /// Blocks are delivered one at a time.
    private final class Surveys: @unchecked Sendable {
        var surveys: [ActivitySurvey]

        init(count: Int) { surveys = (0..<count).map { _ in ActivitySurvey() } }
    }
}
