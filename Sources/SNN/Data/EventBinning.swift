import SNNKernel

/// How recorded events become spikes in the steps of a window.
///
///     step = round(time / bin), halves to the even number
///
/// Events whose step is not below the window's `steps` are left out and counted. Several events of a neuron in a step stay
/// several: the coding `events` takes so many of them as its `largest_count` allows. The order of events does not matter.
///
/// In JSON: `{"bin": 1, "merge_polarity": true, "steps": 300}`, every key optional.
///
/// | key              | default           | range       | meaning                                               |
/// |------------------|-------------------|-------------|-------------------------------------------------------|
/// | `bin`            | 1 ms              | > 0, finite | time of a step                                        |
/// | `merge_polarity` | false             |             | ON and OFF events of a pixel become one neuron's      |
/// | `steps`          | the network's own | >= 1        | steps of the window                                   |
package struct EventBinning: Equatable, Sendable {
    /// Milliseconds of a step.
    package var bin = 1.0
    /// Whether the two polarities of a pixel are one neuron.
    package var mergePolarity = false
    /// Steps of the window; nil leaves it to the network that reads the events.
    package var steps: Int?

    /// Steps of a millisecond, polarities apart.
    package init() {}

    /// From JSON; throws ``SNNError/document``, ``SNNError/unknownName``, ``SNNError/parameter``.
    package init(_ json: JSONField) throws(SNNError) {
        _ = try json.object()
        try json.check(keys: ["bin", "merge_polarity", "steps"])
        bin = try json["bin"].optionalNumber() ?? bin
        mergePolarity = try json["merge_polarity"].optionalBool() ?? mergePolarity
        steps = try json["steps"].optionalInteger()
    }

    /// What holds whatever the events are; throws ``SNNError/parameter``.
    func check() throws(SNNError) {
        guard bin > 0, bin.isFinite else { throw .parameter("events.bin must be > 0 ms and finite, got \(bin)") }
        if let steps, !(1...Int(Int32.max) ~= steps) {
            throw .parameter("events.steps must be 1 ... \(Int32.max), got \(steps)")
        }
    }

    /// The JSON that gives this value again.
    package var json: JSONValue {
        var members: [String: JSONValue] = ["bin": .number(bin), "merge_polarity": .bool(mergePolarity)]
        if let steps { members["steps"] = .number(Double(steps)) }
        return .object(members)
    }
}

/// The events of many samples while they are read, already in steps, and the data set that they make.
struct EventRecorder {
    private let name: String
    /// Microseconds of a step.
    private let bin: Double
    private let steps: Int
    private let shape: SampleShape
    /// Neurons that are told apart: events of neuron i and i + neurons are the same neuron's.
    private let neurons: Int

    private let eventSteps: ByteBuffer
    private let eventNeurons: ByteBuffer
    private var count = 0
    private var capacity: Int
    private var offsets: [UInt64] = [0]
    private var dropped = 0

    /// Room for `capacity` events of samples recorded in `shape`; more room is made where they are more.
    ///
    /// `steps` is the window of the network that reads them, nil where none is known. Throws ``SNNError/parameter`` where
    /// neither it nor `binning` tells the steps, ``SNNError/shape`` where there are no two polarities to merge,
    /// ``SNNError/memory``.
    init(
        _ name: String,
        shape: SampleShape,
        binning: EventBinning,
        steps: Int?,
        capacity: Int
    ) throws(SNNError) {
        try binning.check()
        guard let steps = binning.steps ?? steps else {
            throw .parameter(
                "events.steps must be given for '\(name)', which is a set of events: the steps of the network that reads it"
            )
        }
        guard !binning.mergePolarity || shape.channels == 2 else {
            throw .shape("events.merge_polarity needs 2 polarities, '\(name)' has \(shape.channels)")
        }
        self.name = name
        self.steps = steps
        bin = 1000 * binning.bin
        self.shape = SampleShape(
            channels: binning.mergePolarity ? 1 : shape.channels,
            height: shape.height,
            width: shape.width,
            frames: steps
        )
        neurons = self.shape.channels * shape.height * shape.width
        self.capacity = max(1, capacity)
        eventSteps = try ByteBuffer(count: 4 * self.capacity)
        eventNeurons = try ByteBuffer(count: 4 * self.capacity)
    }

    /// Makes room for `more` events, which ``add(time:neuron:)`` relies on.
    mutating func reserve(_ more: Int) throws(SNNError) {
        guard count + more > capacity else { return }
        capacity = max(count + more, capacity + capacity / 2)
        try eventSteps.resize(to: 4 * capacity)
        try eventNeurons.resize(to: 4 * capacity)
    }

    /// Adds an event of the current sample, `time` microseconds >= 0 after its start, of recorded neuron `neuron` >= 0.
    mutating func add(time: Int, neuron: Int) {
        let step = (Double(time) / bin).rounded(.toNearestOrEven)
        guard step < Double(steps) else {
            dropped += 1
            return
        }
        precondition(count < capacity, "there must be room for an event")
        eventSteps.start.storeBytes(of: UInt32(step), toByteOffset: 4 * count, as: UInt32.self)
        eventNeurons.start.storeBytes(
            of: UInt32(truncatingIfNeeded: neuron % neurons),
            toByteOffset: 4 * count,
            as: UInt32.self
        )
        count += 1
    }

    /// Ends the current sample.
    mutating func endSample() { offsets.append(UInt64(count)) }

    /// The samples that were ended; `labels` has one each.
    ///
    /// `preprocessing` is what was asked for: it chose the samples that were read. Throws what ``Dataset`` throws.
    consuming func dataset(
        split: String,
        classes: Int,
        classNames: [String]?,
        labels: [Int32],
        preprocessing: Preprocessing
    ) throws(SNNError) -> Dataset {
        try eventSteps.resize(to: 4 * count)
        try eventNeurons.resize(to: 4 * count)
        let set = try EventSet(
            offsets: offsets,
            count: offsets.count - 1,
            steps: UnsafePointer(eventSteps.start.bindMemory(to: UInt32.self, capacity: count)),
            neurons: UnsafePointer(eventNeurons.start.bindMemory(to: UInt32.self, capacity: count)),
            eventCount: count
        )
        return try Dataset(
            name: name,
            split: split,
            shape: shape,
            classes: classes,
            classNames: classNames,
            count: labels.count,
            storage: .recorded(
                EventSource(set, steps: steps, neurons: neurons),
                [eventSteps, eventNeurons],
                dropped: dropped
            ),
            labels: .owned(labels),
            preprocessing: preprocessing
        )
    }
}
