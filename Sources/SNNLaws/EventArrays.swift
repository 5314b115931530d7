import SNNKernel

/// Samples of events, held in arrays.
public final class EventArrays: SampleSource {
    private let steps: Storage<UInt32>
    private let neurons: Storage<UInt32>
    private let source: EventSource

    /// Samples of these events, of `size` steps and neurons.
    public init(_ samples: [[(step: Int, neuron: Int)]], steps stepCount: Int, neurons neuronCount: Int) throws {
        let all = samples.joined()
        steps = Storage(all.count)
        neurons = Storage(all.count)
        for (index, event) in all.enumerated() {
            steps.base[index] = UInt32(truncatingIfNeeded: event.step)
            neurons.base[index] = UInt32(truncatingIfNeeded: event.neuron)
        }
        var offsets: [UInt64] = [0]
        for sample in samples { offsets.append(offsets[offsets.count - 1] + UInt64(sample.count)) }
        source = EventSource(
            try EventSet(
                offsets: offsets,
                count: samples.count,
                steps: steps.base,
                neurons: neurons.base,
                eventCount: all.count
            ),
            steps: stepCount,
            neurons: neuronCount
        )
    }

    /// The events, in random order, that frames `[samples, steps, neurons]` of whole numbers are made of.
    public convenience init(frames: [Float], steps: Int, neurons: Int, random: inout Seeded) throws {
        var samples: [[(step: Int, neuron: Int)]] = []
        for first in stride(from: 0, to: frames.count, by: steps * neurons) {
            var events: [(step: Int, neuron: Int)] = []
            for place in 0..<steps * neurons {
                events += Array(repeating: (place / neurons, place % neurons), count: Int(frames[first + place]))
            }
            samples.append(events.shuffled(using: &random))
        }
        try self.init(samples, steps: steps, neurons: neurons)
    }

    /// Writes one sample as frames.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { source.fill(sample, into: row) }

    /// The events of one sample; valid as long as the arrays live.
    public func events(_ sample: Int) -> SampleEvents? { source.events(sample) }

    /// What ``EventSource/check()`` throws.
    public func check() throws(SNNError) { try source.check() }
}
