/// Dense connections and two-dimensional convolutions, as one map: a dense connection is a convolution of an image of
/// one pixel with a kernel of one pixel.
///
///     dense    weight [inputs, outputs],              index of an input: i
///     conv2d   weight [height, width, in, out],       index: (row, column, channel) of the receptive field
///     bias     [out], or [height, width, out] of the output where every pixel has its own
///
/// Cross-correlation as in every library of the field; zero padding; groups 1; dilation 1.
public struct Convolution: Connection {
    /// The image, or row of neurons, that arrives.
    public let inputShape: Shape
    /// One channel a kernel; rows and columns are `(input + 2 padding - kernel) / stride + 1`, rounded down.
    public let outputShape: Shape
    /// Rows of the kernel.
    public let kernelHeight: Int
    /// Columns of the kernel.
    public let kernelWidth: Int
    /// Distance between neighbouring receptive fields.
    public let stride: Int
    /// Rows and columns of zeros around the image.
    public let padding: Int
    /// Whether a bias is added to the current: one an output channel, unless ``biasPerPixel``.
    public let hasBias: Bool
    /// Whether there is a bias for every output neuron.
    public let biasPerPixel: Bool
    let initialiser: Initialiser

    /// A dense connection of `inputs` to `outputs` neurons.
    public init(
        inputs: Int,
        outputs: Int,
        bias: Bool = true,
        initialiser: Initialiser = .uniformFanIn
    ) throws(SNNError) {
        guard outputs >= 1 else { throw .parameter("outputs must be >= 1, got \(outputs)") }
        inputShape = Shape(inputs)
        outputShape = Shape(outputs)
        kernelHeight = 1
        kernelWidth = 1
        stride = 1
        padding = 0
        hasBias = bias
        biasPerPixel = false
        self.initialiser = initialiser
        try checkSize()
    }

    /// A convolution of an image `input` with `channels` kernels.
    public init(
        input: Shape,
        channels: Int,
        kernelHeight: Int,
        kernelWidth: Int,
        stride: Int = 1,
        padding: Int = 0,
        bias: Bool = true,
        biasPerPixel: Bool = false,
        initialiser: Initialiser = .uniformFanIn
    ) throws(SNNError) {
        guard bias || !biasPerPixel else { throw .parameter("bias_per_pixel needs bias = true, got false") }
        guard channels >= 1 else { throw .parameter("channels must be >= 1, got \(channels)") }
        guard kernelHeight >= 1, kernelWidth >= 1 else {
            throw .parameter("kernel must be >= 1 x 1, got \(kernelHeight) x \(kernelWidth)")
        }
        guard stride >= 1 else { throw .parameter("stride must be >= 1, got \(stride)") }
        guard padding >= 0, padding < kernelHeight, padding < kernelWidth else {
            throw .parameter("padding must be >= 0 and smaller than the kernel, got \(padding)")
        }
        guard kernelHeight <= input.height + 2 * padding, kernelWidth <= input.width + 2 * padding else {
            throw .shape(
                "a kernel of \(kernelHeight) x \(kernelWidth) does not fit an image of \(input.height) x "
                    + "\(input.width) with padding \(padding)"
            )
        }
        inputShape = input
        outputShape = Shape(
            height: (input.height + 2 * padding - kernelHeight) / stride + 1,
            width: (input.width + 2 * padding - kernelWidth) / stride + 1,
            channels: channels
        )
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.padding = padding
        hasBias = bias
        self.biasPerPixel = biasPerPixel
        self.initialiser = initialiser
        try checkSize()
    }

    private func checkSize() throws(SNNError) {
        let (inputs, overflow) = (kernelHeight * kernelWidth).multipliedReportingOverflow(by: inputShape.channels)
        let (weights, more) = inputs.multipliedReportingOverflow(by: outputShape.channels)
        guard !overflow, !more, weights <= 1 << 31, outputShape.pixels <= (1 << 31) / outputShape.channels else {
            throw .parameter(
                "a connection must have <= 2^31 weights and outputs, got \(inputShape) to \(outputShape)"
            )
        }
    }

    /// Inputs of one output.
    var receptiveField: Int { kernelHeight * kernelWidth * inputShape.channels }

