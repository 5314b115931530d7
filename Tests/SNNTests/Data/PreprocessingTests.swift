import SNNKernel
import Testing

@testable import SNN

@Suite("preprocessing")
struct PreprocessingTests {
    private func parse(_ text: String) throws -> Preprocessing {
        try Preprocessing(JSONField(JSONValue(parsing: text), path: "preprocessing"))
    }

    @Test("JSON becomes a value and the same JSON again")
    func roundTrip() throws {
        let text =
            #"{"augment":{"crop_padding":4,"flip":true},"normalize":{"mean":[0.5],"std":[0.25]},"samples":100,"#
            + #""scale":0.5,"validation":{"fraction":0.1,"part":"validation","seed":3}}"#
        let value = try parse(text)
        #expect(value.cropPadding == 4 && value.flip && value.samples == 100 && value.scale == 0.5)
        #expect(value.validation == .init(fraction: 0.1, seed: 3, part: .validation))
        #expect(value.json.text() == text)
        #expect(try parse("{}") == Preprocessing())
        #expect(try Preprocessing(JSONField(nil)) == Preprocessing())
        #expect(try parse("{}").json.text() == "{}")
    }

    @Test(
        "bad documents are refused with law and value",
        arguments: [
            (
                #"{"nrom": 1}"#,
                "unknown key in preprocessing: 'nrom'; known: augment, events, normalize, samples, scale, validation"
            ),
            (
                #"{"augment": {"flop": true}}"#,
                "unknown key in preprocessing.augment: 'flop'; known: crop_padding, flip, noise, perspective"
            ),
            (#"{"normalize": {"std": [0]}}"#, "normalize.std must be > 0 and finite, got 0.0"),
            (#"{"normalize": {"std": [-1]}}"#, "normalize.std must be > 0 and finite, got -1.0"),
            (#"{"normalize": {"mean": 0.5}}"#, "preprocessing.normalize.mean must be a list, got 0.5"),
            (#"{"scale": 0}"#, "scale must be finite and not 0, got 0.0"),
            (#"{"scale": "big"}"#, #"preprocessing.scale must be a number, got "big""#),
            (#"{"samples": 0}"#, "samples must be >= 1, got 0"),
            (#"{"augment": {"crop_padding": -1}}"#, "augment.crop_padding must be >= 0, got -1"),
            (#"{"validation": {"fraction": 0}}"#, "validation.fraction must be in (0, 1), got 0.0"),
            (#"{"validation": {"fraction": 1}}"#, "validation.fraction must be in (0, 1), got 1.0"),
            (#"{"validation": {}}"#, "preprocessing.validation.fraction must be a number, but it is missing"),
            (
                #"{"validation": {"fraction": 0.5, "part": "x"}}"#,
                "unknown preprocessing.validation.part 'x'; known: train, validation"
            ),
            ("[]", "preprocessing must be an object, got []"),
        ]
    )
    func refused(_ text: String, _ sentence: String) {
        #expect {
            try parse(text)
        } throws: { error in
            (error as? SNNError)?.message == sentence
        }
    }

    @Test(
        "what does not fit the samples is refused",
        arguments: [
            (#"{"normalize": {"mean": [1, 2]}}"#, "normalize.mean must have one number a channel (1), got 2"),
            (
                #"{"augment": {"crop_padding": 8}}"#,
                "augment.crop_padding must be below the sides of a sample (8 x 8), got 8"
            ),
            (#"{"samples": 1439}"#, "samples must be at most 1438, got 1439"),
            (#"{"normalize": {"std": [1e-300]}}"#, "scale, mean and std must keep the values finite, got inf"),
            (#"{"samples": 1, "validation": {"fraction": 0.5}}"#, "validation needs at least 2 samples, got 1"),
        ]
    )
    func misfits(_ text: String, _ sentence: String) {
        #expect {
            try DataCatalogue.open("digits", split: "train", preprocessing: parse(text))
        } throws: { error in
            (error as? SNNError)?.message == sentence
        }
    }

    @Test("the validation cut is seeded, disjoint and complete")
    func validation() throws {
        func part(_ part: Preprocessing.Part, seed: UInt64) throws -> [Int] {
            var wanted = Preprocessing()
            wanted.validation = .init(fraction: 0.1, seed: seed, part: part)
            return try #require(try wanted.selection(of: 1438, split: "train"))
        }
        let train = try part(.train, seed: 1)
        let held = try part(.validation, seed: 1)
        #expect(held.count == 144)
        #expect((train + held).sorted() == Array(0..<1438))
        #expect(try part(.validation, seed: 1) == held)
        #expect(try part(.validation, seed: 2) != held)
    }

    @Test("validation of a test split is refused")
    func validationOfTest() throws {
        var wanted = Preprocessing()
        wanted.validation = .init(fraction: 0.1)
        #expect(throws: SNNError.parameter("validation is cut from the train split, got split 'test'")) {
            try DataCatalogue.open("digits", split: "test", preprocessing: wanted)
        }
        #expect(try DataCatalogue.open("digits", split: "test", preprocessing: wanted.forEvaluation).count == 359)
    }

    @Test("samples keeps the first ones, in order")
    func samples() throws {
        var wanted = Preprocessing()
        wanted.samples = 10
        let few = try DataCatalogue.open("digits", split: "train", preprocessing: wanted)
        let all = try DataCatalogue.open("digits", split: "train")
        #expect(few.count == 10)
        for sample in 0..<10 {
            #expect(few.row(sample) == all.row(sample))
            #expect(few.label(sample) == all.label(sample))
        }
    }
}
