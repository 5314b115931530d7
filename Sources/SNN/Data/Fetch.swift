import SNNKernel

#if canImport(Glibc)
@preconcurrency import Glibc
#elseif canImport(Darwin)
@preconcurrency import Darwin
#endif

/// Brings the known data sets to this machine: `snn data fetch` and `snn data import`.
///
/// Every file is recognised by its SHA-256 before it gets its name, so a folder never holds half a download.
package enum Fetch {
    /// Downloads what is missing of set `name` into `directory` (nil: ``DataCatalogue/userDirectory``) and returns the
    /// set's folder.
    ///
    /// The system's `curl`, else `wget`, does the work and shows its progress on standard error; `report` receives one
    /// line a file. Files that are there already and have the right checksum are kept.
    ///
    /// Throws ``SNNError/unknownName``, ``SNNError/notSupported`` for sets that have no public address for single
    /// files, ``SNNError/dataMissing`` where the network or both programs are missing: it says where to put which files
    /// by hand, ``SNNError/corrupt`` for a file with another checksum, ``SNNError/file``.
    @discardableResult
    package static func fetch(
        _ name: String,
        directory: String? = nil,
        sources: [String]? = nil,
        report: (String) -> Void = { _ in }
    ) throws(SNNError) -> String {
        let entry = try DataCatalogue.entry(name)
        guard entry.origin != .carried else {
            report("\(name): carried by the package, nothing to fetch")
            return ""
        }
        let folder = ReadFile.join(target(directory), name)
        try checkFiles(entry, folder, "fetched")
        let sources = sources ?? entry.sources
        guard !sources.isEmpty else {
            throw .notSupported(
                "'\(name)' cannot be fetched file by file; unpack it somewhere and run `snn data import \(name) FOLDER`, "
                    + "or put \(names(entry)) into '\(folder)' by hand"
            )
        }
        try ReadFile.createFolder(folder)
        for file in entry.files {
            if try present(file, in: folder) {
                report("\(file.name): already there")
                continue
            }
            try download(file, entry: entry, sources: sources, folder: folder)
            report("\(file.name): fetched, checksum right")
        }
        return folder
    }

    /// Copies set `name` from `source` into `directory` (nil: ``DataCatalogue/userDirectory``) after checking every file,
    /// and returns the set's folder.
    ///
    /// The files may lie in `source` itself or in a folder of it that has the set's name, as published or unpacked.
    ///
    /// Throws ``SNNError/unknownName``, ``SNNError/dataMissing`` that lists what `source` lacks, ``SNNError/corrupt`` for
    /// a file with another checksum, ``SNNError/file``.
    @discardableResult
    package static func importSet(
        _ name: String,
        from source: String,
        directory: String? = nil,
        report: (String) -> Void = { _ in }
    ) throws(SNNError) -> String {
        let entry = try DataCatalogue.entry(name)
        guard entry.origin != .carried else {
            report("\(name): carried by the package, nothing to import")
            return ""
        }
        let folder = ReadFile.join(target(directory), name)
        try checkFiles(entry, folder, "imported")
        guard ReadFile.isFolder(source) else { throw .file("there is no folder '\(source)'") }
        var found: [(path: String, name: String, sha256: String)] = []
        var lacking: [String] = []
        for file in entry.files {
            let forms = [(name: file.name, sha256: file.sha256)] + file.alternatives
            let places = [source, ReadFile.join(source, name)].flatMap { folder in
                forms.map { (path: ReadFile.join(folder, $0.name), name: lastPart($0.name), sha256: $0.sha256) }
            }
            if let place = places.first(where: { ReadFile.exists($0.path) }) {
                found.append(place)
            } else {
                lacking.append(file.name)
            }
        }
        guard lacking.isEmpty else {
            throw .dataMissing(
                "'\(source)' must hold the files of '\(name)', missing: \(lacking.joined(separator: ", "))"
            )
        }
        try ReadFile.createFolder(folder)
        for place in found {
            let contents = try ReadFile.bytes(place.path)
            try check(contents, sha256: place.sha256, path: place.path)
            try AtomicFile.write(contents, to: ReadFile.join(folder, place.name))
            report("\(place.name): copied, checksum right")
        }
        return folder
    }

    private static func target(_ directory: String?) -> String {
        if let directory, !directory.isEmpty { return directory }
        return DataCatalogue.userDirectory
    }

    /// Refuses a set that does not consist of files with known checksums.
    private static func checkFiles(_ entry: DataCatalogue.Entry, _ folder: String, _ what: String) throws(SNNError) {
        guard entry.origin == .files else {
            throw .notSupported("'\(entry.name)' cannot be \(what): \(entry.advice(folder))")
        }
    }

    private static func names(_ entry: DataCatalogue.Entry) -> String {
        entry.files.map(\.name).joined(separator: ", ")
    }

    private static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Whether `folder` holds `file` as published; a file of that name with another content is fetched again.
    private static func present(_ file: DataCatalogue.File, in folder: String) throws(SNNError) -> Bool {
        let path = ReadFile.join(folder, file.name)
        guard ReadFile.exists(path) else { return false }
        return SHA256.digest(of: try ReadFile.bytes(path)) == file.sha256
    }

    private static func check(_ contents: ByteBuffer, sha256: String, path: String) throws(SNNError) {
        let digest = SHA256.digest(of: contents)
        guard digest == sha256 else {
            throw .corrupt("'\(path)' is not the published file: its SHA-256 must be \(sha256), got \(digest)")
        }
    }

    private static func download(
        _ file: DataCatalogue.File,
        entry: DataCatalogue.Entry,
        sources: [String],
        folder: String
    ) throws(SNNError) {
        let path = ReadFile.join(folder, file.name)
        let temporary = "\(path).\(getpid()).part"
        defer { unlink(temporary) }
        var wrong: SNNError?
        for source in sources {
            let url = "\(source)/\(file.name)"
            unlink(temporary)
            guard try run(downloading: url, to: temporary) else { continue }
            let contents = try ReadFile.bytes(temporary)
            do throws(SNNError) {
                try check(contents, sha256: file.sha256, path: url)
            } catch {
                wrong = error
                continue
            }
            // Written anew rather than renamed: that syncs it to the disk too.
            return try AtomicFile.write(contents, to: path)
        }
        if let wrong { throw wrong }
        throw .dataMissing(
            "cannot download \(file.name) (is there a network?); put \(names(entry)) into '\(folder)' by hand, "
                + "from \(sources.joined(separator: " or "))"
        )
    }

    /// Whether `curl` or, where there is none, `wget` brought `url` to the file `path`.
    private static func run(downloading url: String, to path: String) throws(SNNError) -> Bool {
        let curl = [
            "curl", "--fail", "--location", "--retry", "2", "--connect-timeout", "20", "--progress-bar", "--output",
            path,
            url,
        ]
        if let status = try spawn(curl) { return status == 0 && ReadFile.exists(path) }
        if let status = try spawn(["wget", "--tries=2", "--connect-timeout=20", "-O", path, url]) {
            return status == 0 && ReadFile.exists(path)
        }
        throw .dataMissing(
            "cannot download \(url): neither curl nor wget is installed; put the file there by hand: '\(path)'"
        )
    }

    /// Runs a program from the search path and returns its exit status, or nil where there is no such program.
    ///
    /// Its standard output goes to our standard error, which is for people. Throws ``SNNError/file``.
    static func spawn(_ arguments: [String]) throws(SNNError) -> Int32? {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        guard let program = arguments.first, !pointers.contains(where: { $0 == nil }) else { return nil }
        pointers.append(nil)

        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, 2, 1)

        var process: pid_t = 0
        let failure = posix_spawnp(&process, program, &actions, nil, pointers, environ)
        if failure == ENOENT { return nil }
        guard failure == 0 else { throw .file("cannot run \(program): \(String(cString: strerror(failure)))") }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw ReadFile.failure("cannot wait for", program) }
        }
        // Killed by a signal: no exit status, so any number but 0.
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }
}

extension SHA256 {
    /// The digest of a buffer as 64 hexadecimal digits.
    static func digest(of buffer: ByteBuffer) -> String {
        buffer.withBytes { digest(of: $0) }
    }
}
