import SNNKernel

/// A linear map of every channel on its own: y = factor x + constant.
///
/// Batch normalisation in inference is one, and so is another range of the input.
struct ChannelMap {
    /// One a channel.
    var factor: [Double]
    /// One a channel.
    var constant: [Double]

    /// The same for `channels` channels.
    init(factor: Double, constant: Double, channels: Int) {
        self.factor = Array(repeating: factor, count: channels)
        self.constant = Array(repeating: constant, count: channels)
    }

    /// What a batch normalisation does in inference.
    init(_ norm: BatchNormalisation, tensors: [Tensor], buffers: [Tensor]) {
        func numbers(_ tensor: Tensor) -> [Double] { tensor.storage.elements.map(Double.init) }
        let (scale, shift) = (numbers(tensors[0]), numbers(tensors[1]))
        let (mean, variance) = (numbers(buffers[0]), numbers(buffers[1]))
        factor = zip(scale, variance).map { $0 / ($1 + norm.epsilon).squareRoot() }
        constant = zip(shift, zip(mean, factor)).map { $0 - $1.0 * $1.1 }
    }

    /// This map behind another.
    func behind(_ first: ChannelMap?) -> ChannelMap {
        guard let first else { return self }
        var both = self
        for channel in factor.indices {
            both.factor[channel] = factor[channel] * first.factor[channel]
            both.constant[channel] = factor[channel] * first.constant[channel] + constant[channel]
        }
        return both
    }

    /// The map of a row that an image of `pixels` pixels became.
    func tiled(over pixels: Int) -> ChannelMap {
        var tiled = self
        tiled.factor = (0..<pixels).flatMap { _ in factor }
        tiled.constant = (0..<pixels).flatMap { _ in constant }
        return tiled
    }
}

/// A dense connection or a convolution with its numbers, into which maps of channels are folded.
///
/// Numbers into which nothing is folded keep their bits.
struct FoldedConnection {
    let map: Convolution
    /// As the tensor: `[..., in, out]`.
    private(set) var weight: [Double]
    /// One an output channel, one an output neuron, or none.
    private(set) var bias: [Double]

    /// A connection with its tensors as stored.
    init(_ map: Convolution, tensors: [Tensor]) {
        self.map = map
        weight = tensors[0].storage.elements.map(Double.init)
        bias = tensors.count > 1 ? tensors[1].storage.elements.map(Double.init) : []
        isPerPixel = map.biasPerPixel
    }

    /// Whether there is a bias for every output neuron.
    private(set) var isPerPixel: Bool

    private var channels: Int { map.outputShape.channels }

    /// Folds a map of what leaves: W' = k W, b' = k b + s.
    mutating func fold(behind leaving: ChannelMap) {
        if bias.isEmpty { bias = Array(repeating: 0, count: channels) }
        for index in weight.indices { weight[index] *= leaving.factor[index % channels] }
        for index in bias.indices {
            bias[index] = bias[index] * leaving.factor[index % channels] + leaving.constant[index % channels]
        }
    }

    /// Folds a map of what arrives: W' = W k, b' = b + W s.
    ///
    /// The zeros around an image are no input and have no s: a bias for every pixel leaves out what hangs over the edge.
    mutating func fold(before arriving: ChannelMap) {
        let taps = map.kernelHeight * map.kernelWidth
        // What s adds through each tap of the kernel.
        var shares = [Double](repeating: 0, count: taps * channels)
        for tap in 0..<taps {
            for input in arriving.factor.indices {
                for output in 0..<channels {
                    let index = (tap * arriving.factor.count + input) * channels + output
                    shares[tap * channels + output] += weight[index] * arriving.constant[input]
                    weight[index] *= arriving.factor[input]
                }
            }
        }
        guard arriving.constant.contains(where: { $0 != 0 }) else { return }
        if bias.isEmpty { bias = Array(repeating: 0, count: channels) }
        if map.padding == 0 {
            for index in bias.indices {
                for tap in 0..<taps { bias[index] += shares[tap * channels + index % channels] }
            }
            return
        }
        if !isPerPixel {
            bias = (0..<map.outputShape.pixels).flatMap { _ in bias }
            isPerPixel = true
        }
        for pixel in 0..<map.outputShape.pixels {
            let (y, x) = pixel.quotientAndRemainder(dividingBy: map.outputShape.width)
            for tap in 0..<taps {
                let row = y * map.stride - map.padding + tap / map.kernelWidth
                let column = x * map.stride - map.padding + tap % map.kernelWidth
                guard 0..<map.inputShape.height ~= row, 0..<map.inputShape.width ~= column else { continue }
                for output in 0..<channels { bias[pixel * channels + output] += shares[tap * channels + output] }
            }
        }
    }
}
