import SNNKernel
import Synchronization

/// A source that counts how often it is asked for a sample: a pass over a network asks once for each.
public final class CountingSource: SampleSource {
    private let source: any SampleSource
    private let asked = Atomic<Int>(0)

    /// The samples of `source`.
    public init(source: any SampleSource) { self.source = source }

    /// Samples asked for so far.
    public var fills: Int { asked.load(ordering: .relaxed) }

    /// Writes sample `sample`, and counts it.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        asked.add(1, ordering: .relaxed)
        source.fill(sample, into: row)
    }
}
