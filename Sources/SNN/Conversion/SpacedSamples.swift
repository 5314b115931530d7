import SNNKernel

/// Samples from all over a data set, whose order may be that of its classes.
struct SpacedSamples: LabelledSource {
    private let data: Dataset
    let count: Int

    init(of data: Dataset, atMost count: Int) {
        self.data = data
        self.count = min(count, data.count)
    }

    private func number(_ sample: Int) -> Int { sample * data.count / count }

    var inputCount: Int { data.inputCount }
    var classes: Int { data.classes }
    var isAugmented: Bool { false }
    func label(_ sample: Int) -> Int32 { data.label(number(sample)) }
    func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
        fill(sample, into: row)
    }
    func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { data.fill(number(sample), into: row) }
    func storedRow(_ sample: Int) -> UnsafePointer<Float>? { data.storedRow(number(sample)) }
}
