import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads whole files into memory.
///
/// Nothing is mapped: a mapped file that somebody truncates kills the process, and with it the program we live in.
package enum ReadFile {
    /// The bytes of the file at `path`, which must not have more than `limit`.
    ///
    /// Throws ``SNNError/file`` that names path and reason, ``SNNError/memory``.
    package static func bytes(_ path: String, limit: Int = 1 << 36) throws(SNNError) -> ByteBuffer {
        try check(path: path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw failure("cannot read", path) }
        guard info.st_mode & S_IFMT != S_IFDIR else { throw .file("cannot read '\(path)': it is a folder") }
        let law = SNNError.file("'\(path)' must not be larger than \(limit) bytes, got \(info.st_size)")
        guard info.st_size <= limit else { throw law }

        // A pipe has size 0 and a file may grow meanwhile: read to the end, whatever the size says.
        let buffer = try ByteBuffer(count: min(max(Int(info.st_size), 0) + 1, limit))
        var filled = 0
        while true {
            if filled == buffer.count {
                guard filled < limit else {
                    var extra: UInt8 = 0
                    guard read(descriptor, &extra, 1) == 0 else { throw law }
                    break
                }
                try buffer.resize(to: min(limit, max(filled * 2, 1 << 16)))
            }
            let got = read(descriptor, buffer.start + filled, min(buffer.count - filled, 1 << 30))
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw failure("cannot read", path) }
            if got == 0 { break }
            filled += got
        }
        try buffer.resize(to: filled)
        return buffer
    }

    /// The text of the file at `path`, which must be UTF-8 of at most `limit` bytes.
    ///
    /// Throws ``SNNError/file``, ``SNNError/corrupt`` where it is not UTF-8.
    package static func text(_ path: String, limit: Int = 1 << 26) throws(SNNError) -> String {
        try bytes(path, limit: limit).withBytes { (bytes) throws(SNNError) -> String in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .corrupt("'\(path)' must be UTF-8 text")
            }
            return text
        }
    }

    /// Whether a file (not a folder) is at `path`.
    package static func exists(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT != S_IFDIR
    }

    /// Whether a folder is at `path`.
    package static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in the folder at `path`, sorted; "." and ".." are left out.
    ///
    /// Throws ``SNNError/file``, ``SNNError/corrupt`` for a name that is not UTF-8.
    package static func names(in path: String) throws(SNNError) -> [String] {
        try check(path: path)
        guard let folder = opendir(path) else { throw failure("cannot open the folder", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(validating: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else { throw .corrupt("'\(path)' must have names in UTF-8") }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// When the file at `path` was last changed, in seconds; nil where there is none.
    package static func modificationTime(_ path: String) -> Int? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        #if canImport(Darwin)
        return Int(info.st_mtimespec.tv_sec)
        #else
        return Int(info.st_mtim.tv_sec)
        #endif
    }

    /// Creates the folder at `path` and those above it; nothing happens where it exists.
    ///
    /// Throws ``SNNError/file``.
    package static func createFolder(_ path: String) throws(SNNError) {
        try check(path: path)
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            if mkdir(made, 0o777) != 0 && !isFolder(made) { throw failure("cannot create the folder", made) }
        }
    }

    /// `folder/name`, without doubling a slash.
    package static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty || folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// Refuses paths that C would read differently from Swift.
    static func check(path: String) throws(SNNError) {
        guard !path.isEmpty else { throw .file("a path must not be empty") }
        guard !path.utf8.contains(0) else {
            throw .file("a path must not contain a zero byte, got \(JSONValue.quoted(path))")
        }
    }

    /// «cannot open 'x': No such file or directory», from the newest `errno`.
    static func failure(_ what: String, _ path: String) -> SNNError {
        .file("\(what) '\(path)': \(String(cString: strerror(errno)))")
    }
}
