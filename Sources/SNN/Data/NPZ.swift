import SNNKernel

/// The user's own arrays, from a file that `numpy.savez` or `numpy.savez_compressed` wrote.
///
/// `x_train`, `x_test`: `[n, features]`, `[n, height, width]`, `[n, channels, height, width]` or `[n, frames, channels,
/// height, width]` of `|u1`, `<f4`, `<f8`, `<i4` or `<i8`. `y_train`, `y_test`: `[n]` of `|u1`, `<i4` or `<i8`, from 0.
/// A file with `train_times` or `test_times` holds events instead: ``EventFile``.
package enum NPZ {
    /// Labels beyond this are taken for a mistake.
    static let greatestClasses = 65_536

    /// Reads one split of the file at `path`.
    ///
    /// Bytes are scaled by 1/255 unless `preprocessing` says otherwise, other types are taken as they are. The number of
    /// classes is the greatest label of both splits plus one. `entry` is the catalogue's set that the file holds, if it is
    /// one; `steps` are those of the network that will read events.
    ///
    /// Throws ``SNNError/dataMissing`` for a missing file or array, ``SNNError/file``, ``SNNError/corrupt``,
    /// ``SNNError/notSupported``, and what ``Dataset`` throws.
    package static func open(
        _ path: String,
        entry: DataCatalogue.Entry? = nil,
        split: String,
        preprocessing: Preprocessing = Preprocessing(),
        steps: Int? = nil
    ) throws(SNNError) -> Dataset {
        guard ReadFile.exists(path) else {
            throw .dataMissing("there is no file '\(path)'; it should hold the arrays x_train, y_train, x_test, y_test")
        }
        return try open(
            contents: try ReadFile.bytes(path),
            path: path,
            entry: entry,
            split: split,
            preprocessing: preprocessing,
            steps: steps
        )
    }

    /// As above for a file in memory; `path` names it in error sentences.
    static func open(
        contents: ByteBuffer,
        path: String,
        entry: DataCatalogue.Entry? = nil,
        split: String,
        preprocessing: Preprocessing = Preprocessing(),
        steps: Int? = nil
    ) throws(SNNError) -> Dataset {
        let archive = try ZipArchive(contents: contents, label: "'\(path)'")
        if EventFile.isOne(archive) {
            return try EventFile.open(
                archive,
                path: path,
                entry: entry,
                split: split,
                preprocessing: preprocessing,
                steps: steps
            )
        }
        func array(_ name: String) throws(SNNError) -> NPY? {
            guard let contents = try archive.read("\(name).npy") else { return nil }
            return try NPY(contents: contents, label: "'\(name)' in '\(path)'")
        }
        guard let inputs = try array("x_\(split)"), let targets = try array("y_\(split)") else {
            throw .dataMissing(
                "'\(path)' must hold the arrays x_\(split) and y_\(split), got \(archive.names.joined(separator: ", "))"
            )
        }
        let shape = try sampleShape(inputs.shape, "x_\(split)", path)
        let count = inputs.shape[0]
        guard targets.shape == [count] else {
            throw .shape("y_\(split) of '\(path)' must have shape [\(count)], got \(targets.shape)")
        }
        let labels = try targets.labels(below: greatestClasses)
        // Both splits must agree on the number of classes, so the other one is asked too.
        let others = try array(split == "train" ? "y_test" : "y_train")?.labels(below: greatestClasses) ?? []
        let classes = 1 + Int(max(labels.max() ?? 0, others.max() ?? 0))
        let isBytes = inputs.element == .u1
        return try Dataset(
            name: path,
            split: split,
            shape: shape,
            classes: classes,
            count: count,
            storage: isBytes ? .pixels(inputs.contents) : .floats(try inputs.floats()),
            labels: .owned(labels),
            preprocessing: preprocessing,
            defaultScale: isBytes ? 1.0 / 255 : 1
        )
    }

    private static func sampleShape(_ shape: [Int], _ name: String, _ path: String) throws(SNNError) -> SampleShape {
        switch shape.count {
        case 2: SampleShape(features: shape[1])
        case 3: SampleShape(channels: 1, height: shape[1], width: shape[2])
        case 4: SampleShape(channels: shape[1], height: shape[2], width: shape[3])
        case 5: SampleShape(channels: shape[2], height: shape[3], width: shape[4], frames: shape[1])
        default: throw .shape("\(name) of '\(path)' must have 2 to 5 dimensions, samples first, got \(shape)")
        }
    }
}
