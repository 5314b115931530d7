/// Where samples come from: rows of values in NCHW order, or events.
public protocol SampleSource: Sendable {
    /// Writes sample `sample` of the batch or set, `inputCount` values.
    func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>)
    /// The values of a sample where they lie in memory as ``fill(_:into:)`` would write them; nil where they do not.
    func storedRow(_ sample: Int) -> UnsafePointer<Float>?
    /// The events of a sample; nil where the source holds values. A source holds events for all its samples or for none.
    func events(_ sample: Int) -> SampleEvents?
}

extension SampleSource {
    /// Made when asked for, unless a source says otherwise.
    public func storedRow(_ sample: Int) -> UnsafePointer<Float>? { nil }
    /// Values, unless a source says otherwise.
    public func events(_ sample: Int) -> SampleEvents? { nil }
}

/// Labelled samples of known number.
public protocol LabelledSource: SampleSource {
    /// Samples of the set.
    var count: Int { get }
    /// Classes; every label is below.
    var classes: Int { get }
    /// Values of a sample.
    var inputCount: Int { get }
    /// Where the set holds events, the steps of a sample and the neurons of a step; nil where it holds values.
    var eventWindow: (steps: Int, neurons: Int)? { get }
    /// Whether training may see other values than ``SampleSource/fill(_:into:)`` gives.
    var isAugmented: Bool { get }
    /// The class of sample `sample`, from 0.
    func label(_ sample: Int) -> Int32
    /// Writes sample `sample` as training sees it in `epoch`: with augmentation, where there is any.
    func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>)
}

extension LabelledSource {
    /// Values, unless a set says otherwise.
    public var eventWindow: (steps: Int, neurons: Int)? { nil }
    /// It may, unless a set says otherwise.
    public var isAugmented: Bool { true }
}

/// Rows in memory, `[samples, inputCount]`.
///
/// The memory must outlive the call.
public struct RowSource: SampleSource, @unchecked Sendable {
    let rows: UnsafePointer<Float>
    let count: Int

    /// Rows of `inputCount` values each, the first at `rows`.
    public init(_ rows: UnsafePointer<Float>, inputCount: Int) {
        self.rows = rows
        count = inputCount
    }

    /// Copies row `sample`.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        row.update(from: rows + sample * count, count: count)
    }

    /// Row `sample` itself.
    public func storedRow(_ sample: Int) -> UnsafePointer<Float>? { rows + sample * count }
}

/// The events of one sample: event `i` is a spike of neuron `neurons[i]` in step `steps[i]`, in any order.
///
/// Neurons are numbered as the values of a row are, `[channels, height, width]`. Nothing is known of the numbers: whoever
/// reads them checks them.
public struct SampleEvents {
    /// Events.
    public let count: Int
    /// The step of each, from 0.
    public let steps: UnsafePointer<UInt32>
    /// The neuron of each, from 0.
    public let neurons: UnsafePointer<UInt32>

    /// Events over memory that exists.
    public init(count: Int, steps: UnsafePointer<UInt32>, neurons: UnsafePointer<UInt32>) {
        self.count = count
        self.steps = steps
        self.neurons = neurons
    }

    func error(at event: Int, sample: Int, window: Int, neuronCount: Int) -> SNNError {
        let (step, neuron) = (steps[event], neurons[event])
        let fault =
            step >= window
            ? "step of an event must be below the \(window) of the window, got \(step)"
            : "neuron of an event must be below the \(neuronCount) of the input, got \(neuron)"
        return .parameter("the \(fault) in sample \(sample), event \(event)")
    }
}

/// The events of many samples, one list after another.
///
/// Steps and neurons are somebody else's memory, which must outlive the set; where each sample begins is copied.
public final class EventSet: @unchecked Sendable {
    /// Samples.
    public let count: Int
    private let starts: Storage<Int>
    private let steps: UnsafePointer<UInt32>
    private let neurons: UnsafePointer<UInt32>
    /// What null pointers of a set without events are replaced by.
    private let nothing = Storage<UInt32>(1)

    /// Samples whose events are `offsets[sample] ..< offsets[sample + 1]` of `steps` and `neurons`.
    ///
    /// The first offset need not be 0: some samples of a long list need no copy. Throws ``SNNError/argument(_:)`` for a
    /// set without samples and for null pointers to events, ``SNNError/shape(_:)`` for offsets that descend or lie beyond
    /// `eventCount`, ``SNNError/memory(_:)`` where the offsets do not fit this machine.
    public init(
        offsets: UnsafePointer<UInt64>,
        count: Int,
        steps: UnsafePointer<UInt32>?,
        neurons: UnsafePointer<UInt32>?,
        eventCount: Int
    ) throws(SNNError) {
        guard count >= 1 else { throw .argument("events must hold at least one sample, got \(count)") }
        try Machine.check(8 * (Double(count) + 1), for: "the offsets of the events")
        if eventCount > 0 {
            guard steps != nil else { throw .argument("steps must not be NULL where there are events") }
            guard neurons != nil else { throw .argument("neurons must not be NULL where there are events") }
        }
        starts = Storage(overwriting: count + 1)
        var last: UInt64 = 0
        for index in 0...count {
            let offset = offsets[index]
            guard offset >= last else {
                throw .shape("offsets must not descend, got \(offset) after \(last) at \(index)")
            }
            guard offset <= UInt64(eventCount) else {
                throw .shape("offsets must be <= the \(eventCount) events, got \(offset) at \(index)")
            }
            starts.base[index] = Int(offset)
            last = offset
        }
        self.count = count
        self.steps = steps ?? UnsafePointer(nothing.base)
        self.neurons = neurons ?? UnsafePointer(nothing.base)
    }

