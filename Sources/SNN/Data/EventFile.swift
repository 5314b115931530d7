import SNNKernel

/// Recorded events of a user's own, or of a set that `python -m snn.data` made, from a file that `numpy.savez` wrote.
///
/// | array                                          | type             | meaning                                             |
/// |------------------------------------------------|------------------|-----------------------------------------------------|
/// | `shape`                                        | `[1]` or `[3]`   | neurons, or polarities x height x width             |
/// | `train_times`, `test_times`                    | `[events]`, us   | microseconds >= 0 since the sample began, any order |
/// | `train_units`, `test_units`                    | `[events]`       | neuron of each event, 0 to below the product of `shape` |
/// | `train_offsets`, `test_offsets`                | `[samples + 1]`  | sample i has the events `offsets[i] ..< offsets[i + 1]` |
/// | `train_labels`, `test_labels`                  | `[samples]`      | from 0                                              |
///
/// All are whole numbers (`|u1`, `<i4` or `<i8`).
enum EventFile {
    /// Whether an archive holds events rather than rows of values.
    static func isOne(_ archive: ZipArchive) -> Bool {
        !Set(archive.names).isDisjoint(with: ["train_times.npy", "test_times.npy"])
    }

    /// One split of the archive of the file at `path`; of a catalogue's set with its name and classes.
    ///
    /// Throws ``SNNError/dataMissing`` for a missing array, ``SNNError/shape`` where sizes disagree, ``SNNError/parameter``
    /// for a time or a unit out of range, and what ``NPY``, ``EventRecorder`` and ``Dataset`` throw.
    static func open(
        _ archive: ZipArchive,
        path: String,
        entry: DataCatalogue.Entry?,
        split: String,
        preprocessing: Preprocessing,
        steps: Int?
    ) throws(SNNError) -> Dataset {
        func array(_ name: String) throws(SNNError) -> WholeNumbers {
            guard let contents = try archive.read("\(name).npy") else {
                throw .dataMissing(
                    "'\(path)' must hold the arrays shape and \(split)_times, _units, _offsets, _labels, "
                        + "got \(archive.names.joined(separator: ", "))"
                )
            }
            return try WholeNumbers(
                try NPY(contents: contents, label: "'\(name)' in '\(path)'"),
                name: name,
                path: path
            )
        }
        let shape = try sampleShape(array("shape"), path)
        let times = try array("\(split)_times")
        let units = try array("\(split)_units")
        let offsets = try array("\(split)_offsets")
        let labels = try array("\(split)_labels").array.labels(below: NPZ.greatestClasses)
        guard units.count == times.count, offsets.count == labels.count + 1, !labels.isEmpty else {
            throw .shape(
                "'\(path)' must have \(split)_times and _units of one length and an offset more than labels, "
                    + "got \(times.count), \(units.count), \(offsets.count) and \(labels.count)"
            )
        }
        // Both splits must agree on the number of classes, so the other one is asked too.
        let otherName = split == "train" ? "test_labels" : "train_labels"
        let others = archive.names.contains("\(otherName).npy") ? try array(otherName).array : nil
        let greatest = max(labels.max() ?? 0, try others?.labels(below: NPZ.greatestClasses).max() ?? 0)
        let selection = try preprocessing.selection(of: labels.count, split: split) ?? Array(labels.indices)
        var recorder = try EventRecorder(
            entry?.name ?? path,
            shape: shape,
            binning: preprocessing.events ?? EventBinning(),
            steps: steps,
            capacity: times.count
        )
        let neurons = shape.featureCount
        for sample in selection {
            let (first, end) = (offsets[sample], offsets[sample + 1])
            guard 0 <= first, first <= end, end <= times.count else {
                throw .shape(
                    "\(split)_offsets of '\(path)' must ascend from 0 to the \(times.count) events, "
                        + "got \(first) and \(end) at sample \(sample)"
                )
            }
            for event in first..<end {
                let (time, unit) = (times[event], units[event])
                guard time >= 0, 0..<neurons ~= unit else {
                    throw .parameter(
                        "an event of '\(path)' must have a time >= 0 us and a unit in 0..<\(neurons), "
                            + "got \(time) and \(unit) in sample \(sample) of \(split), event \(event - first)"
                    )
                }
                recorder.add(time: time, neuron: unit)
            }
            recorder.endSample()
        }
        return try recorder.dataset(
            split: split,
            classes: entry?.classNames.count ?? Int(greatest) + 1,
            classNames: entry?.classNames,
            labels: selection.map { labels[$0] },
            preprocessing: preprocessing
        )
    }

    private static func sampleShape(_ extents: WholeNumbers, _ path: String) throws(SNNError) -> SampleShape {
        let sizes = (0..<extents.count).map { extents[$0] }
        guard sizes.count == 1 || sizes.count == 3, sizes.allSatisfy({ $0 >= 1 }),
            let count = checkedProduct(sizes), count <= Int(Int32.max)
        else {
            throw .shape(
                "shape of '\(path)' must be neurons, or polarities, height and width, each >= 1, got \(sizes.prefix(5))"
            )
        }
        return sizes.count == 1
            ? SampleShape(features: sizes[0]) : SampleShape(channels: sizes[0], height: sizes[1], width: sizes[2])
    }

    /// A numpy vector of whole numbers, read where it lies.
    private struct WholeNumbers {
        let array: NPY
        let count: Int

        /// Throws ``SNNError/shape`` for another number of dimensions, ``SNNError/notSupported`` for floats.
        init(_ array: NPY, name: String, path: String) throws(SNNError) {
            guard array.shape.count == 1 else {
                throw .shape("\(name) of '\(path)' must have 1 dimension, got \(array.shape)")
            }
            guard array.element != .f4, array.element != .f8 else {
                throw .notSupported(
                    "\(name) of '\(path)' must hold whole numbers (|u1, <i4, <i8), got '\(array.element.rawValue)'"
                )
            }
            self.array = array
            count = array.shape[0]
        }

        subscript(index: Int) -> Int {
            defer { withExtendedLifetime(array.contents) {} }
            precondition(0 <= index && index < count, "a number must be in 0..<\(count)")
            let start = UnsafeRawPointer(array.contents.start)
            return switch array.element {
            case .u1: Int(start.load(fromByteOffset: index, as: UInt8.self))
            case .i4: Int(start.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
            default: Int(start.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
            }
        }
    }
}
