import SNNKernel

/// N-MNIST: recordings of the MNIST digits by an event camera, one file a sample.
///
/// Files are `Train/<digit>/<number>.bin` and `Test/<digit>/<number>.bin` as published, in the set's folder or in an archive
/// of it. Samples come in the order of their numbers, which is that of MNIST, so that the first samples are of all digits.
/// Neurons are `[polarity, y, x]`, OFF before ON.
enum NMNIST {
    /// Polarities and pixels of the sensor.
    static let shape = SampleShape(channels: 2, height: 34, width: 34)
    /// An archive of a part of the set may unpack to so many bytes; ``DataCatalogue/nmnistSmall`` needs 24 MB.
    private static let archiveLimit = 1 << 28

    /// A file of a split, and where it is: a path, or an entry of an archive.
    private struct Sample<Place> {
        let digit: Int32
        let number: Int
        let place: Place
    }

    /// One split from `folder`; of the files of a folder only those that `preprocessing` chooses are read.
    ///
    /// Throws ``SNNError/dataMissing``, ``SNNError/file``, ``SNNError/corrupt``, and what ``EventRecorder`` and ``Dataset``
    /// throw.
    static func open(
        _ entry: DataCatalogue.Entry,
        folder: String,
        split: String,
        preprocessing: Preprocessing,
        steps: Int?
    ) throws(SNNError) -> Dataset {
        guard DataCatalogue.missingParts(entry, in: folder).isEmpty else {
            throw DataCatalogue.missing(entry.name, in: folder)
        }
        let directory = split == "test" ? "Test" : "Train"
        guard let file = entry.files.first else {
            let files = try files(of: ReadFile.join(folder, directory))
            return try read(files, of: entry, split, preprocessing, steps) { path throws(SNNError) in
                (try ReadFile.bytes(path), "'\(path)'")
            }
        }
        let path = ReadFile.join(folder, file.name)
        let packed = try ReadFile.bytes(path)
        let contents = try packed.withBytes { (bytes) throws(SNNError) in
            try XZ.unpack(bytes, limit: archiveLimit, label: "'\(path)'")
        }
        let archive = try TarArchive(contents: contents, label: "'\(path)'")
        let samples = try samples(archive.entries.map { ($0.name, $0) }, of: directory, label: "'\(path)'")
        return try read(samples, of: entry, split, preprocessing, steps) { entry throws(SNNError) in
            (try archive.read(entry), "'\(entry.name)' in '\(path)'")
        }
    }

    /// The files of a split in a folder.
    private static func files(of folder: String) throws(SNNError) -> [Sample<String>] {
        var paths: [(String, String)] = []
        for digit in try ReadFile.names(in: folder) {
            let inner = ReadFile.join(folder, digit)
            guard ReadFile.isFolder(inner) else { continue }
            for name in try ReadFile.names(in: inner) {
                let path = ReadFile.join(inner, name)
                paths.append((path, path))
            }
        }
        let directory = folder.split(separator: "/").last.map(String.init) ?? ""
        return try samples(paths, of: directory, label: "'\(folder)'")
    }

    /// Those of some files whose paths end in `directory/<digit>/<number>.bin`, by number.
    ///
    /// Other files are none of ours. Throws ``SNNError/corrupt`` where there is none, and for a digit or a number that is none.
    private static func samples<Place>(
        _ files: [(path: String, place: Place)],
        of directory: String,
        label: String
    ) throws(SNNError) -> [Sample<Place>] {
        var samples: [Sample<Place>] = []
        for (path, place) in files where path.hasSuffix(".bin") {
            let parts = path.split(separator: "/")
            guard parts.count >= 3, parts[parts.count - 3] == directory, let name = parts.last else { continue }
            guard let digit = Int32(parts[parts.count - 2]), 0...9 ~= digit, let number = Int(name.dropLast(4)),
                number >= 0
            else { throw .corrupt("\(label) must have files \(directory)/<digit>/<number>.bin, got '\(path)'") }
            samples.append(Sample(digit: digit, number: number, place: place))
        }
        guard !samples.isEmpty else {
            throw .corrupt("\(label) must have files \(directory)/<digit>/<number>.bin, got none")
        }
        return samples.sorted { ($0.number, $0.digit) < ($1.number, $1.digit) }
    }

    private static func read<Place>(
        _ samples: [Sample<Place>],
        of entry: DataCatalogue.Entry,
        _ split: String,
        _ preprocessing: Preprocessing,
        _ steps: Int?,
        contents: (Place) throws(SNNError) -> (bytes: ByteBuffer, label: String)
    ) throws(SNNError) -> Dataset {
        let chosen =
            try preprocessing.selection(of: samples.count, split: split).map { $0.map { samples[$0] } } ?? samples
        var recorder = try EventRecorder(
            entry.name,
            shape: shape,
            binning: preprocessing.events ?? EventBinning(),
            steps: steps,
            // The mean number of events of a sample is 4,100.
            capacity: 4500 * chosen.count
        )
        for sample in chosen {
            let (bytes, label) = try contents(sample.place)
            try recorder.reserve(bytes.count / ATIS.eventLength)
            try bytes.withBytes { (bytes) throws(SNNError) in
                try ATIS.read(bytes, width: shape.width, height: shape.height, label: label) { event in
                    let pixel = event.y * shape.width + event.x
                    recorder.add(time: event.time, neuron: (event.isOn ? shape.height * shape.width : 0) + pixel)
                }
            }
            recorder.endSample()
        }
        return try recorder.dataset(
            split: split,
            classes: entry.classNames.count,
            classNames: entry.classNames,
            labels: chosen.map(\.digit),
            preprocessing: preprocessing
        )
    }
}
