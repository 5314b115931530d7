import SNNKernel
import Testing

@testable import SNN

@Suite("the catalogue of data sets")
struct DataCatalogueTests {
    @Test("the embedded digits have the published counts and the agreed split")
    func digits() throws {
        let train = try DataCatalogue.open("digits", split: "train", directory: "/nowhere")
        let test = try DataCatalogue.open("digits", split: "test", directory: "/nowhere")
        #expect(train.count == 1438 && test.count == 359)
        #expect(train.shape == SampleShape(channels: 1, height: 8, width: 8))
        let counts = zip(train.labelCounts, test.labelCounts).map { $0 + $1 }
        #expect(counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
        // scikit-learn's data[0] and target[0..<6]; index 4 is the first test sample.
        #expect(Array(train.row(0)[..<8]) == [0, 0, 5, 13, 9, 1, 0, 0].map { Float($0) / 16 })
        #expect((0..<5).map { train.label($0) } == [0, 1, 2, 3, 5])
        #expect(test.label(0) == 4)
        #expect((0..<train.count).allSatisfy { train.row($0).allSatisfy { 0...1 ~= $0 } })
    }

    @Test("unknown names list the known ones")
    func unknown() {
        #expect(
            throws: SNNError.unknownName(
                "unknown data set 'minst'; known: FILE.npz, cifar-10, digits, fashion-mnist, mnist, nmnist, "
                    + "nmnist-small, shd, spoken-digits, yin-yang"
            )
        ) {
            try DataCatalogue.open("minst", split: "train")
        }
        #expect(throws: SNNError.unknownName("unknown split 'dev'; known: test, train")) {
            try DataCatalogue.open("mnist", split: "dev")
        }
    }

    @Test(
        "a missing set says where it was sought, what is missing and how to get it",
        arguments: [
            ("mnist", "train-images-idx3-ubyte.gz", "`snn data fetch mnist`"),
            ("fashion-mnist", "t10k-labels-idx1-ubyte.gz", "`snn data fetch fashion-mnist`"),
            ("cifar-10", "data_batch_1.bin", "`snn data import cifar-10 FOLDER`"),
            ("nmnist-small", "NMNIST-small.tar.xz", "`snn data import nmnist-small FOLDER`"),
        ]
    )
    func missing(_ name: String, _ file: String, _ command: String) throws {
        let folder = try TemporaryFolder()
        #expect {
            try DataCatalogue.open(name, split: "test", directory: folder.path)
        } throws: { error in
            guard case .dataMissing(let sentence)? = error as? SNNError else { return false }
            return sentence.contains(folder[name]) && sentence.contains(file) && sentence.contains(command)
        }
    }

    @Test("a user's file is opened by its name, and in place of a named set")
    func userFiles() throws {
        let folder = try TemporaryFolder()
        try folder.write(try Digits.decodeBase64(NumpyFixtures.storedFloats).array, to: "mine.npz")
        #expect(try DataCatalogue.open(folder["mine.npz"], split: "test").row(0) == [9, 8])
        #expect(try DataCatalogue.open("mnist", split: "test", directory: folder["mine.npz"]).row(0) == [9, 8])
        #expect {
            try DataCatalogue.open(folder["other.npz"], split: "test")
        } throws: { error in
            if case .dataMissing? = error as? SNNError { true } else { false }
        }
    }

    @Test("images and labels that do not belong together are refused")
    func mismatch() throws {
        let folder = try TemporaryFolder()
        try ReadFile.createFolder(folder["mnist"])
        try folder.write([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6], to: "mnist/train-images-idx3-ubyte")
        try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 3], to: "mnist/train-labels-idx1-ubyte")
        #expect(
            throws: SNNError.corrupt(
                "'\(folder["mnist"])' must have images [n, height, width] and labels [n], got [2, 1, 1] and [1]"
            )
        ) {
            try DataCatalogue.open("mnist", split: "train", directory: folder.path)
        }
        try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 3, 10], to: "mnist/train-labels-idx1-ubyte")
        #expect(throws: SNNError.parameter("a label must be in 0..<10, got 10 at sample 1")) {
            try DataCatalogue.open("mnist", split: "train", directory: folder.path)
        }
    }

    @Test("the list tells present sets from missing ones")
    func list() throws {
        let folder = try TemporaryFolder()
        let list = DataCatalogue.list(directory: folder.path)
        #expect(
            list.map(\.entry.name) == [
                "digits", "yin-yang", "mnist", "fashion-mnist", "cifar-10", "nmnist", "nmnist-small", "shd",
                "spoken-digits",
            ]
        )
        #expect(list.map(\.isPresent) == [true, true] + Array(repeating: false, count: 7))
        #expect(list[2].folder == folder["mnist"] && list[2].missing.count == 4)
    }

    @Test("an explicit folder wins over the environment and the user's own")
    func directories() {
        #expect(DataCatalogue.resolveDirectory(explicit: "/a") == "/a")
        let expected = environment("SNN_DATA") ?? DataCatalogue.userDirectory
        #expect(DataCatalogue.resolveDirectory(explicit: nil) == expected)
        #expect(DataCatalogue.resolveDirectory(explicit: "") == expected)
        #expect(DataCatalogue.userDirectory.hasSuffix("/snn/data"))
    }

    // Published counts and means; the means to the five digits that are published.
    @Test("MNIST is read whole", .enabled(if: LargeSets.has("mnist"), "\(LargeSets.reason)"))
    func mnist() throws {
        let train = try DataCatalogue.open("mnist", split: "train", directory: LargeSets.directory)
        #expect(train.labelCounts == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
        #expect(abs(train.channelMeans[0] - 0.13066) < 6e-6)
        #expect(train.shape == DataCatalogue.mnist.shape)
        let test = try DataCatalogue.open("mnist", split: "test", directory: LargeSets.directory)
        #expect(test.labelCounts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    }

    @Test("Fashion-MNIST is read whole", .enabled(if: LargeSets.has("fashion-mnist"), "\(LargeSets.reason)"))
    func fashion() throws {
        let train = try DataCatalogue.open("fashion-mnist", split: "train", directory: LargeSets.directory)
        #expect(train.labelCounts == Array(repeating: 6000, count: 10))
        #expect(abs(train.channelMeans[0] - 0.28604) < 6e-6)
        let test = try DataCatalogue.open("fashion-mnist", split: "test", directory: LargeSets.directory)
        #expect(test.labelCounts == Array(repeating: 1000, count: 10))
    }
}
