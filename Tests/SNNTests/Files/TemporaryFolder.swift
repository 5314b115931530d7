@testable import SNN
@testable import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder of its own for one test, removed with everything in it at the end.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let base = ReadFile.join(
            environment("TMPDIR") ?? "/tmp",
            "snn-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        )
        try ReadFile.createFolder(base)
        path = base
    }

    deinit { TemporaryFolder.remove(path) }

    subscript(name: String) -> String { ReadFile.join(path, name) }

    /// The names in the folder, sorted.
    var names: [String] { TemporaryFolder.names(in: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try AtomicFile.write(ByteBuffer(bytes), to: self[name])
    }

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        if ReadFile.isFolder(path) {
            for name in names(in: path) { remove(ReadFile.join(path, name)) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
