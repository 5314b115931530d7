/// Average or maximum over windows of an image, channel by channel.
///
///     average   y = (1 / k) sum of the window,   k = kernel height x width
///     max       y = largest of the window; of binary spikes that is OR, step by step
///     latest    y = smallest of the window, in some channels of a maximum: the latest of spike times, no spike where one
///               of the window is silent. So a maximum passes a negative factor: k max(x) = min(k x)
///
/// With a border, windows reach past the image. A maximum looks at the image alone. An average counts the border as
/// zeros, or divides by the pixels of the image in its window: see ``countsBorder``.
///
/// Spikes stay spikes: an average pool sends the count of its window with scale 1 / k, so the sum after it stays exact.
/// The gradient of a maximum goes to the first largest input in (row, column) order, that of a smallest to the first
/// smallest.
public struct Pooling: Stage {
    /// What becomes of a window.
    public enum Kind: String, Sendable { case average, max }

    /// The image that arrives.
    public let inputShape: Shape
    /// One pixel a window, channels as they arrive; a window that does not fit in whole is left out.
    public let outputShape: Shape
    /// What becomes of a window.
    public let kind: Kind
    /// Rows of the window.
    public let kernelHeight: Int
    /// Columns of the window.
    public let kernelWidth: Int
    /// Pixels from a window to the next, in both directions.
    public let stride: Int
    /// Channels of a maximum that send the smallest of each window.
    public let latest: [Int]
    /// Rows and columns around the image that windows may reach into.
    public let border: Border
    /// Whether an average divides by all pixels of its window, k, or by those of the image.
    public let countsBorder: Bool
    /// -1 in the channels that send the smallest, else 1; nil where all send the largest.
    private let signs: Storage<Float>?

    /// Windows of `kernelHeight` x `kernelWidth` pixels, `stride` apart; all three must be >= 1.
    ///
    /// `latest` lists channels of a maximum, from 0. Every side of `border` must be narrower than the window.
    ///
    /// Errors: ``SNNError/shape(_:)`` where the window is larger than the image with its border or a channel is not in
    /// it, ``SNNError/parameter(_:)`` where a number is out of range.
    public init(
        input: Shape,
        kind: Kind,
        kernelHeight: Int,
        kernelWidth: Int,
        stride: Int,
        latest: [Int] = [],
        border: Border = .none,
        countsBorder: Bool = true
    ) throws(SNNError) {
        guard kernelHeight >= 1, kernelWidth >= 1, stride >= 1 else {
            throw .parameter(
                "kernel and stride must be >= 1, got \(kernelHeight) x \(kernelWidth) and \(stride)"
            )
        }
        guard max(border.top, border.bottom) < kernelHeight, max(border.left, border.right) < kernelWidth else {
            throw .parameter(
                "padding of a pooling window of \(kernelHeight) x \(kernelWidth) must be smaller than it, got \(border)"
            )
        }
        let whole = try border.around(input)
        guard kernelHeight <= whole.height, kernelWidth <= whole.width else {
            throw .shape(
                "a pooling window of \(kernelHeight) x \(kernelWidth) does not fit an image of "
                    + "\(input.height) x \(input.width)" + (border.isNone ? "" : " with padding \(border)")
            )
        }
        for channel in latest where !(0..<input.channels ~= channel) {
            throw .shape("latest must list channels 0 ... \(input.channels - 1), got \(channel)")
        }
        inputShape = input
        outputShape = Shape(
            height: (whole.height - kernelHeight) / stride + 1,
            width: (whole.width - kernelWidth) / stride + 1,
            channels: input.channels
        )
        self.border = border
        self.countsBorder = countsBorder
        self.kind = kind
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.latest = latest
        guard kind == .max, !latest.isEmpty else {
            signs = nil
            return
        }
        let signs = Storage<Float>(overwriting: input.channels)
        signs.base.update(repeating: 1, count: input.channels)
        for channel in latest { signs.base[channel] = -1 }
        self.signs = signs
    }

    /// The same windows over an image that brings its border with it.
    init(bordered pool: Pooling) {
        inputShape = pool.wholeShape
        outputShape = pool.outputShape
        kind = pool.kind
        kernelHeight = pool.kernelHeight
        kernelWidth = pool.kernelWidth
        stride = pool.stride
        latest = pool.latest
        signs = pool.signs
        border = .none
        countsBorder = true
    }

    var windowSize: Int { kernelHeight * kernelWidth }
    private var channels: Int { inputShape.channels }
    /// Neurons of a row of the image that arrives.
    private var rowLength: Int { inputShape.width * channels }

