import SNNKernel

/// How the samples of a set are chosen, scaled and augmented.
///
///     value = (raw * scale - mean[channel]) / std[channel]
///
/// In JSON: `{"scale": 0.0039, "normalize": {"mean": [0.13], "std": [0.31]}, "augment": {"crop_padding": 4, "flip": true,
/// "perspective": {"distortion": 0.4, "probability": 0.7}, "noise": {"std": 0.05}}, "samples": 1000, "validation":
/// {"fraction": 0.1, "seed": 1, "part": "train"}}`, every key optional;
/// for sets of recorded events `samples`, `validation` and `events`, the keys of ``EventBinning``.
///
/// | key                    | default            | range                 | meaning                                      |
/// |------------------------|--------------------|-----------------------|----------------------------------------------|
/// | `scale`                | 1/255 (images), 1/16 (digits), 1 (floats) | finite, not 0 | factor on the stored value |
/// | `normalize.mean`       | 0                  | finite, one a channel | subtracted after scaling                     |
/// | `normalize.std`        | 1                  | > 0, one a channel    | divides                                      |
/// | `augment.crop_padding` | 0                  | 0 to below the sides  | zeros around an image before a random crop   |
/// | `augment.flip`         | false              |                       | left and right swapped half of the time      |
/// | `augment.perspective.distortion`  | required | [0, 1), corners convex  | how far corners move inwards, of half a side |
/// | `augment.perspective.probability` | 0.5      | [0, 1]                  | of a distortion                      |
/// | `augment.noise.std`               | required | >= 0                    | largest deviation, of scaled values  |
/// | `augment.noise.probability`       | 0.5      | [0, 1]                  | of noise                             |
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

    /// A distortion as if the image were seen from the side: with `probability` each corner moves inwards by a uniform
    /// whole number of pixels, at most ``distortion`` times half the side; the image follows by bilinear interpolation.
    ///
    /// Outside the image there is a stored 0. Semantics of torchvision's `RandomPerspective` on tensors.
    package struct Perspective: Equatable, Sendable {
        /// The farthest that a corner moves, as a share of half a side, in [0, 1).
        package var distortion: Double
        /// Of a sample to be distorted, in [0, 1].
        package var probability: Double

        /// A distortion; the numbers are checked when it is applied.
        package init(distortion: Double, probability: Double = 0.5) {
            self.distortion = distortion
            self.probability = probability
        }

        /// The most columns and rows that a corner of a sample of `shape` moves by.
        func reach(_ shape: SampleShape) -> (columns: Int, rows: Int) {
            (Int(distortion * Double(shape.width / 2)), Int(distortion * Double(shape.height / 2)))
        }
    }

    /// Gaussian noise on the scaled values, which must lie in 0...1 and are cut to it again: with `probability` a sample
    /// gets some, whose deviation is uniform in [0, ``std``).
    package struct Noise: Equatable, Sendable {
        /// The largest deviation, >= 0.
        package var std: Double
        /// Of a sample to get noise, in [0, 1].
        package var probability: Double

        /// Noise; the numbers are checked when it is applied.
        package init(std: Double, probability: Double = 0.5) {
            self.std = std
            self.probability = probability
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
    /// The distortion, done before the crop; nil leaves images as they are.
    package var perspective: Perspective?
    /// The noise, added last; nil adds none.
    package var noise: Noise?
    /// Only the first so many samples; nil takes all.
    package var samples: Int?
    /// Which part of the train split this is; nil takes all of it.
    package var validation: Validation?
    /// How recorded events become spikes in steps; nil is ``EventBinning``'s own way, and the only one for values.
    package var events: EventBinning?

    /// Everything as it comes.
    package init() {}

    /// From JSON; absent means everything as it comes.
    ///
    /// Throws ``SNNError/document`` for wrong types, ``SNNError/unknownName`` for unknown keys,
    /// ``SNNError/parameter`` for values out of range.
    package init(_ json: JSONField) throws(SNNError) {
        try json.check(keys: ["scale", "normalize", "augment", "samples", "validation", "events"])
        let normalize = json["normalize"]
        let augment = json["augment"]
        let validation = json["validation"]
        try normalize.check(keys: ["mean", "std"])
        try augment.check(keys: ["crop_padding", "flip", "perspective", "noise"])
        let (perspective, noise) = (augment["perspective"], augment["noise"])
        try perspective.check(keys: ["distortion", "probability"])
        try noise.check(keys: ["std", "probability"])
        try validation.check(keys: ["fraction", "seed", "part"])

        scale = try json["scale"].optionalNumber()
        if normalize["mean"].isPresent { mean = try normalize["mean"].numbers() }
        if normalize["std"].isPresent { std = try normalize["std"].numbers() }
        cropPadding = try augment["crop_padding"].optionalInteger() ?? 0
        flip = try augment["flip"].optionalBool() ?? false
        if perspective.isPresent {
            var wanted = Perspective(distortion: try perspective["distortion"].number())
            wanted.probability = try perspective["probability"].optionalNumber() ?? wanted.probability
            self.perspective = wanted
        }
        if noise.isPresent {
            var wanted = Noise(std: try noise["std"].number())
            wanted.probability = try noise["probability"].optionalNumber() ?? wanted.probability
            self.noise = wanted
        }
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
        if json["events"].isPresent { events = try EventBinning(json["events"]) }
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
        if let distortion = perspective?.distortion, !(0..<1 ~= distortion) {
            throw .parameter("augment.perspective.distortion must be in [0, 1), got \(distortion)")
        }
        if let std = noise?.std, !(std >= 0 && std.isFinite) {
            throw .parameter("augment.noise.std must be >= 0 and finite, got \(std)")
        }
        for (key, probability) in [("perspective", perspective?.probability), ("noise", noise?.probability)] {
            guard let probability, !(0...1 ~= probability) else { continue }
            throw .parameter("augment.\(key).probability must be in [0, 1], got \(probability)")
        }
        if let samples, samples < 1 { throw .parameter("samples must be >= 1, got \(samples)") }
        if let fraction = validation?.fraction, !(fraction > 0 && fraction < 1) {
            throw .parameter("validation.fraction must be in (0, 1), got \(fraction)")
        }
        try events?.check()
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
        if let perspective {
            augment["perspective"] = .object([
                "distortion": .number(perspective.distortion), "probability": .number(perspective.probability),
            ])
        }
        if let noise {
            augment["noise"] = .object(["std": .number(noise.std), "probability": .number(noise.probability)])
        }
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
        if let events { members["events"] = events.json }
        return .object(members)
    }

    /// The same scaling for a split that is only evaluated: all samples, no augmentation, no cut.
    package var forEvaluation: Preprocessing {
        var result = Preprocessing()
        (result.scale, result.mean, result.std, result.events) = (scale, mean, std, events)
        return result
    }

    /// Whether the train fill of a data set differs from the plain one.
    package var augments: Bool { cropPadding > 0 || flip || perspective != nil || noise != nil }

    /// Whether anything but the choice of samples and the binning of events was asked for.
    var actsOnValues: Bool { scale != nil || !mean.isEmpty || !std.isEmpty || augments }

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
