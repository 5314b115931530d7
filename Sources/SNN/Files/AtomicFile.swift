import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes files so that a program killed at any point leaves the old file or the new one, never a broken one.
///
/// The bytes go to a temporary name in the same folder, are synced to the disk and then renamed over the old file; the
/// folder is synced last, so that the new name survives a loss of power too.
package enum AtomicFile {
    /// How far a save has come; tests stop it here.
    package enum Stage: CaseIterable, Sendable {
        case created, writing, written, synced, renamed
    }

    /// Replaces the file at `path` by the bytes of `buffers`, one after the other.
    ///
    /// A symbolic link is followed. Throws ``SNNError/file`` that names path and reason; the temporary file is removed
    /// then, and the old file is untouched unless the failure is that of the folder's own sync.
    package static func write(_ buffers: [UnsafeRawBufferPointer], to path: String) throws(SNNError) {
        try write(to: path) { (sink) throws(SNNError) in
            for buffer in buffers { try sink.write(buffer) }
        }
    }

    /// As above for one buffer.
    package static func write(_ buffer: ByteBuffer, to path: String) throws(SNNError) {
        try buffer.withBytes { (bytes) throws(SNNError) in try write([bytes], to: path) }
    }

    /// As above for bytes that `body` writes piece by piece; where `body` throws, nothing has changed.
    ///
    /// `observe` is told of every stage and stops the save by throwing.
    package static func write(
        to path: String,
        observe: (Stage) throws(SNNError) -> Void = { _ in },
        _ body: (borrowing FileSink) throws(SNNError) -> Void
    ) throws(SNNError) {
        let target = try destination(of: path)
        let (folder, name) = split(target)
        let (temporary, descriptor) = try create(in: folder, for: name, path: path)
        var isOpen = true
        do throws(SNNError) {
            try observe(.created)
            try body(FileSink(descriptor: descriptor, path: path))
            try observe(.written)
            guard fsync(descriptor) == 0 || errno == EINVAL else { throw ReadFile.failure("cannot write", path) }
            isOpen = false
            guard close(descriptor) == 0 else { throw ReadFile.failure("cannot write", path) }
            try observe(.synced)
            guard rename(temporary, target) == 0 else { throw ReadFile.failure("cannot write", path) }
        } catch {
            if isOpen { close(descriptor) }
            unlink(temporary)
            throw error
        }
        try observe(.renamed)
        try syncFolder(folder, path: path)
    }

    /// Where `path` leads: the file behind a link, so that a save does not replace the link itself.
    private static func destination(of path: String) throws(SNNError) -> String {
        try ReadFile.check(path: path)
        var info = stat()
        guard lstat(path, &info) == 0 else { return path }
        guard let resolved = realpath(path, nil) else { throw ReadFile.failure("cannot write", path) }
        defer { free(resolved) }
        // Renaming over a device such as /dev/null would replace it for the whole system.
        guard stat(resolved, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            throw .file("cannot write '\(path)': it must be a regular file or not exist")
        }
        return String(cString: resolved)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// A new file under a name nobody else has; O_EXCL makes two saves at once take different ones.
    private static func create(
        in folder: String,
        for name: String,
        path: String
    ) throws(SNNError) -> (path: String, descriptor: Int32) {
        // The name is cut so that the temporary one stays within the 255 bytes of file systems.
        let stem = String(decoding: Array(name.utf8.prefix(180)), as: UTF8.self)
        for attempt in 0..<1000 {
            let candidate = ReadFile.join(folder, ".\(stem).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp")
            let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return (candidate, descriptor) }
            guard errno == EEXIST || errno == EINTR, attempt < 999 else { break }
        }
        throw ReadFile.failure("cannot write", path)
    }

    private static func syncFolder(_ folder: String, path: String) throws(SNNError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A folder that may be written but not read cannot be synced; the file itself is safe.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw ReadFile.failure("cannot sync the folder of", path)
        }
    }
}

/// The file that a save is writing to.
package struct FileSink: ~Copyable {
    fileprivate let descriptor: Int32
    fileprivate let path: String

    /// Appends `bytes`, all of them; throws ``SNNError/file`` (a full disk).
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SNNError) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = write(base + done, min(bytes.count - done, 1 << 30))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ReadFile.failure("cannot write", path) }
            done += count
        }
    }

    private func write(_ start: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, start, count)
        #else
        Darwin.write(descriptor, start, count)
        #endif
    }

    /// Appends `text` as UTF-8; throws ``SNNError/file``.
    package func write(_ text: String) throws(SNNError) {
        try ByteBuffer(Array(text.utf8)).withBytes { (bytes) throws(SNNError) in try write(bytes) }
    }
}