    /// Spikes have no time within a step, so no channel can send the latest of them.
    public func check(_ arriving: ActivityKind) throws(SNNError) {
        guard signs == nil || arriving != .raster && arriving != .codes else {
            throw .notSupported("max_pool with latest takes spike times and analog values, but spikes arrive")
        }
        // Counts of spikes have one scale for all neurons.
        guard arriving != .raster || dividesAlike else {
            throw .notSupported(
                "average_pool with padding and count_padding = false takes analog values, but spikes arrive"
            )
        }
    }

    /// The average adds up the counts of its window, the maximum passes one on.
    public func largestCount(_ arriving: Int) -> Int { kind == .average ? arriving * windowSize : arriving }

    /// The kind that arrives, but for a mean of spike times, which is no spike time.
    public func sends(_ kind: ActivityKind) -> ActivityKind {
        self.kind == .average && (kind == .times || kind == .codes) ? .constantValues : kind
    }

    /// The share of windows that are not silent: 1 - (1 - p)^k for k pixels.
    public func activity(_ arriving: Double) -> Double {
        1 - (0..<windowSize).reduce(1.0) { product, _ in product * (1 - arriving) }
    }

    /// Pools every step, spikes to spikes and values to values, constant where the input is.
    public func forward(_ input: Activity, _ context: StageContext) -> Activity { forward(input) }

    func forward(_ input: Activity) -> Activity {
        switch input {
        case .values(let values): return .values(border.isNone ? pooled(values) : pooledWithBorder(values))
        case .raster(let raster):
            if kind == .max, let codes = raster.codes { return .raster(largest(of: codes, raster)) }
            if raster.codes != nil { return forward(input.decoded) }
            return .raster(border.isNone ? pooled(raster) : pooledWithBorder(raster))
        }
    }

    func pooled(_ values: Values) -> Values {
        let result = Values(
            steps: values.steps,
            batch: values.batch,
            count: outputShape.count,
            isConstant: values.isConstant,
            storage: Storage(overwriting: values.slices * values.batch * outputShape.count)
        )
        let from = UnsafePointer(values.base)
        switch kind {
        case .average:
            let share = 1 / Float(windowSize)
            fill(result.storage, slices: values.slices, batch: values.batch) { slice, index in
                var sum = SIMD16<Float>(repeating: 0)
                let corner = from + slice * values.row + index
                forEachPixel { offset, _ in sum += (corner + offset).vector() }
                return sum * share
            }
        case .max:
            guard let signs else {
                fill(result.storage, slices: values.slices, batch: values.batch) { slice, index in
                    largest(of: from + slice * values.row + index)
                }
                return result
            }
            fill(result.storage, slices: values.slices, batch: values.batch) { slice, index in
                let sign = UnsafePointer(signs.base + index % channels).vector()
                return largest(of: from + slice * values.row + index, times: sign) * sign
            }
            withExtendedLifetime(signs) {}
        }
        return result
    }

    func pooled(_ raster: Raster) -> Raster {
        let form: Raster.Form =
            switch (kind, raster.form) {
            case (.max, .bits(let words)): .bits(union(of: words, raster))
            case (.max, .counts(let counts)): .counts(largest(of: counts, raster))
            case (.average, .bits(let words)): .counts(sum(of: words, raster))
            case (.average, .counts(let counts)): .counts(sum(of: counts, raster))
            }
        return Raster(
            steps: raster.steps,
            batch: raster.batch,
            count: outputShape.count,
            scale: kind == .average ? raster.scale / Float(windowSize) : raster.scale,
            form: form
        )
    }

    /// OR over every window.
    ///
    /// The channels of a pixel are neighbouring bits, so a window is an OR of stretches of bits, and what leaves at a
    /// step is one stream of such stretches.
    private func union(of words: Storage<UInt64>, _ raster: Raster) -> Storage<UInt64> {
        let wordsPerStep = (raster.batch * outputShape.count + 63) >> 6
        let result = Storage<UInt64>(overwriting: raster.steps * wordsPerStep)
        let isNarrow = kernelWidth * channels <= BitField.narrow
        for t in 0..<raster.steps {
            var stream = BitStream(to: result.base + t * wordsPerStep)
            for sample in 0..<raster.batch {
                let image = t * raster.wordsPerStep << 6 + sample * raster.count
                if isNarrow {
                    forEachWindow { stream.append(narrowUnion(of: words.base, at: image + $1), count: channels) }
                } else {
                    forEachWindow { _, corner in
                        for field in 0..<BitField.count(channels) {
                            let first = image + corner + field << 6
                            var all: UInt64 = 0
                            forEachPixel { offset, _ in all |= BitField.wide(words.base, first &+ offset) }
                            stream.append(all, count: min(64, channels - field << 6))
                        }
                    }
                }
            }
            stream.finish()
        }
        return result
    }

