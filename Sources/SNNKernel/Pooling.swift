/// Average or maximum over windows of an image, channel by channel.
///
///     average   y = (1 / k) sum of the window,   k = kernel height x width
///     max       y = largest of the window; of binary spikes that is OR, step by step
///
/// Spikes stay spikes: an average pool sends the count of its window with scale 1 / k, so the sum after it stays exact.
/// The gradient of a maximum goes to the first largest input in (row, column) order.
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

    /// Windows of `kernelHeight` x `kernelWidth` pixels, `stride` apart; all three must be >= 1.
    ///
    /// Errors: ``SNNError/shape(_:)`` where the window is larger than the image.
    public init(input: Shape, kind: Kind, kernelHeight: Int, kernelWidth: Int, stride: Int) throws(SNNError) {
        guard kernelHeight >= 1, kernelWidth >= 1, stride >= 1 else {
            throw .parameter(
                "kernel and stride must be >= 1, got \(kernelHeight) x \(kernelWidth) and \(stride)"
            )
        }
        guard kernelHeight <= input.height, kernelWidth <= input.width else {
            throw .shape(
                "a pooling window of \(kernelHeight) x \(kernelWidth) does not fit an image of "
                    + "\(input.height) x \(input.width)"
            )
        }
        inputShape = input
        outputShape = Shape(
            height: (input.height - kernelHeight) / stride + 1,
            width: (input.width - kernelWidth) / stride + 1,
            channels: input.channels
        )
        self.kind = kind
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
    }

    private var windowSize: Int { kernelHeight * kernelWidth }

    /// The average adds up the counts of its window, the maximum passes one on.
    public func largestCount(_ arriving: Int) -> Int { kind == .average ? arriving * windowSize : arriving }

    /// Pools every step, spikes to spikes and values to values, constant where the input is.
    public func forward(_ input: Activity, _ context: StageContext) -> Activity {
        switch input {
        case .values(let values): .values(pooled(values))
        case .raster(let raster): .raster(pooled(raster))
        }
    }

    private func pooled(_ values: Values) -> Values {
        let result = Values(
            steps: values.steps,
            batch: values.batch,
            count: outputShape.count,
            isConstant: values.isConstant
        )
        let channels = inputShape.channels
        for image in 0..<values.slices * values.batch {
            let from = values.base + image * values.count
            forEachWindow { output, corner in
                let to = result.base + image * outputShape.count + output * channels
                for channel in 0..<channels {
                    var best = from[corner * channels + channel]
                    var sum: Float = 0
                    forEachPixel(corner) { pixel in
                        let value = from[pixel * channels + channel]
                        sum += value
                        best = max(best, value)
                    }
                    to[channel] = kind == .average ? sum * (1 / Float(windowSize)) : best
                }
            }
        }
        return result
    }

    private func pooled(_ raster: Raster) -> Raster {
        let row = raster.batch * outputShape.count
        if kind == .max, case .bits = raster.form {
            let words = Raster.emptyBits(steps: raster.steps, batch: raster.batch, count: outputShape.count)
            let wordsPerStep = (row + 63) >> 6
            forEachTarget(of: raster) { t, target, _ in
                words.base[t * wordsPerStep + (target >> 6)] |= 1 << UInt64(target & 63)
            }
            return Raster(
                steps: raster.steps,
                batch: raster.batch,
                count: outputShape.count,
                scale: raster.scale,
                form: .bits(words)
            )
        }
        let counts = Storage<Int16>(raster.steps * row)
        var scale = raster.scale
        if kind == .average {
            forEachTarget(of: raster) { t, target, count in
                counts.base[t * row + target] &+= Int16(truncatingIfNeeded: count)
            }
            scale /= Float(windowSize)
        } else {
            maximum(of: raster, to: counts)
        }
        return Raster(
            steps: raster.steps,
            batch: raster.batch,
            count: outputShape.count,
            scale: scale,
            form: .counts(counts)
        )
    }

    /// The largest signed count of each window, silence included.
    private func maximum(of raster: Raster, to counts: Storage<Int16>) {
        guard case .counts(let source) = raster.form else { return }
        let channels = inputShape.channels
        for image in 0..<raster.steps * raster.batch {
            let from = source.base + image * raster.count
            forEachWindow { output, corner in
                for channel in 0..<channels {
                    var best = from[corner * channels + channel]
                    forEachPixel(corner) { best = max(best, from[$0 * channels + channel]) }
                    counts.base[image * outputShape.count + output * channels + channel] = best
                }
            }
        }
    }

    /// Shares a gradient evenly over the window (average), or gives it to the first largest input (maximum).
    public func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values {
        let channels = inputShape.channels
        let repeats = kind == .average ? gradient.isConstant : input.isConstant
        let result = Values(
            steps: input.steps,
            batch: input.batch,
            count: inputShape.count,
            isConstant: repeats
        )
        let row = Storage<Float>(kind == .max ? input.batch * inputShape.count : 0)
        for t in 0..<result.slices {
            if kind == .max { input.write(step: t, to: row.base) }
            for sample in 0..<input.batch {
                let from = gradient.step(t) + sample * outputShape.count
                let to = result.step(t) + sample * inputShape.count
                let values = row.base + (kind == .max ? sample * inputShape.count : 0)
                forEachWindow { output, corner in
                    for channel in 0..<channels {
                        let share = from[output * channels + channel]
                        if kind == .average {
                            forEachPixel(corner) { to[$0 * channels + channel] += share * (1 / Float(windowSize)) }
                        } else {
                            var first = corner
                            forEachPixel(corner) {
                                if values[$0 * channels + channel] > values[first * channels + channel] { first = $0 }
                            }
                            to[first * channels + channel] += share
                        }
                    }
                }
            }
        }
        return result
    }

    /// Calls `body(output pixel, top left input pixel)` for every window.
    @inline(__always)
    private func forEachWindow(_ body: (Int, Int) -> Void) {
        for y in 0..<outputShape.height {
            for x in 0..<outputShape.width {
                body(y * outputShape.width + x, y * stride * inputShape.width + x * stride)
            }
        }
    }

    /// Calls `body` for every pixel of the window with this corner, in (row, column) order.
    @inline(__always)
    private func forEachPixel(_ corner: Int, _ body: (Int) -> Void) {
        for y in 0..<kernelHeight {
            for x in 0..<kernelWidth { body(corner + y * inputShape.width + x) }
        }
    }

    /// Calls `body(step, index in the output row, count)` for every event and every window it lies in.
    @inline(__always)
    private func forEachTarget(of raster: Raster, _ body: (Int, Int, Int) -> Void) {
        let channels = inputShape.channels
        // The windows of each input pixel: looked up, as a division an event costs more than the pooling.
        var windows = [[Int]](repeating: [], count: inputShape.pixels)
        forEachWindow { output, corner in forEachPixel(corner) { windows[$0].append(output) } }
        for t in 0..<raster.steps {
            for sample in 0..<raster.batch {
                let first = sample * raster.count
                for pixel in 0..<inputShape.pixels where !windows[pixel].isEmpty {
                    let begin = first + pixel * channels
                    let targets = windows[pixel]
                    raster.forEachEvent(step: t, in: begin..<begin + channels) { index, count in
                        for target in targets {
                            body(t, sample * outputShape.count + target * channels + (index - begin), count)
                        }
                    }
                }
            }
        }
    }
}
