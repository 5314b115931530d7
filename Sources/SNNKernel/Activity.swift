/// The shape of what one sample sends through a layer: an image in (height, width, channel) order, or a row of
/// neurons, which is an image of one pixel.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
    /// Rows of the image.
    public let height: Int
    /// Columns of the image.
    public let width: Int
    /// Channels, the fastest-running index.
    public let channels: Int

    /// An image of `height` x `width` pixels with `channels` channels each.
    public init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// A row of `count` neurons.
    public init(_ count: Int) { self.init(height: 1, width: 1, channels: count) }

    /// Neurons in all.
    public var count: Int { height * width * channels }
    /// Pixels of the image.
    public var pixels: Int { height * width }
    /// Whether it is a row of neurons.
    public var isFlat: Bool { pixels == 1 }

    /// `[channels]` for a row of neurons, else `[height, width, channels]`.
    public var description: String { isFlat ? "[\(channels)]" : "[\(height), \(width), \(channels)]" }
}

/// Real numbers for every neuron of a batch: one a window (constant over its steps) or one a step.
///
/// Shape: `[batch, count]` where constant, `[steps, batch, count]` else; time-major, so that a step is one slice.
/// Currents, membrane potentials, analog activity and gradients are all of this type.
public struct Values: Sendable {
    /// Steps of the window that the values hold for, also where one slice serves all.
    public let steps: Int
    /// Samples, B.
    public let batch: Int
    /// Neurons of one sample.
    public let count: Int
    /// Whether one slice holds at every step.
    public let isConstant: Bool
    /// The slices, one after another.
    public let storage: Storage<Float>

    /// Zeros.
    @inlinable
    public init(steps: Int, batch: Int, count: Int, isConstant: Bool = false) {
        self.init(
            steps: steps,
            batch: batch,
            count: count,
            isConstant: isConstant,
            storage: Storage((isConstant ? 1 : steps) * batch * count)
        )
    }

    /// Memory for values every one of which the caller is about to write.
    @inlinable
    public init(overwriting steps: Int, batch: Int, count: Int, isConstant: Bool = false) {
        self.init(
            steps: steps,
            batch: batch,
            count: count,
            isConstant: isConstant,
            storage: Storage(overwriting: (isConstant ? 1 : steps) * batch * count)
        )
    }

    /// Values over memory that exists.
    @inlinable
    public init(steps: Int, batch: Int, count: Int, isConstant: Bool, storage: Storage<Float>) {
        self.steps = steps
        self.batch = batch
        self.count = count
        self.isConstant = isConstant
        self.storage = storage
    }

    /// Neurons of the whole batch: the length of a step's slice.
    @inlinable public var row: Int { batch * count }
    /// The distance in memory from a step to the next: 0 where constant.
    @inlinable public var stepStride: Int { isConstant ? 0 : row }
    /// Slices that exist in memory.
    @inlinable public var slices: Int { isConstant ? 1 : steps }
    /// The first number of the first slice.
    @inlinable public var base: UnsafeMutablePointer<Float> { storage.base }

    /// Some samples of constant values, without a copy.
    func samples(_ range: Range<Int>) -> Values {
        precondition(isConstant, "samples of values per step do not lie together")
        return Values(
            steps: steps,
            batch: range.count,
            count: count,
            isConstant: true,
            storage: Storage(range.lowerBound * count..<range.upperBound * count, of: storage)
        )
    }

    /// A copy of some neurons of every sample.
    public func neurons(_ range: Range<Int>) -> Values {
        let part = Values(overwriting: steps, batch: batch, count: range.count, isConstant: isConstant)
        for row in 0..<slices * batch {
            (part.base + row * range.count).update(from: base + row * count + range.lowerBound, count: range.count)
        }
        return part
    }

    /// The slice of a step, `[batch, count]`.
    @inlinable public func step(_ t: Int) -> UnsafeMutablePointer<Float> { storage.base + t * stepStride }
}

/// Spikes of a batch over a window, `[steps, batch, count]`, each with one scale on arrival.
///
/// Binary spikes are one bit each. Signed Poisson input, pooled spikes and the like are small signed counts; an
/// average pool of 2 x 2 sends counts 0...4 with scale 1/4. Sums run over the counts, the scale multiplies the total.
public struct Raster: Sendable {
    /// How the events lie in memory.
    public enum Form: Sendable {
        /// One bit a neuron: bit `i` of a step is neuron `i` of the row `[batch, count]`, lowest bit first.
        case bits(Storage<UInt64>)
        /// One signed count a neuron, `[steps, batch, count]`.
        case counts(Storage<Int16>)
    }