    /// `weight`, then `bias` where there is one.
    public var tensors: [TensorDescription] {
        let inside = inputShape.channels
        let outside = outputShape.channels
        let fanOut = kernelHeight * kernelWidth * outside
        var list = [
            TensorDescription(
                name: "weight",
                shape: isDense ? [inside, outside] : [kernelHeight, kernelWidth, inside, outside],
                fanIn: receptiveField,
                fanOut: fanOut,
                initialiser: initialiser
            )
        ]
        if hasBias {
            list.append(
                TensorDescription(
                    name: "bias",
                    shape: biasPerPixel ? [outputShape.height, outputShape.width, outside] : [outside],
                    fanIn: receptiveField,
                    fanOut: fanOut,
                    initialiser: initialiser.forBias
                )
            )
        }
        return list
    }

    /// Output channels times the receptive fields that each event lies in; padding costs nothing.
    public func operations(for activity: Activity) -> Int {
        let events = EventList(activity, shape: inputShape)
        // How many receptive fields each row and each column of the image lies in.
        let rows = coverage(length: inputShape.height, kernel: kernelHeight, fields: outputShape.height)
        let columns = coverage(length: inputShape.width, kernel: kernelWidth, fields: outputShape.width)
        var total = 0
        for row in 0..<events.rows {
            for pixel in 0..<inputShape.pixels {
                let place = row * events.pixels + pixel
                let count = Int(events.starts.base[place + 1] - events.starts.base[place])
                total += count * rows[pixel / inputShape.width] * columns[pixel % inputShape.width]
            }
        }
        return total * outputShape.channels
    }

