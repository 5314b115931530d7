import SNNKernel
import Testing

@testable import SNN

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("atomic files")
struct AtomicFileTests {
    private func content(_ path: String) throws -> [UInt8] { try ReadFile.bytes(path).array }

    @Test("what is written is read, and nothing else is left in the folder")
    func writing() throws {
        let folder = try TemporaryFolder()
        try Array("old ".utf8).withUnsafeBytes { first in
            try Array("file".utf8).withUnsafeBytes { try AtomicFile.write([first, $0], to: folder["a"]) }
        }
        #expect(try ReadFile.text(folder["a"]) == "old file")
        try AtomicFile.write(to: folder["a"]) { (sink) throws(SNNError) in try sink.write("new") }
        #expect(try ReadFile.text(folder["a"]) == "new")
        #expect(folder.names == ["a"])
    }

    @Test("the mode is what the user's mask allows")
    func mode() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "a")
        var info = stat()
        #expect(stat(folder["a"], &info) == 0)
        let mask = umask(0o022)
        umask(mask)
        #expect(info.st_mode & 0o777 == 0o666 & ~mask)
    }

    @Test("a link is followed, not replaced")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "real")
        #expect(symlink("real", folder["link"]) == 0)
        try folder.write([2], to: "link")
        #expect(try content(folder["real"]) == [2])
        #expect(folder.names == ["link", "real"])
    }

    @Test(
        "a failure at any stage leaves the old file and no temporary one",
        arguments: [AtomicFile.Stage.created, .writing, .written, .synced]
    )
    func failures(_ stage: AtomicFile.Stage) throws {
        let folder = try TemporaryFolder()
        try folder.write([1, 2, 3], to: "a")
        #expect(throws: SNNError.file("the disk is full")) {
            try AtomicFile.write(
                to: folder["a"],
                observe: { (now) throws(SNNError) in if now == stage { throw .file("the disk is full") } },
                { (sink) throws(SNNError) in
                    try sink.write("half")
                    if stage == .writing { throw .file("the disk is full") }
                }
            )
        }
        #expect(try content(folder["a"]) == [1, 2, 3])
        #expect(folder.names == ["a"])
    }

    @Test("places that cannot be written are refused with path and reason")
    func badPaths() throws {
        let folder = try TemporaryFolder()
        func sentence(_ path: String) -> String {
            do throws(SNNError) {
                try AtomicFile.write([], to: path)
                return "no error"
            } catch { return error.message }
        }
        #expect(sentence("") == "a path must not be empty")
        #expect(sentence(folder["no/such"]).contains("no/such': No such file or directory"))
        #expect(sentence(folder.path).contains("must be a regular file"))
        #expect(sentence("/dev/null").contains("must be a regular file"))
        #expect(sentence("a\0b").contains("zero byte"))
        #expect(sentence(folder[String(repeating: "n", count: 300)]).contains("File name too long"))
        #expect(folder.names == [])
    }

    @Test("reading says what is wrong")
    func reading() throws {
        let folder = try TemporaryFolder()
        try folder.write([0xFF, 0xFE], to: "a")
        #expect(throws: SNNError.file("cannot open '\(folder["b"])': No such file or directory")) {
            try ReadFile.bytes(folder["b"])
        }
        #expect(throws: SNNError.file("cannot read '\(folder.path)': it is a folder")) {
            try ReadFile.bytes(folder.path)
        }
        #expect(throws: SNNError.file("'\(folder["a"])' must not be larger than 1 bytes, got 2")) {
            try ReadFile.bytes(folder["a"], limit: 1)
        }
        #expect(throws: SNNError.corrupt("'\(folder["a"])' must be UTF-8 text")) { try ReadFile.text(folder["a"]) }
        #expect(try ReadFile.bytes(folder["a"], limit: 2).count == 2)
        #expect(throws: SNNError.self) { try ReadFile.bytes("/dev/zero", limit: 100_000) }
    }

    // fork() is not offered to Swift; here the child only saves files and is then killed.
    private static let fork: (@convention(c) () -> pid_t)? = {
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "fork") else { return nil }
        return unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)
    }()

    private func save(_ value: UInt8, to path: String) {
        let values = [Float](repeating: Float(value), count: 100_000)
        values.withUnsafeBytes { bytes in
            let tensors = (0..<4).map {
                TensorToWrite(name: "t\($0)", type: .f32, shape: [100_000], bytes: bytes)
            }
            try? SafetensorsWriter.write(tensors, metadata: ["value": "\(value)"], to: path)
        }
    }

    /// The value a file was saved with; throws where it is broken or mixes two saves.
    private func value(of path: String) throws -> Float {
        let file = try SafetensorsFile(path: path)
        let text = try #require(file.metadata["value"])
        let value = try #require(Float(text))
        for name in ["t0", "t1", "t2", "t3"] {
            #expect(try file.floats(name).allSatisfy { $0 == value })
        }
        return value
    }

    @Test("a process killed in the middle of saving leaves the old file or the new one", .timeLimit(.minutes(2)))
    func killed() throws {
        let fork = try #require(Self.fork)
        let folder = try TemporaryFolder()
        let path = folder["model"]
        save(1, to: path)
        var interrupted = 0
        for round in 0..<40 {
            let child = fork()
            if child == 0 {
                while true {
                    save(2, to: path)
                    save(3, to: path)
                }
            }
            try #require(child > 0)
            // 2 to 9.8 ms, while a save takes a few: the kill hits every part of it.
            usleep(UInt32(2_000 + 200 * round))
            kill(child, SIGKILL)
            var status: Int32 = 0
            waitpid(child, &status, 0)
            #expect([1, 2, 3].contains(try value(of: path)))
            for name in folder.names where name != "model" {
                interrupted += 1
                unlink(folder[name])
            }
        }
        // The rounds are worth something only if saves were cut off.
        #expect(interrupted > 0)
    }

    @Test("two savers at once leave the file of one of them")
    func together() async throws {
        let folder = try TemporaryFolder()
        let path = folder["model"]
        await withTaskGroup(of: Void.self) { group in
            for value in 1...8 { group.addTask { self.save(UInt8(value), to: path) } }
        }
        #expect(1...8 ~= Int(try value(of: path)))
        #expect(folder.names == ["model"])
    }
}
