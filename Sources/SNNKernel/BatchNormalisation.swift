/// Batch normalisation of analog activity: each channel of an image, or neuron of a row, by its own mean and variance.
///
///     y = scale (x - mean) / sqrt(variance + epsilon) + shift
///
/// In training mean and variance are those of the samples of a block (and the pixels of an image), so that they do not
/// depend on threads: blocks of such a network hold 32 samples. After every step the buffers `mean` and `variance` move by
/// the share `momentum` towards the mean of what the blocks of the batch found, weighted by their samples. In inference the
/// buffers take their place.
///
/// | tensor, buffer | start | meaning                                    |
/// |----------------|-------|--------------------------------------------|
/// | `scale`        | 1     | factor, trained                            |
/// | `shift`        | 0     | constant, trained                          |
/// | `mean`         | 0     | running mean of the blocks                 |
/// | `variance`     | 1     | running variance of the blocks, biased     |
///
/// Source: Ioffe and Szegedy, ICML 2015; statistics of a part of the batch («ghost batches»): Hoffer, Hubara, Soudry,
/// NeurIPS 2017.
public struct BatchNormalisation: Connection {
    /// What arrives.
    public let inputShape: Shape
    /// Added to the variance.
    public let epsilon: Double
    /// The share by which running statistics move.
    public let momentum: Double

    /// Batch normalisation of what has the shape `input`.
    public init(input: Shape, epsilon: Double, momentum: Double) {
        inputShape = input
        self.epsilon = epsilon
        self.momentum = momentum
    }

    /// As what arrives.
    public var outputShape: Shape { inputShape }
    private var channels: Int { inputShape.channels }

    /// `scale`, then `shift`.
    public var tensors: [TensorDescription] {
        [("scale", Float(1)), ("shift", 0)].map { name, start in
            TensorDescription(
                name: name,
                shape: [channels],
                fanIn: 1,
                fanOut: 1,
                initialiser: Initialiser(.zero),
                start: start
            )
        }
    }

    /// `mean`, then `variance`.
    public var buffers: [BufferDescription] {
        [
            BufferDescription(name: "mean", shape: [channels], start: 0),
            BufferDescription(name: "variance", shape: [channels], start: 1),
        ]
    }

    /// True: statistics are those of a block.
    public var mixesSamples: Bool { true }

    /// Analog values that hold for the window, and nothing else.
    public func check(_ arriving: ActivityKind) throws(SNNError) {
        guard arriving == .constantValues else {
            throw .notSupported("batch_norm takes analog values, one a window, but \(arriving.rawValue) arrive")
        }
    }

    /// Whether every mean is finite, and every variance finite and >= 0.
    public func checkReady(_ buffers: [Storage<Float>]) throws(SNNError) {
        for index in 0..<channels {
            let (mean, variance) = (buffers[0].base[index], buffers[1].base[index])
            guard mean.isFinite else { throw .state("mean must be finite, got \(mean) at \(index)") }
            guard variance >= 0, variance.isFinite else {
                throw .state("variance must be >= 0 and finite, got \(variance) at \(index)")
            }
        }
    }

    /// One a value that is not zero.
    public func operations(for activity: Activity) -> Int {
        guard case .values(let values) = activity else { return 0 }
        return UnsafePointer(values.base).countNonZero(values.slices * values.row)
    }

    /// In inference the factor of every channel is known, and what is subtracted.
    public func prepare(
        _ tensors: [Storage<Float>],
        buffers: [Storage<Float>],
        isTraining: Bool,
        adjoint: Bool
    ) -> PreparedWeights {
        guard !isTraining else { return PreparedWeights(weight: tensors[0], bias: tensors[1], adjoint: nil) }
        let factor = Storage<Float>(overwriting: channels)
        for index in 0..<channels {
            factor.base[index] = Float(Double(tensors[0].base[index]) * inverse(Double(buffers[1].base[index])))
        }
        return PreparedWeights(weight: factor, bias: tensors[1], adjoint: nil, mean: buffers[0])
    }

    /// 1 / standard deviation.
    private func inverse(_ variance: Double) -> Double { 1 / (variance + epsilon).squareRoot() }

    /// The equation, with the statistics of these samples in training.
    public func current(of activity: Activity, with weights: PreparedWeights) -> Values {
        let values = analog(activity)
        let result = Values(
            overwriting: values.steps,
            batch: values.batch,
            count: values.count,
            isConstant: values.isConstant
        )
        var mean = weights.mean
        var factor = weights.weight
        if mean == nil {
            let block = BlockMoments(values, channels: channels)
            let (ownMean, ownFactor) = (Storage<Float>(overwriting: channels), Storage<Float>(overwriting: channels))
            for index in 0..<channels {
                ownMean.base[index] = Float(block.mean.base[index])
                ownFactor.base[index] = weights.weight.base[index] * Float(inverse(block.variance.base[index]))
            }
            (mean, factor) = (ownMean, ownFactor)
        }
        guard let mean, let shift = weights.bias else { preconditionFailure("weights of another connection") }
        let (x, y, channels) = (values.base, result.base, channels)
        let (subtracted, times, added) = (mean.base, factor.base, shift.base)
        for first in Swift.stride(from: 0, to: values.slices * values.row, by: channels) {
            let (from, to) = (x + first, y + first)
            for index in 0..<channels { to[index] = (from[index] - subtracted[index]) * times[index] + added[index] }
        }
        withExtendedLifetime((mean, factor)) {}
        return result
    }

