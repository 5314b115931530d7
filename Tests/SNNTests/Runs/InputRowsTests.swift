import SNNKernel
import Testing

@testable import SNN

@Suite("rows to predict")
struct InputRowsTests {
    private func network(_ inputs: Int) throws -> Network {
        try Network(
            try NetworkDocument.read(
                #"{"input":{"shape":[\#(inputs)]},"layers":[{"connection":{"kind":"dense","outputs":4},"neuron":"lif"}]}"#
            ),
            registry: try Library.registry(),
            seed: 1
        )
    }

    private func write(_ base64: String, to path: String) throws {
        try AtomicFile.write(try Digits.decodeBase64(base64), to: path)
    }

    /// `[[1, 2], [3, 4]]` as `<f4` under the name x_test.
    private let rows = """
        UEsDBBQAAAAIAAAAIQBO+yB1UwAAAJAAAAAKAAAAeF90ZXN0Lm5weZvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59f
        lJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLgaGBnsGBgYHIALiBgcAUEsBAhQDFAAAAAgAAAAhAE77IHVTAAAAkAAAAAoAAAAA
        AAAAAAAAAIABAAAAAHhfdGVzdC5ucHlQSwUGAAAAAAEAAQA4AAAAewAAAAAA
        """

    @Test("without labels the rows come alone, prepared as the test split")
    func unlabelled() throws {
        let folder = try TemporaryFolder()
        try write(rows, to: folder["a.npz"])
        var preprocessing = Preprocessing()
        (preprocessing.scale, preprocessing.flip, preprocessing.samples) = (0.5, true, 1)
        let (samples, hasLabels) = try InputRows.open(folder["a.npz"], for: network(2), preprocessing: preprocessing)
        #expect(!hasLabels)
        #expect((0..<samples.count).map { samples.row($0) } == [[0.5, 1], [1.5, 2]])
        #expect((0..<samples.count).map { samples.label($0) } == [0, 0])
        #expect(
            failure { try InputRows.open(folder["a.npz"], for: network(3), preprocessing: preprocessing) }
                == .shape("the network takes 3 values a sample, x_test has shape [2, 2]")
        )
    }

    @Test("labels come along where the file has them")
    func labelled() throws {
        let folder = try TemporaryFolder()
        try write(NumpyFixtures.storedFloats, to: folder["a.npz"])
        let (samples, hasLabels) = try InputRows.open(folder["a.npz"], for: network(2), preprocessing: Preprocessing())
        #expect(hasLabels)
        #expect(samples.count == 1 && samples.shape.featureCount == 2)
        // x_test = [[9, 8]], y_test = [0]: see the script at the end of NumpyFixtures.
        #expect(samples.row(0) == [9, 8])
        #expect(samples.label(0) == 0)
    }

    @Test("what holds no rows for this network is refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        let network = try network(2)
        func open(_ name: String) -> SNNError? {
            failure { try InputRows.open(folder[name], for: network, preprocessing: Preprocessing()) }
        }
        #expect(
            open("a.csv")
                == .notSupported("the input must be an .npz file with the array x_test, got '\(folder["a.csv"])'")
        )
        #expect(open("none.npz") == .file("there is no file '\(folder["none.npz"])'"))
        try write(NumpyFixtures.bigEndian, to: folder["train.npz"])
        guard case .dataMissing(let sentence)? = open("train.npz") else {
            Issue.record("a file without x_test must be SNNError.dataMissing")
            return
        }
        #expect(sentence.contains("must hold the array x_test, got "))
        try folder.write([1, 2, 3], to: "bad.npz")
        guard case .corrupt? = open("bad.npz") else {
            Issue.record("a damaged archive must be SNNError.corrupt")
            return
        }
    }
}