    /// OR over a window whose rows fit in one read each: first over the rows, then over the columns.
    @inline(__always)
    private func narrowUnion(of words: UnsafePointer<UInt64>, at corner: Int) -> UInt64 {
        var rows: UInt64 = 0
        for y in 0..<kernelHeight { rows |= BitField.narrow(words, corner &+ y &* rowLength) }
        var all = rows
        for x in 1..<kernelWidth { all |= rows &>> UInt64(truncatingIfNeeded: x &* channels) }
        return all
    }

    private func sum(of words: Storage<UInt64>, _ raster: Raster) -> Storage<Int16> {
        counts(of: raster) { slice, index in
            var sum = SIMD16<Int16>(repeating: 0)
            let corner = slice * raster.wordsPerStep << 6 + index
            forEachPixel { offset, _ in
                let bits = BitField.narrow(words.base, corner &+ offset)
                sum &+= BitField.ones(bits)
            }
            return sum
        }
    }

    private func sum(of counts: Storage<Int16>, _ raster: Raster) -> Storage<Int16> {
        let from = UnsafePointer(counts.base)
        return self.counts(of: raster) { slice, index in
            var sum = SIMD16<Int16>(repeating: 0)
            let corner = from + slice * raster.row + index
            forEachPixel { offset, _ in sum &+= (corner + offset).vector() }
            return sum
        }
    }

    /// The largest signed count of each window, silence included.
    private func largest(of counts: Storage<Int16>, _ raster: Raster) -> Storage<Int16> {
        let from = UnsafePointer(counts.base)
        return self.counts(of: raster) { slice, index in largest(of: from + slice * raster.row + index) }
    }

    @inline(__always)
    private func counts(of raster: Raster, _ window: (Int, Int) -> SIMD16<Int16>) -> Storage<Int16> {
        let result = Storage<Int16>(overwriting: raster.steps * raster.batch * outputShape.count)
        fill(result, slices: raster.steps, batch: raster.batch, window)
        return result
    }

    /// Shares a gradient evenly over the window (average), or gives it to the first largest input (maximum).
    public func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values {
        let input = input.decoded
        return border.isNone ? spread(gradient, input) : spreadWithBorder(gradient, input)
    }

    /// The adjoint without a border.
    func spread(_ gradient: Values, _ input: Activity) -> Values {
        let isConstant = kind == .average ? gradient.isConstant : input.isConstant
        let result = Values(
            steps: input.steps,
            batch: input.batch,
            count: inputShape.count,
            isConstant: isConstant,
            storage: Storage(overwriting: (isConstant ? 1 : input.steps) * input.batch * inputShape.count)
        )
        switch kind {
        case .average: share(gradient, result)
        case .max: send(gradient, toWinnersOf: input, result)
        }
        return result
    }

    private func share(_ gradient: Values, _ result: Values) {
        let scale = 1 / Float(windowSize)
        for image in 0..<result.slices * result.batch {
            let from = UnsafePointer(gradient.base + image * outputShape.count)
            let to = result.base + image * inputShape.count
            to.update(repeating: 0, count: inputShape.count)
            forEachWindow { output, corner in
                forEachPixel { offset, _ in
                    let pixel = to + corner + offset
                    let share = from + output
                    for channel in 0..<channels { pixel[channel] += share[channel] * scale }
                }
            }
        }
    }

    /// Finds the winners of a row of windows, then sends them their gradients.
    private func send(_ gradient: Values, toWinnersOf input: Activity, _ result: Values) {
        let winners = Storage<UInt64>(outputShape.width * windowSize * BitField.count(channels))
        let overlaps = stride < max(kernelHeight, kernelWidth)
        forEachImage(of: input) { t, sample, find in
            let to = result.step(t) + sample * inputShape.count
            let from = UnsafePointer(gradient.step(t) + sample * outputShape.count)
            if !isTiled { to.update(repeating: 0, count: inputShape.count) }
            for y in 0..<outputShape.height {
                let corner = y * stride * rowLength
                find(corner, winners.base)
                let row = from + y * outputShape.width * channels
                if overlaps {
                    send(row, to: winners.base, at: to + corner, adding: true)
                } else {
                    send(row, to: winners.base, at: to + corner, adding: false)
                }
            }
        }
    }

