@testable import SNNKernel

/// Labelled rows in memory.
struct TestSet: LabelledSource {
    let rows: [[Float]]
    let labels: [Int32]
    let classes: Int

    var count: Int { rows.count }
    var inputCount: Int { rows[0].count }
    func label(_ sample: Int) -> Int32 { labels[sample] }
    func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        for (index, value) in rows[sample].enumerated() { row[index] = value }
    }
    func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
        fill(sample, into: row)
    }

    /// Clouds of points in the unit cube, one a class around its own corner: separable, but not at first sight.
    static func blobs(
        _ count: Int,
        inputs: Int = 6,
        classes: Int = 3,
        spread: Float = 0.25,
        seed: UInt64 = 5
    ) -> TestSet {
        var numbers = TestNumbers(seed)
        var rows: [[Float]] = []
        var labels: [Int32] = []
        for sample in 0..<count {
            let label = sample % classes
            rows.append(
                (0..<inputs).map { input in
                    let centre: Float = input % classes == label ? 0.75 : 0.25
                    return min(1, max(0, centre + spread * numbers.floats(1)[0]))
                }
            )
            labels.append(Int32(label))
        }
        return TestSet(rows: rows, labels: labels, classes: classes)
    }

    /// Rows of numbers in [0, 1) without meaning.
    static func noise(_ count: Int, inputs: Int, classes: Int = 1, seed: UInt64 = 5) -> TestSet {
        var numbers = TestNumbers(seed)
        let rows = (0..<count).map { _ in (0..<inputs).map { _ in Float(numbers.unit()) } }
        return TestSet(rows: rows, labels: (0..<count).map { Int32($0 % classes) }, classes: classes)
    }

    /// The same set with some rows alone.
    func rows(_ range: Range<Int>) -> TestSet {
        TestSet(rows: Array(rows[range]), labels: Array(labels[range]), classes: classes)
    }
}

extension Network {
    /// Scores `[count, C]` of a set.
    func scores(_ set: any SampleSource, count: Int, firstSample: UInt64 = 0, threads: Int = 1) throws -> [Float] {
        let scores = Storage<Float>(count * scoreCount)
        try predict(set, count: count, firstSample: firstSample, threads: threads, scores: scores.base)
        return scores.array
    }
}
