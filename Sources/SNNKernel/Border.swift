/// Rows and columns on the four sides of an image.
public struct Border: Hashable, Sendable, CustomStringConvertible {
    /// Rows above the image.
    public let top: Int
    /// Columns before it.
    public let left: Int
    /// Rows below it.
    public let bottom: Int
    /// Columns after it.
    public let right: Int

    /// Sides in the order of the document: top, left, bottom, right; all must be >= 0.
    public init(_ top: Int, _ left: Int, _ bottom: Int, _ right: Int) {
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    /// No border at all.
    public static let none = Border(0, 0, 0, 0)

    /// Whether there is nothing on any side.
    public var isNone: Bool { self == .none }

    /// `[top, left, bottom, right]`.
    public var description: String { "[\(top), \(left), \(bottom), \(right)]" }

    /// The image with its border.
    ///
    /// Errors: ``SNNError/shape(_:)`` above 2^31 values.
    public func around(_ image: Shape) throws(SNNError) -> Shape {
        let (height, width) = (image.height + top + bottom, image.width + left + right)
        let (pixels, isLarge) = height.multipliedReportingOverflow(by: width)
        guard !isLarge, pixels <= (1 << 31) / image.channels else {
            throw .shape("an image with padding must have <= 2^31 values, got \(image) with \(self)")
        }
        return Shape(height: height, width: width, channels: image.channels)
    }

    /// Copies an image into the middle of one with the border, which is left as it is.
    func enter<Element>(_ image: UnsafePointer<Element>, _ shape: Shape, to whole: UnsafeMutablePointer<Element>) {
        let (row, wholeRow) = rows(shape)
        for y in 0..<shape.height {
            (whole + first(y, shape, wholeRow)).update(from: image + y * row, count: row)
        }
    }

    /// Copies the middle of an image with the border.
    func leave<Element>(_ whole: UnsafePointer<Element>, _ shape: Shape, to image: UnsafeMutablePointer<Element>) {
        let (row, wholeRow) = rows(shape)
        for y in 0..<shape.height {
            (image + y * row).update(from: whole + first(y, shape, wholeRow), count: row)
        }
    }

    private func rows(_ shape: Shape) -> (image: Int, whole: Int) {
        (shape.width * shape.channels, (shape.width + left + right) * shape.channels)
    }

    private func first(_ y: Int, _ shape: Shape, _ wholeRow: Int) -> Int {
        (y + top) * wholeRow + left * shape.channels
    }

    /// The spikes of images `shape` with a border, whose counts are `outside`: 0 is silence.
    func around(_ raster: Raster, _ shape: Shape, outside: Int16) -> Raster {
        let count = (shape.height + top + bottom) * (shape.width + left + right) * shape.channels
        let form: Raster.Form =
            switch raster.form {
            case .bits(let words): .bits(around(words, raster, shape))
            case .counts(let counts): .counts(around(counts, raster, shape, count, outside))
            }
        return Raster(steps: raster.steps, batch: raster.batch, count: count, scale: raster.scale, form: form)
    }

    private func around(_ words: Storage<UInt64>, _ raster: Raster, _ shape: Shape) -> Storage<UInt64> {
        let (row, wholeRow) = rows(shape)
        let count = (shape.height + top + bottom) * wholeRow
        let wordsPerStep = (raster.batch * count + 63) >> 6
        let result = Storage<UInt64>(overwriting: raster.steps * wordsPerStep)
        for t in 0..<raster.steps {
            var stream = BitStream(to: result.base + t * wordsPerStep)
            for sample in 0..<raster.batch {
                let image = t * raster.wordsPerStep << 6 + sample * raster.count
                stream.appendSilence(count: top * wholeRow)
                for y in 0..<shape.height {
                    stream.appendSilence(count: left * shape.channels)
                    stream.append(from: words.base, at: image + y * row, count: row)
                    stream.appendSilence(count: right * shape.channels)
                }
                stream.appendSilence(count: bottom * wholeRow)
            }
            stream.finish()
        }
        withExtendedLifetime(words) {}
        return result
    }

    private func around(
        _ counts: Storage<Int16>,
        _ raster: Raster,
        _ shape: Shape,
        _ count: Int,
        _ outside: Int16
    ) -> Storage<Int16> {
        let images = raster.steps * raster.batch
        let result = Storage<Int16>(overwriting: images * count)
        result.base.update(repeating: outside, count: result.count)
        for image in 0..<images {
            enter(counts.base + image * raster.count, shape, to: result.base + image * count)
        }
        withExtendedLifetime(counts) {}
        return result
    }
}
