import SNNKernel

/// How the samples of a set are chosen, scaled and augmented.
///
///     value = (raw * scale - mean[channel]) / std[channel]
///
/// In JSON: `{"scale": 0.0039, "normalize": {"mean": [0.13], "std": [0.31]}, "augment": {"crop_padding": 4,
/// "flip": true}, "samples": 1000, "validation": {"fraction": 0.1, "seed": 1, "part": "train"}}`, every key optional.
///
/// | key                    | default            | range                 | meaning                                      |
/// |------------------------|--------------------|-----------------------|----------------------------------------------|
/// | `scale`                | 1/255 (images), 1/16 (digits), 1 (floats) | finite, not 0 | factor on the stored value |
/// | `normalize.mean`       | 0                  | finite, one a channel | subtracted after scaling                     |
/// | `normalize.std`        | 1                  | > 0, one a channel    | divides                                      |
/// | `augment.crop_padding` | 0                  | 0 to below the sides  | zeros around an image before a random crop   |
/// | `augment.flip`         | false              |                       | left and right swapped half of the time      |
/// | `samples`              | all                | >= 1                  | only the first so many                       |
/// | `validation.fraction`  |                    | in (0, 1)             | cut at random from those of the train split  |
/// | `validation.seed`      | 0                  |                       | of the cut                                   |
/// | `validation.part`      | "train"            | train, validation     | which side of the cut this is                |
package struct Preprocessing: Equatable, Sendable {
    /// A side of the cut of the train split.
    package enum Part: String, CaseIterable, Sendable {
        case train, validation
    }

    /// The cut of the train split into two parts: the same seed always gives the same two.
    package struct Validation: Equatable, Sendable {
        /// The part of the samples that is set apart, in (0, 1).
        package var fraction: Double
        /// Drives the permutation.
        package var seed: UInt64
        /// Which side this is.
        package var part: Part

        /// A cut; the fraction is checked when it is applied.
        package init(fraction: Double, seed: UInt64 = 0, part: Part = .train) {
            self.fraction = fraction
            self.seed = seed
            self.part = part
        }
    }

    /// Factor on the stored value; nil takes the set's own.
    package var scale: Double?
    /// Subtracted after scaling, one a channel; [] is 0.
    package var mean: [Double] = []
    /// Divides, one a channel; [] is 1.
    package var std: [Double] = []
    /// Zeros around an image before a random crop of its own size, pixels.
    package var cropPadding = 0
    /// Whether half of the samples are mirrored.
    package var flip = false
    /// Only the first so many samples; nil takes all.
    package var samples: Int?
    /// Which part of the train split this is; nil takes all of it.
    package var validation: Validation?

    /// Everything as it comes.
    package init() {}

    /// From JSON; absent means everything as it comes.
    ///
    /// Throws ``SNNError/document`` for wrong types, ``SNNError/unknownName`` for unknown keys,
    /// ``SNNError/parameter`` for values out of range.
    package init(_ json: JSONField) throws(SNNError) {
        try json.check(keys: ["scale", "normalize", "augment", "samples", "validation"])
        let normalize = json["normalize"]
        let augment = json["augment"]
        let validation = json["validation"]
        try normalize.check(keys: ["mean", "std"])
        try augment.check(keys: ["crop_padding", "flip"])
        try validation.check(keys: ["fraction", "seed", "part"])

        scale = try json["scale"].optionalNumber()
        if normalize["mean"].isPresent { mean = try normalize["mean"].numbers() }
        if normalize["std"].isPresent { std = try normalize["std"].numbers() }
        cropPadding = try augment["crop_padding"].optionalInteger() ?? 0
        flip = try augment["flip"].optionalBool() ?? false
        samples = try json["samples"].optionalInteger()
        if validation.isPresent {
            var cut = Validation(fraction: try validation["fraction"].number())
            cut.seed = try validation["seed"].optionalSeed() ?? 0
            if validation["part"].isPresent {
                let word = try validation["part"].choice(of: Part.allCases.map(\.rawValue))
                cut.part = Part(rawValue: word) ?? .train
            }
            self.validation = cut
        }
        try check()
    }

    /// What holds whatever the data are; throws ``SNNError/parameter``.
    func check() throws(SNNError) {
        if let scale, !scale.isFinite || scale == 0 { throw .parameter("scale must be finite and not 0, got \(scale)") }
        for value in mean where !value.isFinite { throw .parameter("normalize.mean must be finite, got \(value)") }
        for value in std where !(value > 0 && value.isFinite) {
            throw .parameter("normalize.std must be > 0 and finite, got \(value)")
        }
        if cropPadding < 0 { throw .parameter("augment.crop_padding must be >= 0, got \(cropPadding)") }
        if let samples, samples < 1 { throw .parameter("samples must be >= 1, got \(samples)") }
        if let fraction = validation?.fraction, !(fraction > 0 && fraction < 1) {
            throw .parameter("validation.fraction must be in (0, 1), got \(fraction)")
        }
    }

    /// The JSON that gives this value again, without what is left at its default.
    package var json: JSONValue {
        var members: [String: JSONValue] = [:]
        if let scale { members["scale"] = .number(scale) }
        var normalize: [String: JSONValue] = [:]
        if !mean.isEmpty { normalize["mean"] = .array(mean.map { .number($0) }) }
        if !std.isEmpty { normalize["std"] = .array(std.map { .number($0) }) }
        if !normalize.isEmpty { members["normalize"] = .object(normalize) }
        var augment: [String: JSONValue] = [:]
        if cropPadding != 0 { augment["crop_padding"] = .number(Double(cropPadding)) }
        if flip { augment["flip"] = .bool(true) }
        if !augment.isEmpty { members["augment"] = .object(augment) }
        if let samples { members["samples"] = .number(Double(samples)) }
        if let validation {
            members["validation"] = .object([
                "fraction": .number(validation.fraction),
                "seed": validation.seed <= 1 << 53
                    ? .number(Double(validation.seed)) : .string(String(validation.seed)),
                "part": .string(validation.part.rawValue),
            ])
        }
        return .object(members)
    }

    /// The same scaling for a split that is only evaluated: all samples, no augmentation, no cut.
    package var forEvaluation: Preprocessing {
        var result = Preprocessing()
        (result.scale, result.mean, result.std) = (scale, mean, std)
        return result
    }

    /// Whether the train fill of a data set differs from the plain one.
    package var augments: Bool { cropPadding > 0 || flip }

    /// The numbers of the samples to keep out of `count`, ascending; nil keeps all.
    ///
    /// The first ``samples`` are taken before the validation part is cut. Throws ``SNNError/parameter``.
    func selection(of count: Int, split: String) throws(SNNError) -> [Int]? {
        if let samples, samples > count { throw .parameter("samples must be at most \(count), got \(samples)") }
        let count = samples ?? count
        guard let validation else { return samples.map { Array(0..<$0) } }
        guard split == "train" else {
            throw .parameter("validation is cut from the train split, got split '\(split)'")
        }
        guard count >= 2 else { throw .parameter("validation needs at least 2 samples, got \(count)") }
        let size = min(count - 1, max(1, Int((Double(count) * validation.fraction).rounded())))
        let order = RandomStream(seed: validation.seed, purpose: .split).permutation(of: count)
        return (validation.part == .validation ? order[..<size] : order[size...]).sorted()
    }
}