    /// The events of sample `sample` of 0..<count.
    public func events(_ sample: Int) -> SampleEvents {
        precondition(0 <= sample && sample < count, "sample \(sample) must be in 0..<\(count)")
        let first = starts.base[sample]
        return SampleEvents(count: starts.base[sample + 1] - first, steps: steps + first, neurons: neurons + first)
    }
}

/// A set of events as samples of a known size.
public struct EventSource: SampleSource {
    /// The events.
    public let set: EventSet
    /// Steps of a sample.
    public let steps: Int
    /// Neurons of a step.
    public let neurons: Int

    /// Samples of `steps` steps of `neurons` neurons each.
    public init(_ set: EventSet, steps: Int, neurons: Int) {
        self.set = set
        self.steps = steps
        self.neurons = neurons
    }

    /// The events of sample `sample`.
    public func events(_ sample: Int) -> SampleEvents? { set.events(sample) }

    /// Writes a sample as frames `[steps, neurons]`: how many events each neuron has in each step.
    ///
    /// Events outside are left out; see ``check()``.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        row.update(repeating: 0, count: steps * neurons)
        let events = set.events(sample)
        for event in 0..<events.count {
            let (step, neuron) = (Int(events.steps[event]), Int(events.neurons[event]))
            if step < steps, neuron < neurons { row[step * neurons + neuron] += 1 }
        }
    }

    /// Throws ``SNNError/parameter(_:)`` for the first event outside the steps and neurons of a sample.
    public func check() throws(SNNError) {
        for sample in 0..<set.count {
            let events = set.events(sample)
            for event in 0..<events.count
            where Int(events.steps[event]) >= steps || Int(events.neurons[event]) >= neurons {
                throw events.error(at: event, sample: sample, window: steps, neuronCount: neurons)
            }
        }
    }
}

/// The events of a block of samples as a coding reads them.
public struct EventBlock {
    /// Steps of the window, T.
    public let steps: Int
    /// Samples, B.
    public var batch: Int { lists.count }
    /// Neurons of one sample.
    public let count: Int
    @usableFromInline let lists: [SampleEvents]
    /// The number of the first sample in what the caller gave, for errors.
    @usableFromInline let first: Int
    /// Channels and pixels of an image whose neurons must change places; 1 channel where they need not.
    @usableFromInline let channels: Int
    @usableFromInline let pixels: Int
    /// Whether the input is a row of neurons.
    let isFlat: Bool

    /// The events of samples from number `first`, for a window of `steps` steps and an input of `shape`.
    public init(_ lists: [SampleEvents], first: Int = 0, steps: Int, shape: Shape) {
        self.lists = lists
        self.first = first
        self.steps = steps
        count = shape.count
        channels = shape.isChannelsLast ? 1 : shape.channels
        pixels = shape.isChannelsLast ? shape.count : shape.pixels
        isFlat = shape.isFlat
    }

    /// Calls `body(step, index)` for every event, `index` within the row `[B, N]` in (height, width, channel) order.
    ///
    /// Sample after sample, within each in the order of the caller, who may repeat an event.
    /// Throws ``SNNError/parameter(_:)`` for a step outside the window or a neuron outside the input.
    @inlinable @inline(__always)
    public func forEachEvent(_ body: (_ step: Int, _ index: Int) -> Void) throws(SNNError) {
        let (window, neurons) = (UInt32(truncatingIfNeeded: steps), UInt32(truncatingIfNeeded: count))
        let plane = UInt32(truncatingIfNeeded: pixels)
        for place in lists.indices {
            let list = lists[place]
            let start = place * count
            for event in 0..<list.count {
                let (step, neuron) = (list.steps[event], list.neurons[event])
                guard step < window, neuron < neurons else { throw error(place, event) }
                guard channels > 1 else {
                    body(Int(step), start + Int(neuron))
                    continue
                }
                let (channel, pixel) = neuron.quotientAndRemainder(dividingBy: plane)
                body(Int(step), start + Int(pixel) * channels + Int(channel))
            }
        }
    }

    @usableFromInline func error(_ place: Int, _ event: Int) -> SNNError {
        lists[place].error(at: event, sample: first + place, window: steps, neuronCount: count)
    }
}
