import SNNKernel

/// The data sets that are known by name: where they come from, what they must look like, where they are kept.
package enum DataCatalogue {
    /// A file of a set, as it is published.
    package struct File: Equatable, Sendable {
        /// Its name in the set's folder.
        package let name: String
        /// The SHA-256 of its content, hexadecimal.
        package let sha256: String
        /// Names under which the same samples may lie there too, with the SHA-256 of that form.
        package let alternatives: [(name: String, sha256: String)]

        /// Whether two entries name the same file.
        package static func == (left: File, right: File) -> Bool {
            left.name == right.name && left.sha256 == right.sha256
        }
    }

    /// How a set gets into its folder.
    package enum Origin: Equatable, Sendable {
        /// It does not: the package carries or generates it.
        case carried
        /// Files with known checksums are fetched or imported.
        case files
        /// Folders of many files are put there by hand.
        case folders([String])
        /// A file that a command makes of the published ones.
        case made(file: String, command: String)
    }

    /// A named set.
    package struct Entry: Sendable {
        /// The name callers use, also that of its folder.
        package let name: String
        /// Its name for people.
        package let title: String
        /// Under which terms it may be used, as far as its makers say.
        package let licence: String
        /// Whom to cite.
        package let credit: String
        /// One name a class.
        package let classNames: [String]
        /// The extents of one sample.
        package let shape: SampleShape
        /// Samples of the train split.
        package let trainCount: Int
        /// Samples of the test split.
        package let testCount: Int
        /// How it gets into its folder.
        package let origin: Origin
        /// The files that its folder must hold where it consists of ``Origin/files``.
        package let files: [File]
        /// Folders on the net that hold the files under the same names, tried in this order.
        package let sources: [String]

        /// The file that a command made, where the set is one.
        var madeFile: String? { if case .made(let file, _) = origin { file } else { nil } }

        /// What brings the set into its folder `folder`, «snn data fetch mnist».
        package func advice(_ folder: String) -> String {
            switch origin {
            case .carried: "nothing"
            case .files where sources.isEmpty: "snn data import \(name) FOLDER"
            case .files: "snn data fetch \(name)"
            case .folders(let names): "put the folders \(names.joined(separator: ", ")) into '\(folder)'"
            case .made(_, let command): command
            }
        }
    }

    /// Whether a set is there.
    package struct Presence: Sendable {
        /// The set.
        package let entry: Entry
        /// The folder that was looked in; nil for a set that the package carries.
        package let folder: String?
        /// The files that are not there.
        package let missing: [String]
        /// Whether it can be opened.
        package var isPresent: Bool { missing.isEmpty }
    }

    /// Every known set.
    package static let entries = [
        digits, yinYang, mnist, fashionMNIST, cifar10, nmnist, nmnistSmall, shd, spokenDigits,
    ]

    /// The set called `name`; throws ``SNNError/unknownName`` that lists the known ones.
    package static func entry(_ name: String) throws(SNNError) -> Entry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw .unknown("data set", name, known: entries.map(\.name) + ["FILE.npz"])
        }
        return entry
    }

    /// The folder that holds one folder a set: `explicit`, else `$SNN_DATA`, else the user's own.
    package static func resolveDirectory(explicit: String?) -> String {
        if let explicit, !explicit.isEmpty { return explicit }
        return environment("SNN_DATA") ?? userDirectory
    }

    /// Where `snn data fetch` puts sets unless told otherwise: `$XDG_DATA_HOME/snn/data` or `~/.local/share/snn/data`.
    package static var userDirectory: String {
        ReadFile.join(userFolder("XDG_DATA_HOME", ".local/share"), "snn/data")
    }

    /// One split of a set, in memory.
    ///
    /// `name` is a known set, or a path that ends in `.npz`; `split` is "train" or "test". `directory` is a folder with
    /// one folder a set, nil for ``resolveDirectory(explicit:)``'s; a path that ends in `.npz` is opened in place of the
    /// named set. `preprocessing` says which samples, and how they are scaled and augmented. `steps` are those of the
    /// network that will read a set of recorded events, where `preprocessing` names none.
    ///
    /// Throws ``SNNError/unknownName``, ``SNNError/dataMissing``, ``SNNError/file``, ``SNNError/corrupt``,
    /// ``SNNError/parameter``, ``SNNError/memory``.
    package static func open(
        _ name: String,
        split: String,
        directory: String? = nil,
        preprocessing: Preprocessing = Preprocessing(),
        steps: Int? = nil
    ) throws(SNNError) -> Dataset {
        guard split == "train" || split == "test" else {
            throw .unknown("split", split, known: ["train", "test"])
        }
        if name.hasSuffix(".npz") {
            return try NPZ.open(name, split: split, preprocessing: preprocessing, steps: steps)
        }
        let entry = try entry(name)
        if let directory, directory.hasSuffix(".npz"), !ReadFile.isFolder(directory) {
            return try NPZ.open(directory, entry: entry, split: split, preprocessing: preprocessing, steps: steps)
        }
        let folder = ReadFile.join(resolveDirectory(explicit: directory), name)
        switch name {
        case digits.name: return try Digits.open(split: split, preprocessing: preprocessing)
        case yinYang.name: return try YinYang.open(split: split, preprocessing: preprocessing)
        case cifar10.name: return try CIFAR.open(folder: folder, split: split, preprocessing: preprocessing)
        case nmnist.name, nmnistSmall.name:
            return try NMNIST.open(entry, folder: folder, split: split, preprocessing: preprocessing, steps: steps)
        case shd.name, spokenDigits.name:
            guard let file = entry.madeFile, missingParts(entry, in: folder).isEmpty else {
                throw missing(name, in: folder)
            }
            return try NPZ.open(
                ReadFile.join(folder, file),
                entry: entry,
                split: split,
                preprocessing: preprocessing,
                steps: steps
            )
        default: return try openIDX(entry, folder: folder, split: split, preprocessing: preprocessing)
        }
    }

    private static func openIDX(
        _ entry: Entry,
        folder: String,
        split: String,
        preprocessing: Preprocessing
    ) throws(SNNError) -> Dataset {
        let prefix = split == "test" ? "t10k" : "train"
        let imageFile = ReadFile.join(folder, "\(prefix)-images-idx3-ubyte")
        let labelFile = ReadFile.join(folder, "\(prefix)-labels-idx1-ubyte")
        for path in [imageFile, labelFile] where !ReadFile.exists(path) && !ReadFile.exists(path + ".gz") {
            throw missing(entry.name, in: folder)
        }
        let labels = try IDX(path: labelFile)
        let images = try IDX(path: imageFile)
        try IDX.checkPair(images: images, labels: labels, label: "'\(folder)'")
        return try Dataset(
            name: entry.name,
            split: split,
            shape: SampleShape(channels: 1, height: images.sizes[1], width: images.sizes[2]),
            classes: entry.classNames.count,
            classNames: entry.classNames,
            count: images.sizes[0],
            storage: .pixels(images.elements),
            labels: .owned(labels.elements.array.map { Int32($0) }),
            preprocessing: preprocessing,
            defaultScale: 1.0 / 255
        )
    }

    /// What `snn data list` shows: every known set, and whether it is in `directory`.
    package static func list(directory: String? = nil) -> [Presence] {
        entries.map { entry in
            guard entry.origin != .carried else { return Presence(entry: entry, folder: nil, missing: []) }
            let folder = ReadFile.join(resolveDirectory(explicit: directory), entry.name)
            return Presence(entry: entry, folder: folder, missing: missingParts(entry, in: folder))
        }
    }

    /// The files, or the folders of files, of `entry` that `folder` lacks in every form.
    static func missingParts(_ entry: Entry, in folder: String) -> [String] {
        switch entry.origin {
        case .carried: []
        case .files:
            entry.files.filter { file in
                ([file.name] + file.alternatives.map(\.name)).allSatisfy { !ReadFile.exists(ReadFile.join(folder, $0)) }
            }.map(\.name)
        case .folders(let names): names.filter { !ReadFile.isFolder(ReadFile.join(folder, $0)) }
        case .made(let file, _): ReadFile.exists(ReadFile.join(folder, file)) ? [] : [file]
        }
    }

    /// The error of a set that is not in `folder`: what was sought, and how to get it.
    static func missing(_ name: String, in folder: String) -> SNNError {
        guard let entry = entries.first(where: { $0.name == name }) else {
            return .dataMissing("the data set '\(name)' is not in '\(folder)'")
        }
        let lacking = missingParts(entry, in: folder)
        let parts = (lacking.isEmpty ? entry.files.map(\.name) : lacking).joined(separator: ", ")
        let advice = entry.advice(folder)
        let help =
            switch entry.origin {
            case .carried, .files: "run `\(advice)`, or put the files there by hand"
            case .folders: "\(advice), as published"
            case .made: "run `\(advice)`"
            }
        return .dataMissing("the data set '\(name)' is not in '\(folder)' (missing: \(parts)); \(help)")
    }
}
