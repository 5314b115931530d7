import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// CIFAR-10 in its binary version: records of one label byte and 3 x 32 x 32 pixel bytes, 10,000 a file.
///
/// A file may lie there plain (`data_batch_1.bin`, also in a folder `cifar-10-batches-bin`) or packed (`.bin.xz`);
/// packed ones are unpacked once into the cache folder of the user.
enum CIFAR {
    private static let pixels = 3 * 32 * 32
    private static let recordsPerFile = 10_000
    /// Bytes of a plain file.
    static let fileLength = recordsPerFile * (1 + pixels)

    /// The plain files of a split, in order.
    static func files(of split: String) -> [String] {
        split == "test" ? ["test_batch.bin"] : (1...5).map { "data_batch_\($0).bin" }
    }

    /// Where the file is in `folder`: plain or packed; nil where it is missing.
    static func locate(_ file: String, in folder: String) -> String? {
        [file, "cifar-10-batches-bin/\(file)", "\(file).xz"].map { ReadFile.join(folder, $0) }
            .first { ReadFile.exists($0) }
    }

    /// One split from `folder`; where `preprocessing` asks for the first samples, only their files are read.
    ///
    /// Throws ``SNNError/dataMissing``, ``SNNError/file``, ``SNNError/corrupt`` and what ``Dataset`` throws.
    static func open(folder: String, split: String, preprocessing: Preprocessing) throws(SNNError) -> Dataset {
        var names = files(of: split)
        if let samples = preprocessing.samples, samples >= 1 {
            names = Array(names.prefix((samples - 1) / recordsPerFile + 1))
        }
        let count = names.count * recordsPerFile
        let images = try ByteBuffer(count: count * pixels)
        var labels: [Int32] = []
        labels.reserveCapacity(count)
        for (index, name) in names.enumerated() {
            guard let path = locate(name, in: folder) else { throw DataCatalogue.missing("cifar-10", in: folder) }
            let contents = try plain(path, cacheFolder: cacheFolder)
            try contents.withBytes { (bytes) throws(SNNError) in
                let target = images.start + index * recordsPerFile * pixels
                for record in 0..<recordsPerFile {
                    let start = record * (1 + pixels)
                    guard let row = bytes.slice(at: start + 1, length: pixels), let source = row.baseAddress
                    else { throw .corrupt("'\(path)' is truncated") }
                    labels.append(Int32(bytes[start]))
                    (target + record * pixels).copyMemory(from: source, byteCount: pixels)
                }
            }
        }
        return try Dataset(
            name: "cifar-10",
            split: split,
            shape: SampleShape(channels: 3, height: 32, width: 32),
            classes: 10,
            classNames: DataCatalogue.cifar10.classNames,
            count: count,
            storage: .pixels(images),
            labels: .owned(labels),
            preprocessing: preprocessing,
            defaultScale: 1.0 / 255
        )
    }

    /// The user's cache folder for unpacked files.
    static var cacheFolder: String {
        ReadFile.join(userFolder("XDG_CACHE_HOME", ".cache"), "snn/cifar-10")
    }

    /// The plain content of the file at `path`, checked; a packed file is unpacked once into `cacheFolder`.
    static func plain(_ path: String, cacheFolder: String) throws(SNNError) -> ByteBuffer {
        guard path.hasSuffix(".xz") else {
            let contents = try ReadFile.bytes(path)
            try check(contents, path)
            return contents
        }
        let name = path.split(separator: "/").last.map { String($0.dropLast(3)) } ?? "batch.bin"
        let cached = ReadFile.join(cacheFolder, name)
        if let kept = ReadFile.modificationTime(cached), let packed = ReadFile.modificationTime(path), kept >= packed,
            let contents = try? ReadFile.bytes(cached), (try? check(contents, cached)) != nil
        {
            return contents
        }
        let packed = try ReadFile.bytes(path)
        let contents = try packed.withBytes { (bytes) throws(SNNError) in
            try XZ.unpack(bytes, length: fileLength, label: "'\(path)'")
        }
        try check(contents, path)
        // The cache only saves time: a folder that cannot be written, or a full disk, is no reason to fail. Two
        // processes at once each rename a complete file into place.
        try? ReadFile.createFolder(cacheFolder)
        try? AtomicFile.write(contents, to: cached)
        return contents
    }

    private static func check(_ contents: ByteBuffer, _ path: String) throws(SNNError) {
        guard contents.count == fileLength else {
            throw .corrupt("'\(path)' must have \(fileLength) bytes, got \(contents.count)")
        }
        try contents.withBytes { (bytes) throws(SNNError) in
            for record in 0..<recordsPerFile where bytes[record * (1 + pixels)] > 9 {
                throw .corrupt(
                    "'\(path)' must have labels 0 to 9, got \(bytes[record * (1 + pixels)]) in record \(record)"
                )
            }
        }
    }
}

/// A folder of the user by the XDG convention: `$variable`, else `~/fallback`.
func userFolder(_ variable: String, _ fallback: String) -> String {
    // The convention says that a relative path is to be ignored.
    if let value = environment(variable), value.hasPrefix("/") { return value }
    return ReadFile.join(environment("HOME") ?? "/tmp", fallback)
}

/// An environment variable that is set and not empty.
func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
}