    /// Calls `body(step, sample, find)` for every image, where `find(corner, winners)` finds the winners of the row of
    /// windows that begins at input neuron `corner`.
    @inline(__always)
    private func forEachImage(
        of input: Activity,
        _ body: (Int, Int, (Int, UnsafeMutablePointer<UInt64>) -> Void) -> Void
    ) {
        // A spike is the largest of its window only if it counts for more than silence.
        if case .raster(let raster) = input, case .bits(let words) = raster.form, raster.scale > 0 {
            let isNarrow = channels <= BitField.narrow
            for t in 0..<raster.steps {
                for sample in 0..<raster.batch {
                    let image = t * raster.wordsPerStep << 6 + sample * raster.count
                    body(t, sample) { corner, winners in
                        if isNarrow {
                            findFired(in: words.base, at: image + corner, winners, BitField.narrow)
                        } else {
                            findFired(in: words.base, at: image + corner, winners, BitField.wide)
                        }
                    }
                }
            }
            return
        }
        let row = Storage<Float>(overwriting: input.batch * input.count)
        for t in 0..<(input.isConstant ? 1 : input.steps) {
            input.write(step: t, to: row.base)
            // The first largest of the negated values is the first smallest.
            if signs != nil { for channel in latest { negate(channel, of: row.base, batch: input.batch) } }
            for sample in 0..<input.batch {
                let image = UnsafePointer(row.base + sample * input.count)
                body(t, sample) { findLargest(in: image + $0, $1) }
            }
        }
        withExtendedLifetime(row) {}
    }

    /// Turns the sign of a channel in a row of images.
    private func negate(_ channel: Int, of row: UnsafeMutablePointer<Float>, batch: Int) {
        for pixel in 0..<batch * inputShape.pixels { row[pixel * channels + channel] *= -1 }
    }

    /// The first input of each window and channel that fired, or the first of all where none did.
    ///
    /// `read` brings the bits from an index on, at least those of a field.
    @inline(__always)
    private func findFired(
        in words: UnsafePointer<UInt64>,
        at corner: Int,
        _ winners: UnsafeMutablePointer<UInt64>,
        _ read: (UnsafePointer<UInt64>, Int) -> UInt64
    ) {
        let fields = BitField.count(channels)
        for field in 0..<fields {
            let isChannel = BitField.mask(channels - field << 6)
            var first = winners + field
            var begin = corner + field << 6
            for _ in 0..<outputShape.width {
                var free = isChannel
                forEachPixel { offset, place in
                    let fired = read(words, begin &+ offset)
                    first[place] = fired & free
                    free &= ~fired
                }
                first[0] |= free
                first += kernelWidth &* fields
                begin &+= stride &* channels
            }
        }
    }

    /// The first largest input of each window and channel: the first that equals it, or the first of all where the
    /// largest equals nothing, being NaN.
    private func findLargest(in image: UnsafePointer<Float>, _ winners: UnsafeMutablePointer<UInt64>) {
        let fields = BitField.count(channels)
        let zero = SIMD16<Float>(repeating: 0)
        winners.update(repeating: 0, count: outputShape.width * windowSize * fields)
        for x in 0..<outputShape.width {
            let first = winners + x * kernelWidth * fields
            forEachVector { channel in
                let corner = image + x * stride * channels + channel
                let field = channel >> 6
                let shift = UInt64(truncatingIfNeeded: channel & 63)
                var best = corner.vector()
                forEachPixel { offset, _ in
                    let value = (corner + offset).vector()
                    best.replace(with: value, where: value.isAbove(best))
                }
                var free = BitField.mask(min(16, channels - channel))
                forEachPixel { offset, place in
                    let isBest: Mask = (corner + offset).vector() .== best
                    let wins = UInt64(SIMD16.select(isBest, SIMD16(repeating: 1), zero).nonZeroBits) & free
                    first[place + field] |= wins &<< shift
                    free &= ~wins
                }
                first[field] |= free &<< shift
            }
        }
    }