    /// Steps of the window.
    public let steps: Int
    /// Samples, B.
    public let batch: Int
    /// Neurons of one sample.
    public let count: Int
    /// What a count of 1 is worth on arrival; 1 for codes, whose steps have amplitudes.
    public let scale: Float
    /// What is in memory.
    @usableFromInline let held: Held

    /// What a raster holds: a form, spikes as events listed them, or codes.
    @usableFromInline
    enum Held: Sendable {
        case form(Form)
        case list(SpikeList)
        case codes(SpikeCodes)
    }

    /// The events themselves.
    ///
    /// Of a raster that holds a list or codes bits are made each time they are asked for.
    public var form: Form {
        switch held {
        case .form(let form): form
        case .list(let list): .bits(list.words(count: count))
        case .codes(let codes): .bits(words(of: codes))
        }
    }

    /// Events over memory that exists, laid out as `form` says.
    public init(steps: Int, batch: Int, count: Int, scale: Float = 1, form: Form) {
        self.steps = steps
        self.batch = batch
        self.count = count
        self.scale = scale
        held = .form(form)
    }

    /// Binary spikes of `count` neurons a sample.
    init(_ list: SpikeList, count: Int) {
        steps = list.steps
        batch = list.batch
        self.count = count
        scale = 1
        held = .list(list)
    }

    /// Codes of `count` neurons a sample.
    public init(_ codes: SpikeCodes, batch: Int, count: Int) {
        steps = codes.steps
        self.batch = batch
        self.count = count
        scale = 1
        held = .codes(codes)
    }

    /// The same events, each worth `scale`.
    public func worth(_ scale: Float) -> Raster { Raster(self, scale: scale) }

    private init(_ raster: Raster, scale: Float) {
        steps = raster.steps
        batch = raster.batch
        count = raster.count
        self.scale = scale
        held = raster.held
    }

    /// What a count of 1 at a step is worth on arrival.
    @inlinable public func worth(step t: Int) -> Float {
        if case .codes(let codes) = held { codes.amplitudes[t] } else { scale }
    }

    /// Whether every event counts 1.
    var isBinary: Bool {
        if case .form(.counts) = held { false } else { true }
    }
    /// Neurons of the whole batch.
    @inlinable public var row: Int { batch * count }
    /// 64-bit words of one step in bit form.
    @inlinable public var wordsPerStep: Int { (row + 63) >> 6 }

    /// Words for an empty raster in bit form.
    public static func emptyBits(steps: Int, batch: Int, count: Int) -> Storage<UInt64> {
        Storage(steps * ((batch * count + 63) >> 6))
    }

    /// The count that neuron `index` of row `[batch, count]` sends at step `t`.
    ///
    /// For tests and small work: slow.
    public func event(step t: Int, index: Int) -> Int {
        switch held {
        case .form(.bits(let words)): Int(words.base[t * wordsPerStep + (index >> 6)] >> UInt64(index & 63) & 1)
        case .form(.counts(let counts)): Int(counts.base[t * row + index])
        case .list(let list):
            list.spikes(step: t, sample: index / count).contains { Int(list.positions.base[$0]) == index % count }
                ? 1 : 0
        case .codes(let codes): codes.codes.base[index] & codes.bit(t) != 0 ? 1 : 0
        }
    }

    /// Calls `body(index, count)` for every event of step `t` with row index in `range`, in ascending order.
    @inlinable @inline(__always)
    public func forEachEvent(step t: Int, in range: Range<Int>, _ body: (Int, Int) -> Void) {
        switch held {
        case .form(.bits(let words)):
            guard !range.isEmpty else { return }
            let base = words.base + t * wordsPerStep
            let last = (range.upperBound - 1) >> 6
            for word in (range.lowerBound >> 6)...last {
                var bits = base[word]
                if word == range.lowerBound >> 6 { bits &= ~0 << UInt64(range.lowerBound & 63) }
                if word == last { bits &= ~0 >> UInt64(63 - (range.upperBound - 1) & 63) }
                while bits != 0 {
                    body(word << 6 + bits.trailingZeroBitCount, 1)
                    bits &= bits &- 1
                }
            }
        case .form(.counts(let counts)):
            let base = counts.base + t * row
            for index in range where base[index] != 0 { body(index, Int(base[index])) }
        case .list(let list):
            guard !range.isEmpty else { return }
            for sample in range.lowerBound / count...(range.upperBound - 1) / count {
                for spike in list.spikes(step: t, sample: sample) {
                    let index = sample * count + Int(list.positions.base[spike])
                    if range.contains(index) { body(index, 1) }
                }
            }
        case .codes(let codes):
            let (base, bit) = (codes.codes.base, codes.bit(t))
            for index in range where base[index] & bit != 0 { body(index, 1) }
        }
    }

