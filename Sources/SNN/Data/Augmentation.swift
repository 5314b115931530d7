import SNNKernel

/// What changes one sample in one epoch of training: drawn from (seed, sample, epoch) alone, so neither the order of
/// calls nor the number of threads matters.
struct Augmentation {
    /// Rows that the crop moves down by, and columns that it moves right by.
    let down: Int
    let right: Int
    /// Whether left and right are swapped.
    let isMirrored: Bool
    /// Where the distorted image takes its pixels from; nil leaves them where they are.
    let perspective: Perspective?
    /// The deviation of the noise, in scaled values; 0 adds none.
    let deviation: Double

    private let noise: RandomStream
    private let step: UInt32
    private let sample: UInt64

    init(_ wanted: Preprocessing, shape: SampleShape, seed: UInt64, epoch: Int, sample: Int) {
        let (step, sample) = (UInt32(truncatingIfNeeded: epoch), UInt64(sample))
        func stream(_ number: UInt32) -> RandomStream {
            RandomStream(seed: seed, purpose: .augmentation, stream: number)
        }
        let (crop, corners, strength) = (stream(0), stream(1), stream(2))
        let padding = wanted.cropPadding
        down = crop.below(2 * padding + 1, index: 0, step: step, sample: sample) - padding
        right = crop.below(2 * padding + 1, index: 1, step: step, sample: sample) - padding
        isMirrored = wanted.flip && crop.below(2, index: 2, step: step, sample: sample) == 1

        perspective = wanted.perspective.flatMap { wanted in
            let coin = corners.uniform(index: 0, step: step, sample: sample)
            guard Double(coin) < wanted.probability else { return nil }
            let (columns, rows) = wanted.reach(shape)
            return Perspective(shape) { corner in
                // The first word of the stream is the coin's.
                let index = UInt32(1 + 2 * corner)
                return (
                    corners.below(columns + 1, index: index, step: step, sample: sample),
                    corners.below(rows + 1, index: index + 1, step: step, sample: sample)
                )
            }
        }
        deviation =
            wanted.noise.map { wanted in
                let coin = strength.uniform(index: 0, step: step, sample: sample)
                let share = strength.uniform(index: 1, step: step, sample: sample)
                return Double(coin) < wanted.probability ? Double(share) * wanted.std : 0
            } ?? 0
        noise = stream(3)
        (self.step, self.sample) = (step, sample)
    }

    /// Gives `body` a standard normal number for each of `count` values in turn (Box and Muller).
    func forEachNormal(_ count: Int, _ body: (_ index: Int, _ number: Float) -> Void) {
        for first in stride(from: 0, to: count, by: 4) {
            let words = noise.words(index: UInt32(first / 4), step: step, sample: sample)
            for pair in 0..<2 where first + 2 * pair < count {
                // 24 bits each; 1 - u is never 0.
                let size = 1 - Double(words[2 * pair] >> 8) * 0x1p-24
                let turn = Double(words[2 * pair + 1] >> 8) * 0x1p-24
                let radius = (-2 * size.logarithm).squareRoot()
                let cosine = (2 * Double.pi * turn).cosine
                let sine = max(0, 1 - cosine * cosine).squareRoot()
                let index = first + 2 * pair
                body(index, Float(radius * cosine))
                if index + 1 < count { body(index + 1, Float(radius * (turn < 0.5 ? sine : -sine))) }
            }
        }
    }
}

/// The projective map by which an image whose four corners moved inwards takes its pixels from the image before.
///
/// A pixel's centre lies half a pixel inside it, the corners are numbered pixels, both as in torchvision's
/// `RandomPerspective` on tensors. Source: P. Heckbert, «Fundamentals of texture mapping and image warping», 1989.
struct Perspective {
    /// Multiplied with (x, y, 1): three rows of the map to the unit square.
    private let rows: (SIMD4<Double>, SIMD4<Double>, SIMD4<Double>)
    private let width: Double
    private let height: Double

    /// The map for an image of `shape`, of which `inward` tells how far a corner moves inwards, columns and rows: it is
    /// asked in the order top left, top right, bottom right, bottom left.
    init(_ shape: SampleShape, inward: (_ corner: Int) -> (columns: Int, rows: Int)) {
        let (width, height) = (Double(shape.width - 1), Double(shape.height - 1))
        (self.width, self.height) = (width, height)
        let moved = (0..<4).map(inward)
        let x = moved.enumerated().map { 1...2 ~= $0 ? width - Double($1.columns) : Double($1.columns) }
        let y = moved.enumerated().map { $0 >= 2 ? height - Double($1.rows) : Double($1.rows) }
        // From the unit square to the corners...
        let (x1, y1) = (x[1] - x[2], y[1] - y[2])
        let (x2, y2) = (x[3] - x[2], y[3] - y[2])
        let (sumX, sumY) = (x[0] - x[1] + x[2] - x[3], y[0] - y[1] + y[2] - y[3])
        let area = x1 * y2 - x2 * y1
        let g = (sumX * y2 - x2 * sumY) / area
        let h = (x1 * sumY - sumX * y1) / area
        let (a, b, c) = (x[1] - x[0] + g * x[1], x[3] - x[0] + h * x[3], x[0])
        let (d, e, f) = (y[1] - y[0] + g * y[1], y[3] - y[0] + h * y[3], y[0])
        // ... and back: the adjoint, whose factor cancels.
        rows = (
            SIMD4(e - f * h, c * h - b, b * f - c * e, 0),
            SIMD4(f * g - d, a - c * g, c * d - a * f, 0),
            SIMD4(d * h - e * g, b * g - a * h, a * e - b * d, 0)
        )
    }

    /// The point of the image before that comes to (x, y); nil where none does.
    func source(x: Double, y: Double) -> (x: Double, y: Double)? {
        let point = SIMD4(x, y, 1, 0)
        let depth = (rows.2 * point).sum()
        guard depth > 0 else { return nil }
        return (width * (rows.0 * point).sum() / depth, height * (rows.1 * point).sum() / depth)
    }
}