    private func coverage(length: Int, kernel: Int, fields: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: length)
        for field in 0..<fields {
            for place in field * stride - padding..<field * stride - padding + kernel where counts.indices ~= place {
                counts[place] += 1
            }
        }
        return counts
    }

    /// As ``prepare(_:adjoint:)``: it has no buffers.
    public func prepare(
        _ tensors: [Storage<Float>],
        buffers: [Storage<Float>],
        isTraining: Bool,
        adjoint: Bool
    ) -> PreparedWeights { prepare(tensors, adjoint: adjoint) }

    /// Passes the tensors of a network on as stored, without a copy, and transposes the weight where the adjoint is
    /// wanted.
    public func prepare(_ tensors: [Storage<Float>], adjoint: Bool) -> PreparedWeights {
        PreparedWeights(
            weight: withZeros(tensors[0]),
            bias: hasBias ? tensors[1] : nil,
            adjoint: adjoint ? transposed(tensors[0]) : nil
        )
    }

    /// The weight followed by a row of zeros, for spikes that are none, and what a tile reads beyond it.
    private func withZeros(_ weight: Storage<Float>) -> Storage<Float> {
        let zeros = TensorDescription.zeros(outputs: outputShape.channels)
        guard isDense, weight.zerosAfter < zeros else { return weight }
        let copy = Storage<Float>(weight.count, zerosAfter: zeros)
        copy.base.update(from: weight.base, count: weight.count)
        return copy
    }

    /// `[h, w, in, out]` to `[out, h, w, in]`.
    private func transposed(_ weight: Storage<Float>) -> Storage<Float> {
        let inside = receptiveField
        let outside = outputShape.channels
        let transposed = Storage<Float>(overwriting: weight.count)
        // Square tiles keep both sides in cache lines.
        for firstIn in tileStarts(inside) {
            for firstOut in tileStarts(outside) {
                for i in firstIn..<min(firstIn + 16, inside) {
                    for o in firstOut..<min(firstOut + 16, outside) {
                        transposed.base[o * inside + i] = weight.base[i * outside + o]
                    }
                }
            }
        }
        return transposed
    }

    private func tileStarts(_ count: Int) -> StrideTo<Int> { Swift.stride(from: 0, to: count, by: 16) }

    /// The current under the law of sums, skipping silent inputs.
    public func current(of activity: Activity, with weights: PreparedWeights) -> Values {
        if case .values(let values) = activity, isDense, wantsDense(values), DenseProduct.keepsLaw {
            return denseCurrent(of: values, with: weights)
        }
        let result = Values(
            overwriting: activity.steps,
            batch: activity.batch,
            count: outputShape.count,
            isConstant: activity.isConstant
        )
        let weight = UnsafePointer(weights.weight.base)
        let bias = weights.bias.map { UnsafePointer($0.base) }
        var scale: Float = 1
        if case .raster(let raster) = activity {
            scale = raster.scale
            if isDense, let sums = flatSums(raster, with: weights) {
                sums.write(0..<outputShape.channels, result.base)
                return result
            }
        }
        if case .values(let values) = activity, isDense, let parts = ValueParts(values, outputs: outputShape.channels) {
            for tile in sums.tiles {
                parts.sum(tile, outputs: outputShape.channels, weights: weight, bias: bias, to: result.base)
            }
            return result
        }
        let events = EventList(activity, shape: inputShape)
        sums.add(events, weights: weight, bias: bias, scale: scale, to: result.base)
        return result
    }

    /// A piece for some outputs, whose weights then serve all samples from a near cache.
    public func constantCurrent(
        of input: Values,
        with weights: PreparedWeights
    ) -> (current: Values, pieces: [@Sendable () -> Void]) {
        let takesProduct = isDense && wantsDense(input) && DenseProduct.keepsLaw
        let parts = isDense && !takesProduct ? ValueParts(input, outputs: outputShape.channels) : nil
        guard isDense else { return (current(of: .values(input), with: weights), []) }
        let outputs = outputShape.channels
        let result = Values(overwriting: input.steps, batch: input.batch, count: outputs, isConstant: true)
        if !takesProduct, parts == nil {
            let (events, sums) = (EventList(input, shape: inputShape), self.sums)
            let pieces = sums.tiles.map { tile -> @Sendable () -> Void in
                {
                    let bias = weights.bias.map { UnsafePointer($0.base) }
                    sums.addTile(tile, events, weights: weights.weight.base, bias: bias, scale: 1, to: result.base)
                }
            }
            return (result, pieces)
        }
        if let parts {
            let pieces = sums.tiles.map { tile -> @Sendable () -> Void in
                {
                    parts.sum(
                        tile,
                        outputs: outputs,
                        weights: weights.weight.base,
                        bias: weights.bias.map { UnsafePointer($0.base) },
                        to: result.base
                    )
                }
            }
            return (result, pieces)
        }
        let pieces = Swift.stride(from: 0, to: outputs, by: Self.productColumns).map { first -> @Sendable () -> Void in
            let columns = first..<min(first + Self.productColumns, outputs)
            return { writeProduct(columns, of: input, with: weights, to: result) }
        }
        return (result, pieces)
    }

    /// Outputs of a piece of a product: enough that packing the inputs for each costs little.
    private static let productColumns = 128

    /// Share of inputs that are not zero above which a product over all of them is faster than one that skips.
    static let denseShare = 0.25
    /// Rows and outputs below which packing the factors costs BLIS more than it gains.
    static let leastRows = 16
    static let leastOutputs = 32
    /// Outputs from which BLIS, which packs its factors, gives input gradients faster than groups of rows do.
    static let leastErrors = 48

    /// A connection of every input to every output: no image.
    var isDense: Bool { inputShape.isFlat && kernelHeight == 1 && kernelWidth == 1 && padding == 0 }

    private func wantsDense(_ values: Values) -> Bool {
        let rows = values.slices * values.batch
        guard rows >= Self.leastRows, outputShape.channels >= Self.leastOutputs else { return false }
        let total = rows * values.count
        return Double(UnsafePointer(values.base).countNonZero(total)) > Self.denseShare * Double(total)
    }

    private func denseCurrent(of input: Values, with weights: PreparedWeights) -> Values {
        let result = Values(
            overwriting: input.steps,
            batch: input.batch,
            count: outputShape.count,
            isConstant: input.isConstant
        )
        writeProduct(0..<outputShape.channels, of: input, with: weights, to: result)
        return result
    }

    /// Writes some outputs of all rows: the product over all inputs, and the bias.
    private func writeProduct(
        _ columns: Range<Int>,
        of input: Values,
        with weights: PreparedWeights,
        to result: Values
    ) {
        let rows = input.slices * input.batch
        let outputs = outputShape.channels
        DenseProduct.lawful(
            rows: rows,
            inputs: inputShape.channels,
            outputs: outputs,
            columns: columns,
            input.base,
            weights: weights.weight.base,
            to: result.base
        )
        guard let bias = weights.bias?.base else { return }
        for row in 0..<rows {
            let out = result.base + row * outputs
            for output in columns { out[output] += bias[output] }
        }
    }

    /// The forward map.
    var sums: EventSums {
        EventSums(
            input: inputShape,
            output: outputShape,
            kernelHeight: kernelHeight,
            kernelWidth: kernelWidth,
            stride: stride,
            padding: padding,
            biasPerPixel: biasPerPixel
        )
    }

    /// Adds the gradient of the weight, events times gradients of the current, and that of the bias.
    public func addGradients(of current: Values, input: Activity, to gradients: [Storage<Float>]) {
        if hasBias { addBiasGradient(of: current, to: gradients[1].base) }
        let outputs = outputShape.channels
        if case .values(let values) = input, isDense, wantsDense(values) {
            return DenseProduct.addOuter(
                rows: values.slices * values.batch,
                inputs: inputShape.channels,
                outputs: outputs,
                values.base,
                current.base,
                to: gradients[0].base
            )
        }
        let errors = UnsafePointer(current.base)
        var scale: Float = 1
        if case .raster(let raster) = input {
            scale = raster.scale
            if isDense, let spikes = SpikeWords(ifMany: raster, outputs: outputs) {
                spikes.addGradients(outputs: outputs, scale: scale, to: gradients[0].base, bias: nil) {
                    first,
                    vectors,
                    tile in
                    SpikeWords.copy(errors + first, rows: spikes.rows, rowLength: outputs, vectors: vectors, to: tile)
                }
                return
            }
        }
        let events = EventList(input, shape: inputShape)
        if isDense, events.values == nil, gathers(events: events.count) {
            return SpikeColumns(events, inputs: inputShape.count)
                .add(errors, outputs: outputs, scale: scale, to: gradients[0].base)
        }
        sums.addWeightGradient(events, gradient: errors, scale: scale, to: gradients[0].base)
    }

    /// By strips where spikes repeat, as in ``addGradients(of:input:to:)``, and a strip fills the first-level cache.
    public func addGradients(
        input: Activity,
        to gradients: [Storage<Float>],
        errors: (GradientStrip) -> Void
    ) -> Bool {
        // What is known without a list comes first: the caller lists again where this is refused.
        guard isDense, case .raster(let raster) = input, raster.isBinary else { return false }
        let bias = hasBias ? gradients[1].base : nil
        let outputs = outputShape.count
        if let spikes = SpikeWords(ifMany: raster, outputs: outputs) {
            spikes.addGradients(outputs: outputs, scale: raster.scale, to: gradients[0].base, bias: bias) {
                first,
                vectors,
                tile in
                for strip in Swift.stride(from: first, to: min(first + 16 * vectors, outputs), by: GradientStrip.width)
                {
                    let low = tile + (strip - first)
                    errors(
                        GradientStrip(
                            neurons: strip..<min(strip + GradientStrip.width, outputs),
                            low: low,
                            high: low + OneVector.width,
                            rowLength: 16 * vectors
                        )
                    )
                }
            }
            return true
        }
        guard takesStrips(rows: raster.steps * raster.batch, spikes: .max) else { return false }
        let events = EventList(input, shape: inputShape)
        guard gathers(events: events.count) else { return false }
        SpikeColumns(events, inputs: inputShape.count).add(
            outputs: outputs,
            scale: raster.scale,
            to: gradients[0].base,
            bias: bias,
            errors: errors
        )
        return true
    }

    /// Whether errors for so many spikes are wanted strip by strip.
    func takesStrips(rows: Int, spikes: Int) -> Bool {
        isDense && rows > Self.leastStripRows && gathers(events: spikes)
    }

    /// Rows beyond which a strip of two vectors fills the first-level cache.
    private static let leastStripRows = 1 << 7
    /// Whether so many spikes take ``SpikeColumns``.
    func gathers(events: Int) -> Bool {
        events > Self.leastRepeats * inputShape.count && outputShape.channels >= Self.leastGathered
    }

    /// Spikes of an input, and outputs, from which its weights are better gathered than scattered to.
    private static let leastRepeats = 2
    private static let leastGathered = 64

    /// Weights from which one gradient for the whole batch is worth keeping its activity: the gradients of a block
    /// would have to be cleared and added up, three passes over all weights.
    private static let leastDeferred = 1 << 14

    /// Dense connections of many weights.
    public var defersConstantGradients: Bool {
        isDense && inputShape.channels * outputShape.channels >= Self.leastDeferred
    }

    /// Gathers what the slabs of a batch add; only where gradients are deferred.
    public func batchGradients(samples: Int) -> BatchGradients? {
        guard defersConstantGradients else { return nil }
        return BatchGradients(
            inputs: inputShape.channels,
            outputs: outputShape.channels,
            samples: samples,
            hasBias: hasBias
        )
    }

    /// Adds the sum of `current` over rows and, unless every pixel has its own, over pixels, with a tile of channels in
    /// registers.
    private func addBiasGradient(of current: Values, to bias: UnsafeMutablePointer<Float>) {
        let channels = biasPerPixel ? outputShape.count : outputShape.channels
        let rows = current.slices * current.batch * outputShape.count / channels
        for first in Swift.stride(from: 0, to: channels, by: 16) {
            var sum = SIMD16<Float>(repeating: 0)
            var row = UnsafePointer(current.base + first)
            for _ in 0..<rows {
                sum += row.vector()
                row += channels
            }
            let target = bias + first
            for lane in 0..<min(16, channels - first) { target[lane] += sum[lane] }
        }
    }

    /// The gradient of the input; the weights must have been prepared with their adjoint.
    public func inputGradient(of current: Values, input: Activity, with weights: PreparedWeights) -> Values {
        inputGradient(of: current, with: weights)
    }

    /// The gradient of the input, whatever arrived: the map is linear.
    func inputGradient(of current: Values, with weights: PreparedWeights) -> Values {
        guard let adjoint = weights.adjoint else { preconditionFailure("weights were prepared without their adjoint") }
        let result = Values(
            overwriting: current.steps,
            batch: current.batch,
            count: inputShape.count,
            isConstant: current.isConstant
        )
        if !isDense {
            addFields(of: current, adjoint: adjoint, to: result)
        } else if mostAreErrors(current) {
            if outputShape.channels < Self.leastErrors {
                addFields(of: current, adjoint: adjoint, to: result)
                return result
            }
            DenseProduct.transposed(
                rows: current.slices * current.batch,
                outputs: outputShape.channels,
                inputs: inputShape.channels,
                current.base,
                weights: weights.weight.base,
                to: result.base
            )
        } else {
            let map = EventSums(
                input: outputShape,
                output: inputShape,
                kernelHeight: 1,
                kernelWidth: 1,
                stride: 1,
                padding: 0
            )
            map.addFreely(EventList(current, shape: outputShape), weights: adjoint.base, to: result.base)
        }
        return result
    }

    /// Whether so many gradients are not zero that listing those that are not is a waste.
    private func mostAreErrors(_ current: Values) -> Bool {
        let total = current.slices * current.row
        return Double(UnsafePointer(current.base).countNonZero(total)) > Self.denseShare * Double(total)
    }

    /// The input gradient through groups of rows.
    private func addFields(of current: Values, adjoint: Storage<Float>, to result: Values) {
        result.base.update(repeating: 0, count: result.slices * result.row)
        let fields = FieldGradients(
            input: inputShape,
            output: outputShape,
            kernelHeight: kernelHeight,
            kernelWidth: kernelWidth,
            stride: stride,
            padding: padding
        )
        // A group is best made of steps of one sample, which have their zeros in the same places.
        let samples = current.slices >= current.batch ? current.batch : 1
        let rows = current.slices * current.batch / samples
        for sample in 0..<samples {
            fields.add(
                .init(base: current.base + sample * current.count, distance: samples * current.count),
                count: rows,
                weights: adjoint.base,
                to: .init(base: result.base + sample * result.count, distance: samples * result.count)
            )
        }
    }
}
