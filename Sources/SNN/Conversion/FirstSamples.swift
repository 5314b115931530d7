import SNNKernel

/// Samples at the start of a set.
struct FirstSamples: LabelledSource {
    let data: Dataset
    let first: Int
    let count: Int

    var inputCount: Int { data.inputCount }
    var classes: Int { data.classes }
    var isAugmented: Bool { false }
    func label(_ sample: Int) -> Int32 { data.label(first + sample) }
    func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
        fill(sample, into: row)
    }
    func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { data.fill(first + sample, into: row) }
    func storedRow(_ sample: Int) -> UnsafePointer<Float>? { data.storedRow(first + sample) }

    /// Calls `body` with `size` samples after the other, and the place of the first of them; between two of these tells how
    /// far `phase` is.
    ///
    /// Errors: those of `body`, and ``SNNError/cancelled(_:)`` where `progress` says so.
    func forEachPart(
        of size: Int,
        _ phase: String,
        _ progress: ProgressHandler?,
        _ body: (_ part: FirstSamples, _ place: Int) throws(SNNError) -> Void
    ) throws(SNNError) {
        let report = Progress.during(phase, progress)
        let start = Clock.seconds
        var told = -Double.infinity
        for place in stride(from: 0, to: count, by: size) {
            let part = FirstSamples(data: data, first: first + place, count: min(size, count - place))
            try body(part, place)
            let (done, now) = (place + part.count, Clock.seconds)
            guard let report, now - told >= 0.1 || done == count else { continue }
            told = now
            let news = Progress(
                epoch: 0,
                epochs: 0,
                done: done,
                total: count,
                samplesPerSecond: Double(done) / max(now - start, 1e-9)
            )
            guard report(news) else { throw .cancelled("the report was cancelled after \(done) of \(count) samples") }
        }
    }
}