    /// Adds the gradients of scale and shift, in training.
    public func addGradients(of current: Values, input: Activity, to gradients: [Storage<Float>]) {
        let sums = slopes(of: current, analog(input))
        for index in 0..<channels {
            gradients[0].base[index] += Float(sums.ofScale.base[index])
            gradients[1].base[index] += Float(sums.ofShift.base[index])
        }
    }

    /// The gradient of the input in training: every sample moves the statistics, too.
    ///
    ///     dL/dx = scale / sigma (g - (sum g + x' sum g x') / n),   x' = (x - mean) / sigma, over the n numbers of a channel
    public func inputGradient(of current: Values, input: Activity, with weights: PreparedWeights) -> Values {
        let values = analog(input)
        let sums = slopes(of: current, values)
        let result = Values(
            overwriting: values.steps,
            batch: values.batch,
            count: values.count,
            isConstant: values.isConstant
        )
        let share = 1 / Double(values.slices * values.row / channels)
        let (x, slope, target, channels) = (values.base, current.base, result.base, channels)
        // What is taken from the gradients of a channel: one number where x = mean, and what it grows by with x.
        let numbers = Storage<Float>(overwriting: 4 * channels)
        let (mean, common) = (numbers.base, numbers.base + channels)
        let (growth, factor) = (numbers.base + 2 * channels, numbers.base + 3 * channels)
        for index in 0..<channels {
            let inverse = sums.inverse.base[index]
            mean[index] = Float(sums.mean.base[index])
            common[index] = Float(sums.ofShift.base[index] * share)
            growth[index] = Float(sums.ofScale.base[index] * inverse * share)
            factor[index] = weights.weight.base[index] * Float(inverse)
        }
        for first in Swift.stride(from: 0, to: values.slices * values.row, by: channels) {
            let (from, error, to) = (x + first, slope + first, target + first)
            for index in 0..<channels {
                let taken = (from[index] - mean[index]) * growth[index] + common[index]
                to[index] = (error[index] - taken) * factor[index]
            }
        }
        withExtendedLifetime(numbers) {}
        return result
    }

    /// Mean and variance of the channels.
    public func statistics(of input: Activity) -> [[Double]] {
        let block = BlockMoments(analog(input), channels: channels)
        return [Array(block.mean.elements), Array(block.variance.elements)]
    }

    /// By the share `momentum` of the way.
    public func move(_ buffers: [Storage<Float>], towards statistics: [[Double]]) {
        for (buffer, found) in zip(buffers, statistics) {
            for index in 0..<channels {
                let old = Double(buffer.base[index])
                buffer.base[index] = Float(old + momentum * (found[index] - old))
            }
        }
    }

    private func analog(_ activity: Activity) -> Values {
        guard case .values(let values) = activity else { preconditionFailure("batch_norm takes values alone") }
        return values
    }

    /// The sums over a block that gradients are made of, one a channel.
    private struct Slopes {
        let mean: Storage<Double>
        let inverse: Storage<Double>
        let ofScale: Storage<Double>
        let ofShift: Storage<Double>
    }

    private func slopes(of current: Values, _ values: Values) -> Slopes {
        let block = BlockMoments(values, channels: channels)
        let sums = Slopes(
            mean: block.mean,
            inverse: Storage(channels),
            ofScale: Storage(channels),
            ofShift: Storage(channels)
        )
        let (x, slope, channels) = (values.base, current.base, channels)
        let (mean, inverse) = (sums.mean.base, sums.inverse.base)
        let (ofScale, ofShift) = (sums.ofScale.base, sums.ofShift.base)
        for index in 0..<channels { inverse[index] = self.inverse(block.variance.base[index]) }
        for first in Swift.stride(from: 0, to: channels, by: WideChannels.count) {
            let lanes = min(WideChannels.count, channels - first)
            let center = WideChannels(UnsafePointer(mean + first), lanes: lanes)
            var (scale, shift) = (WideChannels(), WideChannels())
            for pixel in Swift.stride(from: first, to: values.slices * values.row, by: channels) {
                let error = WideChannels(UnsafePointer(slope + pixel))
                scale += error * (WideChannels(UnsafePointer(x + pixel)) - center)
                shift += error
            }
            scale.store(to: ofScale + first, lanes: lanes)
            shift.store(to: ofShift + first, lanes: lanes)
        }
        for index in 0..<channels { ofScale[index] *= inverse[index] }
        return withExtendedLifetime(block) { sums }
    }
}