    /// Sends the gradients of a row of windows to its winners, in the order of memory.
    ///
    /// Whole vectors are written: the lanes past the last channel are 0, so that they add nothing or, where windows do
    /// not overlap, are overwritten by what belongs there; past the end they leave the margin 0.
    @inline(__always)
    private func send(
        _ gradient: UnsafePointer<Float>,
        to winners: UnsafePointer<UInt64>,
        at corner: UnsafeMutablePointer<Float>,
        adding: Bool
    ) {
        let zero = SIMD16<Float>(repeating: 0)
        let fields = BitField.count(channels)
        func send(_ share: SIMD16<Float>, to: UnsafeMutablePointer<Float>, where wins: Mask) {
            let share = SIMD16.select(wins, share, zero)
            to.store(adding ? to.vector() + share : share)
        }
        var place = winners
        for y in 0..<kernelHeight {
            var window = corner + y * rowLength
            var from = gradient
            for _ in 0..<outputShape.width {
                let first = zero + from.vector()  // 0 + g, as in any sum: it makes 0 of -0
                var to = window
                for _ in 0..<kernelWidth {
                    send(first, to: to, where: BitField.lanes(place, 0))
                    forEachVector(from: 16) { channel in
                        let share = zero + (from + channel).vector()
                        send(share, to: to + channel, where: BitField.lanes(place, channel))
                    }
                    place += fields
                    to += channels
                }
                window += stride * channels
                from += channels
            }
        }
    }

    /// Whether every input lies in exactly one window.
    private var isTiled: Bool {
        stride == kernelHeight && stride == kernelWidth && inputShape.height % stride == 0
            && inputShape.width % stride == 0
    }

    /// Writes `window(slice, first input neuron in its row)` to sixteen channels of every window at a time.
    ///
    /// The lanes past the last channel are overwritten by what belongs there, and left out at the end of memory.
    @inline(__always)
    private func fill<Element>(
        _ result: Storage<Element>,
        slices: Int,
        batch: Int,
        _ window: (Int, Int) -> SIMD16<Element>
    ) {
        for slice in 0..<slices {
            for sample in 0..<batch {
                let image = (slice * batch + sample) * outputShape.count
                forEachWindow { output, corner in
                    forEachVector { channel in
                        let first = image + output + channel
                        let vector = window(slice, sample * inputShape.count + corner + channel)
                        (result.base + first).store(vector, lanes: result.count - first)
                    }
                }
            }
        }
    }

    /// Sixteen channels of the largest of a window, as `max` has it.
    @inline(__always)
    private func largest(of corner: UnsafePointer<Float>) -> SIMD16<Float> {
        var best = corner.vector()
        forEachPixel { offset, _ in
            let value = (corner + offset).vector()
            best.replace(with: value, where: value.isAtLeast(best))
        }
        return best
    }

    /// The same of the products with the signs of these channels.
    @inline(__always)
    private func largest(of corner: UnsafePointer<Float>, times sign: SIMD16<Float>) -> SIMD16<Float> {
        var best = corner.vector() * sign
        forEachPixel { offset, _ in
            let value = (corner + offset).vector() * sign
            best.replace(with: value, where: value.isAtLeast(best))
        }
        return best
    }

    @inline(__always)
    private func largest(of corner: UnsafePointer<Int16>) -> SIMD16<Int16> {
        var best = corner.vector()
        forEachPixel { offset, _ in
            let value = (corner + offset).vector()
            let isLarger: SIMDMask<SIMD16<Int16>> = value .> best
            best.replace(with: value, where: isLarger)
        }
        return best
    }

    /// Calls `body(first output neuron, first input neuron)` for every window.
    @inline(__always)
    private func forEachWindow(_ body: (Int, Int) -> Void) {
        let across = stride * channels
        let down = stride * rowLength
        var output = 0
        for y in 0..<outputShape.height {
            var corner = y &* down
            for _ in 0..<outputShape.width {
                body(output, corner)
                output &+= channels
                corner &+= across
            }
        }
    }

    /// Calls `body(distance from the corner in neurons, from the corner's winners in words)` for every pixel of a
    /// window, in (row, column) order.
    @inline(__always)
    private func forEachPixel(_ body: (_ offset: Int, _ place: Int) -> Void) {
        let fields = BitField.count(channels)
        let down = outputShape.width * kernelWidth * fields
        // Most networks have this window; written out it takes a quarter less time than in loops.
        if kernelHeight == 2, kernelWidth == 2 {
            body(0, 0)
            body(channels, fields)
            body(rowLength, down)
            return body(rowLength &+ channels, down &+ fields)
        }
        for y in 0..<kernelHeight {
            var offset = y &* rowLength
            var place = y &* down
            for _ in 0..<kernelWidth {
                body(offset, place)
                offset &+= channels
                place &+= fields
            }
        }
    }

    /// Calls `body` with the first of every sixteen channels, from channel `first` on.
    @inline(__always)
    private func forEachVector(from first: Int = 0, _ body: (Int) -> Void) {
        var channel = first
        while channel < channels {
            body(channel)
            channel &+= 16
        }
    }
}

private typealias Mask = SIMDMask<SIMD16<Int32>>
