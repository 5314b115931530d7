import SNNKernel

/// The Yin-Yang set: points of a disc that belong to the yin half, the yang half or one of the two dots.
///
/// The disc has radius 1/2 about (1/2, 1/2), the dots radius 1/10. With r and l the distances to (3/4, 1/2) and
/// (1/4, 1/2), the class of a point (x, y) is
///
///     2 (dot)    where r < 1/10 or l < 1/10; else
///     1 (yang)   where r <= 1/10, or 1/10 < l <= 1/4, or y > 1/2 and r > 1/4; else
///     0 (yin)
///
/// A sample takes a class at random, then draws points of the square until one lies in the disc and has that class; its
/// values are (x, y, 1 - x, 1 - y). The numbers are those of numpy's `RandomState`: seed 42 trains (20,000 samples, the
/// published 5,000 are the first), seed 40 tests (10,000, the published 1,000 are the first).
/// Source: L. Kriener, J. Göltz, M. A. Petrovici, «The Yin-Yang dataset», NICE 2022.
enum YinYang {
    /// One split; throws what ``Dataset`` throws for a preprocessing that does not fit.
    static func open(split: String, preprocessing: Preprocessing) throws(SNNError) -> Dataset {
        let entry = DataCatalogue.yinYang
        let isTest = split == "test"
        let points = Self.samples(isTest ? entry.testCount : entry.trainCount, seed: isTest ? 40 : 42)
        return try Dataset(
            name: entry.name,
            split: split,
            shape: entry.shape,
            classes: entry.classNames.count,
            classNames: entry.classNames,
            count: points.labels.count,
            storage: .floats(ByteBuffer(points.values)),
            labels: .owned(points.labels),
            preprocessing: preprocessing
        )
    }

    /// The first `count` samples of `seed`: four values and a label each.
    static func samples(_ count: Int, seed: UInt32) -> (values: [Float], labels: [Int32]) {
        var random = MersenneTwister(seed: seed)
        var values: [Float] = []
        var labels: [Int32] = []
        values.reserveCapacity(4 * count)
        labels.reserveCapacity(count)
        for _ in 0..<count {
            let goal = Int32(random.below(3))
            var (x, y) = (random.uniform(), random.uniform())
            while !isInside(x, y) || label(x, y) != goal { (x, y) = (random.uniform(), random.uniform()) }
            for value in [x, y, 1 - x, 1 - y] { values.append(Float(value)) }
            labels.append(goal)
        }
        return (values, labels)
    }

    private static func distance(_ x: Double, _ y: Double, toX centre: Double) -> Double {
        ((x - centre) * (x - centre) + (y - 0.5) * (y - 0.5)).squareRoot()
    }

    private static func isInside(_ x: Double, _ y: Double) -> Bool { distance(x, y, toX: 0.5) <= 0.5 }

    /// The class of a point of the disc.
    static func label(_ x: Double, _ y: Double) -> Int32 {
        let right = distance(x, y, toX: 0.75)
        let left = distance(x, y, toX: 0.25)
        if right < 0.1 || left < 0.1 { return 2 }
        let isYang = right <= 0.1 || left > 0.1 && left <= 0.25 || y > 0.5 && right > 0.25
        return isYang ? 1 : 0
    }
}
