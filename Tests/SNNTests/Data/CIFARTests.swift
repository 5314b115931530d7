import SNNKernel
import Testing

@testable import SNN

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("CIFAR-10")
struct CIFARTests {
    @Test("a file of the wrong length, or with a label beyond 9, is refused")
    func structure() throws {
        let folder = try TemporaryFolder()
        try ReadFile.createFolder(folder["cifar-10"])
        try folder.write([1, 2, 3], to: "cifar-10/test_batch.bin")
        #expect(throws: SNNError.corrupt("'\(folder["cifar-10/test_batch.bin"])' must have 30730000 bytes, got 3")) {
            try DataCatalogue.open("cifar-10", split: "test", directory: folder.path)
        }
        var bytes = [UInt8](repeating: 0, count: CIFAR.fileLength)
        bytes[3073 * 2] = 10
        try folder.write(bytes, to: "cifar-10/test_batch.bin")
        #expect(
            throws: SNNError.corrupt(
                "'\(folder["cifar-10/test_batch.bin"])' must have labels 0 to 9, got 10 in record 2"
            )
        ) {
            try DataCatalogue.open("cifar-10", split: "test", directory: folder.path)
        }
        bytes[3073 * 2] = 9
        bytes[3073 * 2 + 1] = 255
        try folder.write(bytes, to: "cifar-10/test_batch.bin")
        let set = try DataCatalogue.open("cifar-10", split: "test", directory: folder.path)
        #expect(set.count == 10_000 && set.label(2) == 9 && set.row(2)[0] == 1)
    }

    @Test("damaged xz files are refused and leave no cache")
    func damaged() throws {
        let folder = try TemporaryFolder()
        for bytes in [[], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 1, 2], Array("no xz".utf8)] as [[UInt8]] {
            try folder.write(bytes, to: "test_batch.bin.xz")
            #expect {
                try CIFAR.plain(folder["test_batch.bin.xz"], cacheFolder: folder["cache"])
            } throws: { error in
                if case .corrupt? = error as? SNNError { true } else { false }
            }
        }
        #expect(folder.names == ["test_batch.bin.xz"])
    }

    private static let packed = ReadFile.join(LargeSets.directory, "cifar-10/test_batch.bin.xz")

    private func same(_ left: ByteBuffer?, _ right: ByteBuffer) -> Bool {
        guard let left, left.count == right.count else { return false }
        defer { withExtendedLifetime((left, right)) {} }
        return memcmp(left.start, right.start, right.count) == 0
    }

    @Test(
        "a packed file is unpacked once, by several at a time without harm, and again when the cache is damaged",
        .enabled(if: ReadFile.exists(packed), "\(LargeSets.reason)")
    )
    func cache() async throws {
        let folder = try TemporaryFolder()
        let cache = folder["deep/cache"]
        let contents = await withTaskGroup(of: ByteBuffer?.self) { group in
            for _ in 0..<2 { group.addTask { try? CIFAR.plain(Self.packed, cacheFolder: cache) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let first = try #require(contents[0])
        #expect(SHA256.digest(of: first) == DataCatalogue.cifar10.files[5].sha256)
        #expect(same(contents[1], first))
        #expect(try same(ReadFile.bytes(ReadFile.join(cache, "test_batch.bin")), first))
        try folder.write([1, 2, 3], to: "deep/cache/test_batch.bin")
        #expect(try same(CIFAR.plain(Self.packed, cacheFolder: cache), first))
        #expect(try ReadFile.bytes(ReadFile.join(cache, "test_batch.bin")).count == CIFAR.fileLength)
    }

    @Test(
        "a cache that cannot be written costs time only",
        .enabled(if: ReadFile.exists(packed), "\(LargeSets.reason)")
    )
    func noCache() throws {
        let contents = try CIFAR.plain(Self.packed, cacheFolder: "/dev/null/cache")
        #expect(contents.count == CIFAR.fileLength)
    }

    @Test(
        "the set is read whole, with its published counts and means",
        .enabled(if: LargeSets.has("cifar-10"), "\(LargeSets.reason)")
    )
    func whole() throws {
        let train = try DataCatalogue.open("cifar-10", split: "train", directory: LargeSets.directory)
        #expect(train.labelCounts == Array(repeating: 5000, count: 10))
        for (mean, published) in zip(train.channelMeans, [0.49140, 0.48216, 0.44653]) {
            #expect(abs(mean - published) < 6e-6)
        }
        #expect(train.classNames?[6] == "frog" && train.label(0) == 6, "the first training image is a frog")
        var few = Preprocessing()
        few.samples = 20
        let first = try DataCatalogue.open(
            "cifar-10",
            split: "train",
            directory: LargeSets.directory,
            preprocessing: few
        )
        #expect(first.count == 20 && first.row(19) == train.row(19))
        let test = try DataCatalogue.open("cifar-10", split: "test", directory: LargeSets.directory)
        #expect(test.labelCounts == Array(repeating: 1000, count: 10))
    }
}
