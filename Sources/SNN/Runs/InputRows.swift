import SNNKernel

/// Samples that a user wants predictions for, with or without labels.
package enum InputRows {
    /// The array `x_test` of the `.npz` file at `path`, and whether `y_test` gave it labels; without it all labels are 0.
    ///
    /// A file of events always has labels.
    /// The samples are scaled as `preprocessing` scales a test split. Throws ``SNNError/shape`` where they are not of
    /// the size that `network` takes, and what ``NPZ`` throws.
    package static func open(
        _ path: String,
        for network: Network,
        preprocessing: Preprocessing
    ) throws(SNNError) -> (samples: Dataset, hasLabels: Bool) {
        guard path.hasSuffix(".npz") else {
            throw .notSupported("the input must be an .npz file with the array x_test, got '\(path)'")
        }
        guard ReadFile.exists(path) else { throw .file("there is no file '\(path)'") }
        let preprocessing = preprocessing.forEvaluation
        let archive = try ZipArchive(contents: try ReadFile.bytes(path), label: "'\(path)'")
        if EventFile.isOne(archive) {
            return (try NPZ.open(path, split: "test", preprocessing: preprocessing, steps: network.steps), true)
        }
        guard let rows = try archive.read("x_test.npy") else {
            throw .dataMissing(
                "'\(path)' must hold the array x_test, got \(archive.names.joined(separator: ", "))"
            )
        }
        if archive.names.contains("y_test.npy") {
            return (try NPZ.open(path, split: "test", preprocessing: preprocessing), true)
        }
        let array = try NPY(contents: rows, label: "'x_test' in '\(path)'")
        let features = array.shape.dropFirst().reduce(1.0) { $0 * Double($1) }
        guard let count = array.shape.first, features == Double(network.inputCount) else {
            throw .shape("the network takes \(network.inputCount) values a sample, x_test has shape \(array.shape)")
        }
        let isBytes = array.element == .u1
        let samples = try Dataset(
            name: path,
            split: "test",
            shape: sampleShape(of: network),
            classes: network.scoreCount,
            count: count,
            storage: isBytes ? .pixels(array.contents) : .floats(try array.floats()),
            labels: .owned(Array(repeating: 0, count: count)),
            preprocessing: preprocessing,
            defaultScale: isBytes ? 1.0 / 255 : 1
        )
        return (samples, false)
    }

    private static func sampleShape(of network: Network) -> SampleShape {
        let shape = network.inputShape
        let frames = network.coding.takesFrames ? network.steps : 1
        // A row of neurons is a plain vector in a data set.
        return shape.isFlat
            ? SampleShape(channels: 1, height: 1, width: shape.channels, frames: frames)
            : SampleShape(channels: shape.channels, height: shape.height, width: shape.width, frames: frames)
    }
}
