import Testing

@testable import SNNKernel

@Suite("Errors")
struct SNNErrorTests {
    static let all: [SNNError] = [
        .argument("x"), .shape("x"), .unknownName("x"), .parameter("x"), .document("x"), .file("x"), .corrupt("x"),
        .dataMissing("x"), .state("x"), .notSupported("x"), .notFinite("x"), .memory("x"), .processor("x"),
        .cancelled("x"),
    ]

    @Test("every error carries its sentence, and keeps its kind when words are put in front", arguments: all)
    func messages(_ error: SNNError) {
        #expect(error.message == "x" && "\(error)" == "x")
        let prefixed = error.prefixed(by: "layer 'a': ")
        #expect(prefixed.message == "layer 'a': x")
        #expect(Self.all.filter { $0.prefixed(by: "layer 'a': ") == prefixed } == [error])
    }

    @Test("an unknown name is listed with the known ones in order")
    func unknown() {
        #expect(
            SNNError.unknown("stage", "flat", known: ["pool", "dropout"])
                == .unknownName("unknown stage 'flat'; known: dropout, pool")
        )
    }
}