/// Mean and variance of the channels of some samples.
private struct BlockMoments {
    let mean: Storage<Double>
    let variance: Storage<Double>

    init(_ values: Values, channels: Int) {
        mean = Storage(channels)
        variance = Storage(channels)
        let total = values.slices * values.row
        let share = 1 / Double(total / channels)
        let x = UnsafePointer(values.base)
        for first in stride(from: 0, to: channels, by: WideChannels.count) {
            let lanes = min(WideChannels.count, channels - first)
            var center = WideChannels()
            for pixel in stride(from: first, to: total, by: channels) { center += WideChannels(x + pixel) }
            center *= share
            // A second pass rather than a difference of squares, which cancels.
            var squares = WideChannels()
            for pixel in stride(from: first, to: total, by: channels) {
                let distance = WideChannels(x + pixel) - center
                squares += distance * distance
            }
            squares *= share
            center.store(to: mean.base + first, lanes: lanes)
            squares.store(to: variance.base + first, lanes: lanes)
        }
    }
}

/// Numbers of sixteen neighbouring channels in double precision, which stay in registers while pixels pass.
private struct WideChannels {
    /// Channels.
    static let count = 16

    private var low = SIMD8<Double>(repeating: 0)
    private var high = SIMD8<Double>(repeating: 0)

    /// Zeros.
    init() {}

    /// Sixteen numbers of a pixel; those behind the last channel are whatever follows.
    @inline(__always)
    init(_ base: UnsafePointer<Float>) {
        low = Self.wide(base)
        high = Self.wide(base + 8)
    }

    /// `lanes` numbers, then zeros.
    init(_ base: UnsafePointer<Double>, lanes: Int) {
        for lane in 0..<min(8, lanes) { low[lane] = base[lane] }
        for lane in 8..<max(8, lanes) { high[lane - 8] = base[lane] }
    }

    /// Written out: the initialiser that converts a vector goes lane by lane.
    @inline(__always)
    private static func wide(_ base: UnsafePointer<Float>) -> SIMD8<Double> {
        SIMD8(
            Double(base[0]),
            Double(base[1]),
            Double(base[2]),
            Double(base[3]),
            Double(base[4]),
            Double(base[5]),
            Double(base[6]),
            Double(base[7])
        )
    }

    @inline(__always)
    static func += (a: inout WideChannels, b: WideChannels) {
        a.low += b.low
        a.high += b.high
    }

    @inline(__always)
    static func *= (a: inout WideChannels, factor: Double) {
        a.low *= factor
        a.high *= factor
    }

    @inline(__always)
    static func - (a: WideChannels, b: WideChannels) -> WideChannels {
        var result = a
        result.low -= b.low
        result.high -= b.high
        return result
    }

    @inline(__always)
    static func * (a: WideChannels, b: WideChannels) -> WideChannels {
        var result = a
        result.low *= b.low
        result.high *= b.high
        return result
    }

    /// Writes the first `lanes` numbers.
    func store(to target: UnsafeMutablePointer<Double>, lanes: Int) {
        for lane in 0..<min(8, lanes) { target[lane] = low[lane] }
        for lane in 8..<max(8, lanes) { target[lane] = high[lane - 8] }
    }
}

/// What the blocks of a batch found for the buffers of connections, summed in the order of the blocks.
struct BlockStatistics {
    /// Sums over samples, by node; one list a buffer.
    private var sums: [Int: [[Double]]] = [:]
    private var samples = 0

    /// Adds what a block met.
    mutating func add(_ trace: Trace, _ network: Network) {
        let count = trace.input.batch
        samples += count
        for (index, node) in network.nodes.enumerated() {
            guard let connection = node.connection, connection.mixesSamples,
                let input = trace.layers[index].connectionInput
            else { continue }
            add(connection.statistics(of: input), times: Double(count), of: index)
        }
    }

    /// Adds what other blocks found.
    mutating func add(_ other: BlockStatistics) {
        samples += other.samples
        for (index, lists) in other.sums { add(lists, times: 1, of: index) }
    }

    private mutating func add(_ lists: [[Double]], times weight: Double, of node: Int) {
        let known = sums[node] ?? lists.map { $0.map { _ in 0 } }
        sums[node] = zip(known, lists).map { zip($0, $1).map { $0 + weight * $1 } }
    }

    /// Moves the buffers of a network towards the mean.
    func move(_ network: Network) {
        for (index, lists) in sums {
            let node = network.nodes[index]
            let means = lists.map { $0.map { $0 / Double(samples) } }
            node.connection?.move(network.connectionBuffers(of: node), towards: means)
        }
    }
}
