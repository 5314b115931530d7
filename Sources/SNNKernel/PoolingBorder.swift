extension Pooling {
    /// The image that arrives, with its border.
    var wholeShape: Shape {
        Shape(
            height: inputShape.height + border.top + border.bottom,
            width: inputShape.width + border.left + border.right,
            channels: inputShape.channels
        )
    }

    /// Rows of the image in the windows of row `y`.
    public func rows(_ y: Int) -> Range<Int> {
        inside(y, kernelHeight, inputShape.height, before: border.top)
    }

    /// Columns of the image in the windows of column `x`.
    public func columns(_ x: Int) -> Range<Int> {
        inside(x, kernelWidth, inputShape.width, before: border.left)
    }

    private func inside(_ window: Int, _ kernel: Int, _ length: Int, before: Int) -> Range<Int> {
        let first = window * stride - before
        return max(first, 0)..<min(first + kernel, length)
    }

    /// Whether every mean divides by the same number.
    var dividesAlike: Bool { kind == .max || border.isNone || countsBorder }

    /// The numbers whose winners are looked for, and copies with a border.
    public func buffers(arriving: PlannedActivity, goesBack: Bool) -> [Int] {
        let row =
            goesBack && kind == .max && !(border.isNone && arriving.kind.isBinary)
            ? arriving.batch * inputShape.count : 0
        let numbers = row > 0 ? [4 * row] : []
        guard !border.isNone else { return numbers }
        let (whole, windows) = (wholeShape.count, outputShape.count)
        if goesBack { return numbers + [4 * whole, 4 * whole, 4 * windows] }
        let events = arriving.steps * arriving.batch * whole
        switch arriving.kind {
        case .constant, .values: return [4 * whole, 4 * windows]
        case .bits, .list: return [events / 8]
        case .counts: return [2 * events]
        }
    }

    /// An image after the other passes through a copy with its border.
    func pooledWithBorder(_ values: Values) -> Values {
        let result = Values(
            steps: values.steps,
            batch: values.batch,
            count: outputShape.count,
            isConstant: values.isConstant,
            storage: Storage(overwriting: values.slices * values.batch * outputShape.count)
        )
        let pool = Pooling(bordered: self)
        let whole = emptyImage()
        let factors = dividesAlike ? nil : shares()
        for image in 0..<values.slices * values.batch {
            border.enter(values.base + image * values.count, inputShape, to: whole.base)
            let pooled = pool.pooled(whole)
            if let factors { scale(pooled, by: factors) }
            (result.base + image * outputShape.count).update(from: pooled.base, count: outputShape.count)
            withExtendedLifetime(pooled) {}
        }
        withExtendedLifetime((values, whole)) {}
        return result
    }

    /// Silence around every image; a maximum of signed counts looks at those of the image alone.
    func pooledWithBorder(_ raster: Raster) -> Raster {
        let outside: Int16 = kind == .max ? .min : 0
        return Pooling(bordered: self).pooled(border.around(raster, inputShape, outside: outside))
    }

    /// The adjoint, an image after the other.
    ///
    /// Spikes become values, so that the border never wins, not even over silence.
    func spreadWithBorder(_ gradient: Values, _ input: Activity) -> Values {
        let isConstant = kind == .average ? gradient.isConstant : input.isConstant
        let result = Values(
            overwriting: input.steps,
            batch: input.batch,
            count: inputShape.count,
            isConstant: isConstant
        )
        let pool = Pooling(bordered: self)
        let whole = emptyImage()
        let factors = dividesAlike ? nil : shares()
        let sent = Storage<Float>(overwriting: kind == .max ? input.batch * inputShape.count : 0)
        let part = Values(overwriting: 1, batch: 1, count: outputShape.count, isConstant: true)
        for t in 0..<result.slices {
            if kind == .max { input.write(step: t, to: sent.base) }
            for sample in 0..<input.batch {
                if kind == .max {
                    border.enter(sent.base + sample * inputShape.count, inputShape, to: whole.base)
                }
                part.base.update(from: gradient.step(t) + sample * outputShape.count, count: outputShape.count)
                if let factors { scale(part, by: factors) }
                let spread = pool.spread(part, .values(whole))
                border.leave(spread.base, inputShape, to: result.step(t) + sample * inputShape.count)
                withExtendedLifetime(spread) {}
            }
        }
        withExtendedLifetime((gradient, whole, sent, part)) {}
        return result
    }

    /// An image of nothing but border: zeros, or what loses against every value.
    private func emptyImage() -> Values {
        let whole = wholeShape
        let image = Values(overwriting: 1, batch: 1, count: whole.count, isConstant: true)
        image.base.update(repeating: kind == .max ? -.infinity : 0, count: whole.count)
        guard kind == .max else { return image }
        for channel in latest {
            for pixel in 0..<whole.pixels { image.base[pixel * whole.channels + channel] = .infinity }
        }
        return image
    }

    /// Of every window its size over the pixels of the image in it.
    private func shares() -> [Float] {
        let columns = (0..<outputShape.width).map { self.columns($0).count }
        return (0..<outputShape.height).flatMap { y in
            columns.map { Float(windowSize) / Float(rows(y).count * $0) }
        }
    }

    /// Multiplies the pixels of one image, each by its factor.
    private func scale(_ image: Values, by factors: [Float]) {
        for (pixel, factor) in factors.enumerated() where factor != 1 {
            let channels = image.base + pixel * outputShape.channels
            for channel in 0..<outputShape.channels { channels[channel] *= factor }
        }
    }
}