    /// The sum over the window of the magnitudes of the counts of samples `range`: their spikes.
    public func spikes(samples range: Range<Int>) -> Int {
        var total = 0
        if let codes {
            let base = codes.codes.base
            for index in range.lowerBound * count..<range.upperBound * count { total += base[index].nonzeroBitCount }
            return total
        }
        for t in 0..<steps {
            forEachEvent(step: t, in: range.lowerBound * count..<range.upperBound * count) { total += abs($1) }
        }
        return total
    }
}

/// What travels between layers.
public enum Activity: Sendable {
    /// Analog values, constant over the window or per step.
    case values(Values)
    /// Spikes on the time grid.
    case raster(Raster)

    /// Steps of the window that it holds for.
    public var steps: Int {
        switch self {
        case .values(let values): values.steps
        case .raster(let raster): raster.steps
        }
    }
    /// Samples, B.
    public var batch: Int {
        switch self {
        case .values(let values): values.batch
        case .raster(let raster): raster.batch
        }
    }
    /// Neurons of one sample.
    public var count: Int {
        switch self {
        case .values(let values): values.count
        case .raster(let raster): raster.count
        }
    }
    /// Whether one number a neuron holds for the whole window: a value that is the same at every step, or a code.
    public var isConstant: Bool {
        switch self {
        case .values(let values): values.isConstant
        case .raster(let raster): raster.codes != nil
        }
    }

    /// The value that neuron `index` of row `[batch, count]` sends at step `t`, with its scale.
    ///
    /// Slow: for tests.
    public func value(step t: Int, index: Int) -> Float {
        switch self {
        case .values(let values): values.step(t)[index]
        case .raster(let raster): Float(raster.event(step: t, index: index)) * raster.worth(step: t)
        }
    }

    /// Copies what step `t` sends, `[batch, count]`, with its scale.
    public func write(step t: Int, to row: UnsafeMutablePointer<Float>) {
        switch self {
        case .values(let values):
            row.update(from: values.step(t), count: values.row)
        case .raster(let raster):
            row.update(repeating: 0, count: raster.row)
            let worth = raster.worth(step: t)
            raster.forEachEvent(step: t, in: 0..<raster.row) { row[$0] = Float($1) * worth }
        }
    }
}

/// The kinds of activity, for checks that need no data.
public enum ActivityKind: String, Sendable {
    /// Analog, one value a window.
    case constantValues = "constant values"
    /// Analog, one value a step.
    case values = "values per step"
    /// One spike a neuron and window at most, as the time left from it to the end of the window; 0 is no spike.
    case times = "spike times"
    /// Spikes.
    case raster = "spikes"
    /// Spikes that are one code a neuron and window, worth one number.
    case codes = "codes of spikes"

    /// Whether one number holds for the whole window.
    public var isConstant: Bool { self == .constantValues || self == .times || self == .codes }
}

extension Activity {
    /// A gradient of this activity plus `factor` times the derivative of the summed activity, |value| or spikes.
    func addingSigns(times factor: Float, to gradient: Values) -> Values {
        let steps = gradient.steps
        switch self {
        case .values(let values):
            // One number for all steps does for a gradient, but not for signs that differ from step to step.
            let isConstant = gradient.isConstant && values.isConstant
            let sum = Values(overwriting: steps, batch: batch, count: count, isConstant: isConstant)
            for t in 0..<sum.slices {
                let (from, given, to) = (values.step(t), gradient.step(t), sum.step(t))
                for index in 0..<sum.row {
                    let value = from[index]
                    to[index] = value == 0 ? given[index] : given[index] + (value > 0 ? factor : -factor)
                }
            }
            return sum
        case .raster:
            let sum = Values(overwriting: steps, batch: batch, count: count, isConstant: gradient.isConstant)
            for index in 0..<sum.slices * sum.row { sum.base[index] = gradient.base[index] + factor }
            return sum
        }
    }

    /// The largest value sent; of spikes 1, or 0 where there is none.
    var largest: Float {
        switch self {
        case .values(let values):
            var largest: Float = 0
            for index in 0..<values.slices * values.row { largest = max(largest, values.base[index]) }
            return largest
        case .raster(let raster): return raster.spikes(samples: 0..<raster.batch) > 0 ? 1 : 0
        }
    }
}
