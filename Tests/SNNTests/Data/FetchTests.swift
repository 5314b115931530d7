import SNNKernel
import Testing

@testable import SNN

@Suite("fetching and importing data sets", .serialized)
struct FetchTests {
    @Test("without a network one sentence says so and names the files and the folder")
    func offline() throws {
        let folder = try TemporaryFolder()
        #expect {
            // Nobody listens on port 1 of this machine.
            try Fetch.fetch("mnist", directory: folder.path, sources: ["http://127.0.0.1:1/mnist"])
        } throws: { error in
            guard case .dataMissing(let sentence)? = error as? SNNError else { return false }
            return sentence.contains("is there a network?") && sentence.contains("t10k-labels-idx1-ubyte.gz")
                && sentence.contains(folder["mnist"])
        }
        #expect(folder.names == ["mnist"])
    }

    @Test("a download with the wrong content is refused and not kept")
    func wrongContent() throws {
        let folder = try TemporaryFolder()
        try ReadFile.createFolder(folder["mirror"])
        for file in DataCatalogue.mnist.files { try folder.write([1, 2, 3], to: "mirror/\(file.name)") }
        #expect {
            try Fetch.fetch("mnist", directory: folder["data"], sources: ["file://\(folder["mirror"])"])
        } throws: { error in
            guard case .corrupt(let sentence)? = error as? SNNError else { return false }
            return sentence.contains("its SHA-256 must be 440fcabf") && sentence.contains("got 039058c6")
        }
        #expect(DataCatalogue.list(directory: folder["data"])[2].missing.count == 4)
    }

    @Test("a set without single files on the net says how to import it")
    func notFetchable() {
        #expect {
            try Fetch.fetch("cifar-10", directory: "/nowhere")
        } throws: { error in
            guard case .notSupported(let sentence)? = error as? SNNError else { return false }
            return sentence.contains("snn data import cifar-10 FOLDER") && sentence.contains("test_batch.bin")
        }
        #expect(throws: SNNError.self) { try Fetch.fetch("minst") }
        #expect(throws: SNNError.self) { try Fetch.importSet("minst", from: "/") }
        #expect(throws: Never.self) { try Fetch.fetch("digits") }
        #expect(throws: Never.self) { try Fetch.fetch("yin-yang") }
    }

    @Test("importing from a folder that lacks files lists them, and copies nothing")
    func incomplete() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "train-images-idx3-ubyte.gz")
        #expect(
            throws: SNNError.dataMissing(
                "'\(folder.path)' must hold the files of 'mnist', missing: train-labels-idx1-ubyte.gz, "
                    + "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz"
            )
        ) { try Fetch.importSet("mnist", from: folder.path, directory: folder["data"]) }
        #expect(throws: SNNError.file("there is no folder '/no/such'")) {
            try Fetch.importSet("mnist", from: "/no/such")
        }
        for file in DataCatalogue.mnist.files { try folder.write([1], to: file.name) }
        #expect {
            try Fetch.importSet("mnist", from: folder.path, directory: folder["data"])
        } throws: { error in
            if case .corrupt? = error as? SNNError { true } else { false }
        }
        #expect(DataCatalogue.list(directory: folder["data"])[2].missing.count == 4)
    }

    @Test(
        "a set is fetched from its address and imported from a folder",
        .enabled(if: LargeSets.has("mnist"), "\(LargeSets.reason)")
    )
    func whole() throws {
        let folder = try TemporaryFolder()
        let mirror = "file://" + ReadFile.join(LargeSets.directory, "mnist")
        var lines: [String] = []
        // The first address fails, the second serves.
        try Fetch.fetch("mnist", directory: folder["a"], sources: ["file:///no/such", mirror]) { lines.append($0) }
        #expect(lines.filter { $0.contains("checksum right") }.count == 4)
        #expect(DataCatalogue.list(directory: folder["a"])[2].isPresent)
        try Fetch.fetch("mnist", directory: folder["a"], sources: ["file:///no/such"])
        #expect(try DataCatalogue.open("mnist", split: "test", directory: folder["a"]).count == 10_000)

        try Fetch.importSet("mnist", from: folder["a"], directory: folder["b"]) { lines.append($0) }
        #expect(try DataCatalogue.open("mnist", split: "test", directory: folder["b"]).count == 10_000)
    }

    @Test("programs are found, run and waited for")
    func spawning() throws {
        #expect(try Fetch.spawn(["true"]) == 0)
        #expect(try Fetch.spawn(["sh", "-c", "exit 3"]) == 3)
        #expect(try Fetch.spawn(["sh", "-c", "kill -9 $$"]) == 137)
        #expect(try Fetch.spawn(["snn-no-such-program"]) == nil)
        #expect(try Fetch.spawn([]) == nil)
    }
}
