import SNNKernel

/// The extents of one sample: `frames` rows of channels x height x width (NCHW).
package struct SampleShape: Equatable, Sendable {
    /// Colours, polarities; 1 for grey images and plain vectors.
    package let channels: Int
    /// Rows of an image; 1 for plain vectors.
    package let height: Int
    /// Columns of an image; the length of plain vectors.
    package let width: Int
    /// Time steps of a sequence; 1 for a still sample.
    package let frames: Int

    /// A shape; all extents must be >= 1.
    package init(channels: Int, height: Int, width: Int, frames: Int = 1) {
        self.channels = channels
        self.height = height
        self.width = width
        self.frames = frames
    }

    /// A plain vector.
    package init(features: Int) { self.init(channels: 1, height: 1, width: features) }

    /// Values of one sample.
    package var featureCount: Int { frames * channels * height * width }
}

/// One split of a data set, in memory, with the way its samples are prepared.
///
/// Pixels stay bytes until they are asked for. Nothing changes after `init`, so any thread may ask for any sample; the
/// memory behind the pointers belongs to `owners`, or to the C caller who promised to keep it.
package final class Dataset: @unchecked Sendable {
    /// The set's name, "mnist".
    package let name: String
    /// "train" or "test".
    package let split: String
    /// The extents of one sample.
    package let shape: SampleShape
    /// How many classes there are; labels are 0..<classes.
    package let classes: Int
    /// What the classes are called, one name a class, where that is known.
    package let classNames: [String]?
    /// How many samples there are.
    package let count: Int
    /// What was asked for.
    package let preprocessing: Preprocessing
    /// Recorded events that lay outside of the window and were left out; nil where the set is none of recorded events.
    package let droppedEvents: Int?

    /// Where the stored values are: one of the three.
    private let pixels: UnsafePointer<UInt8>?
    private let values: UnsafePointer<Float>?
    private let eventSource: EventSource?
    private let labels: UnsafePointer<Int32>
    private let owners: [ByteBuffer]

    /// What byte b of channel c becomes, at 256 c + b.
    private let table: UnsafeMutablePointer<Float>
    /// For stored floats: value * gain[c] + shift[c]; nil where they are taken as they are.
    private let gain: [Float]?
    private let shift: [Float]

    /// The stored values of a set.
    package enum Storage {
        /// Rows of bytes, channels first.
        case pixels(ByteBuffer)
        /// Rows of float32, channels first.
        case floats(ByteBuffer)
        /// Rows of float32 that somebody else keeps.
        case borrowed(UnsafePointer<Float>)
        /// Events, in memory that somebody else keeps.
        case events(EventSource)
        /// Events of the samples that `preprocessing` chose, in memory that the set keeps; `dropped` lay outside of the
        /// window.
        case recorded(EventSource, [ByteBuffer], dropped: Int)
    }

    /// The labels of a set.
    package enum Labels {
        /// One a sample.
        case owned([Int32])
        /// One a sample, kept by somebody else.
        case borrowed(UnsafePointer<Int32>)
    }

    /// A set of `count` samples in `storage`; owned storage is cut down to the samples that `preprocessing` asks for.
    ///
    /// `defaultScale` is the factor on stored values where `preprocessing` has none.
    ///
    /// Throws ``SNNError/argument`` for an empty set, ``SNNError/shape`` where sizes disagree, ``SNNError/parameter``
    /// for a label outside 0..<classes or a preprocessing that does not fit, ``SNNError/notFinite`` for NaN or infinity,
    /// ``SNNError/notSupported`` for a selection from borrowed rows, and for what acts on values or on events alone.
    package init(
        name: String,
        split: String,
        shape: SampleShape,
        classes: Int,
        classNames: [String]? = nil,
        count: Int,
        storage: Storage,
        labels: Labels,
        preprocessing: Preprocessing = Preprocessing(),
        defaultScale: Double = 1
    ) throws(SNNError) {
        guard count >= 1 else { throw .argument("a data set must have at least 1 sample, got \(count)") }
        guard classes >= 1 else { throw .argument("a data set must have at least 1 class, got \(classes)") }
        let extents = [shape.frames, shape.channels, shape.height, shape.width]
        guard let features = checkedProduct(extents), features >= 1, let total = checkedProduct([count, features, 4])
        else {
            throw .shape("\(count) samples of shape \(extents) must have at least one value and fit into memory")
        }
        try Self.check(preprocessing, shape: shape)
        try Self.check(preprocessing, storage: storage, name: name)
        var owners: [ByteBuffer] = []
        var selection: [Int]?
        switch storage {
        case .events(let source): (eventSource, droppedEvents) = (source, nil)
        case .recorded(let source, let buffers, let dropped):
            (eventSource, droppedEvents) = (source, dropped)
            owners += buffers
        case .pixels, .floats, .borrowed:
            (eventSource, droppedEvents) = (nil, nil)
            selection = try preprocessing.selection(of: count, split: split)
        }

        switch storage {
        case .pixels(let buffer), .floats(let buffer):
            let isFloat = if case .floats = storage { true } else { false }
            let expected = isFloat ? total : total / 4
            guard buffer.count == expected else {
                throw .shape("\(count) samples of \(features) values must have \(expected) bytes, got \(buffer.count)")
            }
            if let selection { try buffer.keep(rows: selection, rowBytes: expected / count) }
            pixels = isFloat ? nil : UnsafePointer(buffer.start.bindMemory(to: UInt8.self, capacity: buffer.count))
            values = isFloat ? UnsafePointer(buffer.start.bindMemory(to: Float.self, capacity: buffer.count / 4)) : nil
            owners.append(buffer)
        case .borrowed(let pointer):
            guard selection == nil else {
                throw .notSupported("samples and validation do not act on borrowed arrays: pass the rows you want")
            }
            pixels = nil
            values = pointer
        case .events(let source), .recorded(let source, _, _):
            guard source.set.count == count, source.steps * source.neurons == features else {
                throw .shape(
                    "\(count) samples of \(features) values must have events of that size, got \(source.set.count) of "
                        + "\(source.steps) x \(source.neurons)"
                )
            }
            pixels = nil
            values = nil
        }

        let kept = selection?.count ?? count
        switch labels {
        case .borrowed(let pointer): self.labels = pointer
        case .owned(let all):
            guard all.count == count else {
                throw .shape("\(count) samples must have \(count) labels, got \(all.count)")
            }
            let buffer = try ByteBuffer(selection.map { rows in rows.map { all[$0] } } ?? all)
            self.labels = UnsafePointer(buffer.start.bindMemory(to: Int32.self, capacity: kept))
            owners.append(buffer)
        }

        let scale = preprocessing.scale ?? defaultScale
        let mean = preprocessing.mean.isEmpty ? Array(repeating: 0, count: shape.channels) : preprocessing.mean
        let std = preprocessing.std.isEmpty ? Array(repeating: 1, count: shape.channels) : preprocessing.std
        table = .allocate(capacity: 256 * shape.channels)
        for channel in 0..<shape.channels {
            for byte in 0..<256 {
                // In double and rounded once: 255 / 255 is 1, and byte 0 without a mean stays 0.
                let value = Float((Double(byte) * scale - mean[channel]) / std[channel])
                (table + 256 * channel + byte).initialize(to: value)
            }
        }
        let isPlain = scale == 1 && preprocessing.mean.isEmpty && preprocessing.std.isEmpty
        gain = isPlain ? nil : std.map { Float(scale / $0) }
        shift = zip(mean, std).map { Float(-$0 / $1) }

        (self.name, self.split, self.shape) = (name, split, shape)
        (self.classes, self.classNames, self.count) = (classes, classNames, kept)
        self.preprocessing = preprocessing
        self.owners = owners
        try checkContents()
    }

    deinit { table.deallocate() }

    /// A set over a C caller's arrays, which must stay alive and unchanged as long as the set: nothing is copied.
    ///
    /// `inputs` is `[samples, features]`. Errors as the designated initialiser's.
    package convenience init(
        borrowing inputs: UnsafePointer<Float>,
        samples: Int,
        features: Int,
        labels: UnsafePointer<Int32>,
        classes: Int
    ) throws(SNNError) {
        try self.init(
            name: "arrays",
            split: "train",
            shape: SampleShape(features: features),
            classes: classes,
            count: samples,
            storage: .borrowed(inputs),
            labels: .borrowed(labels)
        )
    }

    /// A set over a C caller's events, whose arrays must stay alive and unchanged as long as the set: nothing is copied.
    ///
    /// Throws ``SNNError/parameter`` for an event outside `steps` and `neurons`, and the designated initialiser's errors.
    package convenience init(
        _ events: EventSet,
        steps: Int,
        neurons: Int,
        labels: UnsafePointer<Int32>,
        classes: Int
    ) throws(SNNError) {
        try self.init(
            name: "events",
            split: "train",
            shape: SampleShape(channels: 1, height: 1, width: neurons, frames: steps),
            classes: classes,
            count: events.count,
            storage: .events(EventSource(events, steps: steps, neurons: neurons)),
            labels: .borrowed(labels)
        )
    }

    /// What of the preprocessing depends on the samples' shape.
    private static func check(_ preprocessing: Preprocessing, shape: SampleShape) throws(SNNError) {
        try preprocessing.check()
        for (key, list) in [("mean", preprocessing.mean), ("std", preprocessing.std)]
        where !list.isEmpty && list.count != shape.channels {
            throw .parameter("normalize.\(key) must have one number a channel (\(shape.channels)), got \(list.count)")
        }
        let side = min(shape.height, shape.width)
        guard preprocessing.cropPadding < side else {
            throw .parameter(
                "augment.crop_padding must be below the sides of a sample (\(shape.height) x \(shape.width)), "
                    + "got \(preprocessing.cropPadding)"
            )
        }
        guard let perspective = preprocessing.perspective else { return }
        guard side >= 2 else {
            throw .parameter(
                "augment.perspective acts on images of at least 2 x 2 pixels, got \(shape.height) x \(shape.width)"
            )
        }
        // Else a corner may come to lie on the line between its neighbours, and the map has no inverse.
        let (columns, rows) = perspective.reach(shape)
        let across = Double(columns) / Double(shape.width - 1 - columns)
        let along = Double(rows) / Double(shape.height - 1 - rows)
        guard across + along < 1 else {
            throw .parameter(
                "augment.perspective.distortion must keep the corners of a sample (\(shape.height) x \(shape.width)) "
                    + "convex wherever they move, got \(perspective.distortion)"
            )
        }
    }

    /// What of the preprocessing depends on whether samples are values or events.
    private static func check(_ preprocessing: Preprocessing, storage: Storage, name: String) throws(SNNError) {
        switch storage {
        case .pixels, .floats, .borrowed:
            guard preprocessing.events == nil else {
                throw .notSupported("preprocessing.events acts on recorded events, '\(name)' holds values")
            }
        case .events:
            guard preprocessing == Preprocessing() else {
                throw .notSupported("preprocessing acts on values, not on events")
            }
        case .recorded:
            guard !preprocessing.actsOnValues else {
                throw .notSupported("scale, normalize and augment act on values, '\(name)' holds events")
            }
        }
    }

    private func checkContents() throws(SNNError) {
        for sample in 0..<count where labels[sample] < 0 || Int(labels[sample]) >= classes {
            throw .parameter("a label must be in 0..<\(classes), got \(labels[sample]) at sample \(sample)")
        }
        let ends = (0..<shape.channels).flatMap { [table[256 * $0], table[256 * $0 + 255]] }
        for value in ends + (gain ?? []) + shift where !value.isFinite {
            throw .parameter("scale, mean and std must keep the values finite, got \(value)")
        }
        try eventSource?.check()
        guard let values else { return try checkNoise() }
        let features = shape.featureCount
        for index in 0..<count * features where !values[index].isFinite {
            throw .notFinite(
                "inputs must be finite, got \(values[index]) at sample \(index / features), value \(index % features)"
            )
        }
        try checkNoise()
    }

    /// The class of sample `sample` of 0..<count.
    package func label(_ sample: Int) -> Int32 {
        precondition(0 <= sample && sample < count, "sample \(sample) must be in 0..<\(count)")
        return labels[sample]
    }

    /// Writes sample `sample` of 0..<count, scaled and normalised, to `row` of ``SampleShape/featureCount`` values.
    package func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        precondition(0 <= sample && sample < count, "sample \(sample) must be in 0..<\(count)")
        if let eventSource { return eventSource.fill(sample, into: row) }
        let plane = shape.height * shape.width
        for index in 0..<shape.frames * shape.channels {
            let offset = sample * shape.featureCount + index * plane
            let channel = index % shape.channels
            let target = row + index * plane
            if let pixels {
                let source = pixels + offset
                let row = table + 256 * channel
                for position in 0..<plane { target[position] = row[Int(source[position])] }
            } else if let values {
                let source = values + offset
                if let gain {
                    let (gain, shift) = (gain[channel], shift[channel])
                    for position in 0..<plane { target[position] = source[position] * gain + shift }
                } else {
                    target.update(from: source, count: plane)
                }
            }
        }
    }

    /// The least and the largest value of all samples, scaled and normalised, without augmentation.
    package var valueRange: ClosedRange<Float> {
        let row = UnsafeMutablePointer<Float>.allocate(capacity: shape.featureCount)
        defer { row.deallocate() }
        var (least, most) = (Float.infinity, -Float.infinity)
        for sample in 0..<count {
            fill(sample, into: row)
            for index in 0..<shape.featureCount {
                least = min(least, row[index])
                most = max(most, row[index])
            }
        }
        return least...most
    }

    /// Stored values that need no preparation: sample `sample` of 0..<count where it lies, without augmentation.
    package func storedRow(_ sample: Int) -> UnsafePointer<Float>? {
        precondition(0 <= sample && sample < count, "sample \(sample) must be in 0..<\(count)")
        guard let values, gain == nil else { return nil }
        return values + sample * shape.featureCount
    }

    /// The events of sample `sample` of 0..<count, in a set of events.
    package func events(_ sample: Int) -> SampleEvents? {
        precondition(0 <= sample && sample < count, "sample \(sample) must be in 0..<\(count)")
        return eventSource?.events(sample)
    }

    /// Steps of a sample and neurons of a step, in a set of events.
    package var eventWindow: (steps: Int, neurons: Int)? { eventSource.map { ($0.steps, $0.neurons) } }

    /// Writes sample `sample` as training sees it in `epoch`: with the augmentation, if one was asked for.
    ///
    /// The image is distorted, cropped and mirrored, then noise is added. What is drawn depends on (seed, sample, epoch)
    /// alone, never on the order of calls or on threads; all channels and frames of a sample move together.
    package func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
        guard preprocessing.augments else { return fill(sample, into: row) }
        precondition(0 <= sample && sample < count, "sample \(sample) must be in 0..<\(count)")
        let drawn = Augmentation(preprocessing, shape: shape, seed: seed, epoch: epoch, sample: sample)
        let (height, width) = (shape.height, shape.width)
        for index in 0..<shape.frames * shape.channels {
            let plane = Plane(
                start: sample * shape.featureCount + index * height * width,
                channel: index % shape.channels
            )
            var target = row + index * height * width
            for y in 0..<height {
                for x in 0..<width {
                    let column = (drawn.isMirrored ? width - 1 - x : x) + drawn.right
                    target[x] = value(of: plane, row: y + drawn.down, column: column, drawn.perspective)
                }
                target += width
            }
        }
        if drawn.deviation > 0 { addNoise(drawn, to: row) }
    }

    /// One channel of one frame of a sample: where its stored values begin.
    private struct Plane {
        let start: Int
        let channel: Int
    }

    /// The prepared value at a pixel of a plane that was distorted; outside the image that of a stored 0.
    @inline(__always)
    private func value(of plane: Plane, row: Int, column: Int, _ perspective: Perspective?) -> Float {
        guard let perspective, row >= 0, row < shape.height, column >= 0, column < shape.width else {
            return value(of: plane, row: row, column: column)
        }
        guard let point = perspective.source(x: Double(column) + 0.5, y: Double(row) + 0.5),
            abs(point.x) <= Double(shape.width + 1), abs(point.y) <= Double(shape.height + 1)
        else { return value(of: plane, row: -1, column: -1) }
        // The four pixels whose centres are nearest.
        let (x, y) = (point.x - 0.5, point.y - 0.5)
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (toRight, toBottom) = (Float(x - left), Float(y - top))
        let (i, j) = (Int(top), Int(left))
        func mean(_ row: Int) -> Float {
            value(of: plane, row: row, column: j) * (1 - toRight) + value(of: plane, row: row, column: j + 1) * toRight
        }
        return mean(i) * (1 - toBottom) + mean(i + 1) * toBottom
    }

    /// The prepared value at a pixel of a plane; outside the image that of a stored 0.
    @inline(__always)
    private func value(of plane: Plane, row: Int, column: Int) -> Float {
        guard row >= 0, row < shape.height, column >= 0, column < shape.width else {
            return pixels != nil ? table[256 * plane.channel] : gain == nil ? 0 : shift[plane.channel]
        }
        return value(at: plane.start + row * shape.width + column, channel: plane.channel)
    }

    /// Adds noise to a prepared sample, and cuts it to what scaled values of 0...1 become.
    private func addNoise(_ drawn: Augmentation, to row: UnsafeMutablePointer<Float>) {
        let plane = shape.height * shape.width
        let ends = (0..<shape.channels).map { channel in
            let (mean, std) = meanAndStd(channel)
            return (low: Float(-mean / std), high: Float((1 - mean) / std), gain: Float(drawn.deviation / std))
        }
        drawn.forEachNormal(shape.featureCount) { index, number in
            // Two divisions a value would be felt.
            let end = ends[ends.count == 1 ? 0 : index / plane % ends.count]
            row[index] = min(max(row[index] + end.gain * number, end.low), end.high)
        }
    }

    /// What normalisation subtracts from a scaled value and divides it by.
    private func meanAndStd(_ channel: Int) -> (mean: Double, std: Double) {
        (
            preprocessing.mean.isEmpty ? 0 : preprocessing.mean[channel],
            preprocessing.std.isEmpty ? 1 : preprocessing.std[channel]
        )
    }

    /// Throws ``SNNError/parameter`` where noise is asked for and a scaled value is not in 0...1.
    private func checkNoise() throws(SNNError) {
        guard preprocessing.noise != nil else { return }
        let plane = shape.height * shape.width
        let row = UnsafeMutablePointer<Float>.allocate(capacity: shape.featureCount)
        defer { row.deallocate() }
        for sample in 0..<count {
            fill(sample, into: row)
            for index in 0..<shape.featureCount {
                let (mean, std) = meanAndStd(index / plane % shape.channels)
                let scaled = Double(row[index]) * std + mean
                // Normalised and back, a value may err by a rounding.
                guard scaled < -1e-5 || scaled > 1 + 1e-5 else { continue }
                throw .parameter("augment.noise needs scaled values in 0 ... 1, got \(scaled) at sample \(sample)")
            }
        }
    }

    /// The stored value at `position`, prepared as in ``fill(_:into:)``.
    @inline(__always)
    private func value(at position: Int, channel: Int) -> Float {
        if let pixels { return table[256 * channel + Int(pixels[position])] }
        guard let values else { return 0 }
        return gain.map { values[position] * $0[channel] + shift[channel] } ?? values[position]
    }
}
