/// The parts that every network needs and the kernel brings itself: connections, stages, losses, optimizers, schedules.
///
/// Listed like the components of plugins, made from the same checked parameters.
public enum BuiltIn {
    /// A part that is not behind a plugin protocol.
    struct Part: Sendable {
        let name: String
        let summary: String
        let parameters: [ParameterDescription]
    }

    static let kernelSize = ParameterDescription(
        "kernel",
        .integerPair(1, 65536),
        default: nil,
        "rows and columns of the window; one number for both"
    )
    static let bias = ParameterDescription.boolean("bias", default: true, "whether a trainable constant is added")
    static let biasPerPixel = ParameterDescription.boolean(
        "bias_per_pixel",
        default: false,
        "whether that constant is one a neuron rather than one a channel"
    )

    /// How weights act.
    static let weightParameters: [ParameterDescription] = [
        .integer("weight_bits", default: 0, 0...16, "bits that weights are rounded to; 0 leaves them as they are"),
        .number("weight_range", default: 1, above: 0, "half of the range that rounded weights cover"),
    ]

    /// What turns the weights of a connection as stored into those that act; nil where they are the same.
    static func weightMap(_ complete: ComponentChoice) -> (any WeightMap)? {
        guard case .number(let bits) = complete.parameters["weight_bits"], bits > 0,
            case .number(let range) = complete.parameters["weight_range"]
        else { return nil }
        return QuantisedWeights(bits: Int(bits), range: Float(range))
    }

    static let connections = [
        Part(
            name: "dense",
            summary: "Every input to every output.",
            parameters: [
                .integer("outputs", default: nil, 1...(1 << 24), "neurons"), bias,
            ] + Initialiser.descriptions + weightParameters
        ),
        Part(
            name: "conv2d",
            summary: "Two-dimensional convolution (cross-correlation), groups 1, dilation 1.",
            parameters: [
                .integer("channels", default: nil, 1...(1 << 20), "kernels, channels of the output"), kernelSize,
                .integer("stride", default: 1, 1...65536, "distance between receptive fields"),
                .integer("padding", default: 0, 0...65535, "rows and columns of zeros on every side"), bias,
                biasPerPixel,
            ] + Initialiser.descriptions + weightParameters
        ),
        Part(name: "identity", summary: "What arrives, as current: where inputs only add up.", parameters: []),
        Part(
            name: "batch_norm",
            summary: "Normalises every channel of analog activity by its mean and variance, then scales and shifts it.",
            parameters: [
                .number("epsilon", default: 1e-5, above: 0, "added to the variance"),
                .number("momentum", default: 0.1, above: 0, atMost: 1, "share by which running statistics move a step"),
            ]
        ),
    ]

    /// A connection's choice with a start of the weights where it has none of its own; as it is where it draws none.
    static func filled(_ choice: ComponentChoice, with initialiser: Initialiser) -> ComponentChoice {
        let part = connections.first { $0.name == choice.name }
        guard part?.parameters.contains(where: { $0.name == "init" }) == true else { return choice }
        return initialiser.filled(into: choice)
    }

    static let poolParameters = [
        kernelSize,
        ParameterDescription.integer("stride", default: 0, 0...65536, "step of the window; 0 means its rows"),
        padding("rows and columns around the image that windows reach into, smaller than the window"),
    ]

    /// Sides of an image.
    static func padding(_ meaning: String) -> ParameterDescription {
        ParameterDescription(
            "padding",
            .integerSides(0, 65535),
            default: .number(0),
            meaning + "; one number, [rows, columns] or [top, left, bottom, right]"
        )
    }

    static let stages = [
        Part(name: "flatten", summary: "Makes a row of an image, in (height, width, channel) order.", parameters: []),
        Part(
            name: "average_pool",
            summary: "Mean of each window; of spikes their count with a scale.",
            parameters: poolParameters + [
                .boolean("count_padding", default: true, "whether padding counts as zeros, or not at all; of values")
            ]
        ),
        Part(
            name: "max_pool",
            summary: "Largest of each window; of spikes OR, step by step, or the largest count so far.",
            parameters: poolParameters + [
                .integers(
                    "latest",
                    0...(1 << 20 - 1),
                    "channels that send the smallest instead, the latest spike time"
                ),
                .boolean("counts", default: false, "of spikes: one leaves when the largest count of a window grows"),
            ]
        ),
        Part(
            name: "zero_pad",
            summary: "Zeros around an image; silence around spikes.",
            parameters: [padding("rows and columns of zeros")]
        ),
        Part(
            name: "dropout",
            summary: "Silences a random share of what passes, in training only.",
            parameters: [
                .number("probability", default: 0.5, atLeast: 0, below: 1, "of silence"),
                .choice("mask", default: Dropout.Mask.step, "whether a mask lasts one step or the whole window"),
            ]
        ),
    ]

    static let losses = [
        Part(
            name: Loss.Kind.crossEntropy.rawValue,
            summary: "Cross-entropy of the softmax of the scores, against labels.",
            parameters: lossParameters
        ),
        Part(
            name: Loss.Kind.meanSquaredError.rawValue,
            summary: "Squared distance of the scores to one-hot labels or given values.",
            parameters: lossParameters
        ),
    ]
    static let lossParameters: [ParameterDescription] = [
        .choice("reduction", default: Loss.Reduction.mean, "mean or sum over the batch (and the classes)"),
        .choice("per", default: Loss.Span.window, "one score a window, or one a step"),
    ]

    static let rate = ParameterDescription.number(
        "learning_rate",
        default: 1e-3,
        above: 0,
        "base learning rate; the schedule multiplies it"
    )
    static let decay = ParameterDescription.number("weight_decay", default: 0, atLeast: 0, "pull towards zero")
    static let adamParameters: [ParameterDescription] = [
        rate, .number("beta1", default: 0.9, atLeast: 0, below: 1, "memory of the mean gradient"),
        .number("beta2", default: 0.999, atLeast: 0, below: 1, "memory of the squared gradient"),
        .number("epsilon", default: 1e-8, above: 0, "keeps the division finite"), decay,
        .boolean("amsgrad", default: false, "divide by the largest squared gradient so far"),
    ]
    static let optimizers = [
        Part(name: "adam", summary: "Adam; weight decay enters the gradient.", parameters: adamParameters),
        Part(name: "adamw", summary: "Adam with weight decay on the weights.", parameters: adamParameters),
        Part(
            name: "sgd",
            summary: "Stochastic gradient descent.",
            parameters: [
                rate, .number("momentum", default: 0, atLeast: 0, below: 1, "memory of earlier gradients"),
                .boolean("nesterov", default: false, "look ahead along the momentum"), decay,
            ]
        ),
    ]

    static let warmup = ParameterDescription.number(
        "warmup",
        unit: "epochs",
        default: 0,
        atLeast: 0,
        "epochs of linear growth at the start"
    )
    static let schedules = [
        Part(name: "constant", summary: "The base rate throughout.", parameters: [warmup]),
        Part(
            name: "step",
            summary: "Times gamma after every period.",
            parameters: [
                .number("gamma", default: 0.1, above: 0, "factor"),
                .number("period", unit: "epochs", default: 1, above: 0, "epochs between two drops"), warmup,
            ]
        ),
        Part(
            name: "exponential",
            summary: "Times gamma after every epoch.",
            parameters: [
                .number("gamma", default: 0.9, above: 0, "factor"),
                .boolean("continuous", default: false, "whether it falls with every step, gamma^epoch"), warmup,
            ]
        ),
        Part(
            name: "milestones",
            summary: "Times gamma after each of the epochs that are named.",
            parameters: [
                .number("gamma", default: 0.1, above: 0, "factor"),
                ParameterDescription(
                    "epochs",
                    .integers(1, 1 << 20),
                    unit: "epochs",
                    default: nil,
                    "complete epochs after which the rate falls, ascending"
                ), warmup,
            ]
        ),
        Part(
            name: "cosine",
            summary: "Half a cosine from the base rate down to floor over all epochs.",
            parameters: [.number("floor", default: 0, atLeast: 0, atMost: 1, "smallest factor"), warmup]
        ),
    ]

    static var descriptions: [(kind: String, part: Part)] {
        connections.map { ("connection", $0) } + stages.map { ("stage", $0) } + losses.map { ("loss", $0) }
            + optimizers.map { ("optimizer", $0) } + schedules.map { ("schedule", $0) }
    }

    private static func checked(
        _ choice: ComponentChoice,
        kind: String,
        in parts: [Part]
    ) throws(SNNError) -> ParameterSet {
        guard let part = parts.first(where: { $0.name == choice.name }) else {
            throw .unknown(kind, choice.name, known: parts.map(\.name))
        }
        return try ParameterSet(choice.parameters, for: part.name, descriptions: part.parameters)
    }

    /// Makes a connection and tells its complete parameters.
    static func connection(
        _ choice: ComponentChoice,
        input: Shape
    ) throws(SNNError) -> (any Connection, ComponentChoice) {
        let p = try checked(choice, kind: "connection", in: connections)
        let made: any Connection
        if choice.name == "batch_norm" {
            made = BatchNormalisation(input: input, epsilon: p.number("epsilon"), momentum: p.number("momentum"))
        } else if choice.name == "identity" {
            made = Identity(input: input)
        } else if choice.name == "dense" {
            guard input.isFlat else {
                throw .shape("dense takes a row of neurons, got an image \(input); put the stage flatten before it")
            }
            made = try Convolution(
                inputs: input.count,
                outputs: p.integer("outputs"),
                bias: p.flag("bias"),
                initialiser: Initialiser(p)
            )
        } else {
            let (height, width) = p.pair("kernel")
            made = try Convolution(
                input: input,
                channels: p.integer("channels"),
                kernelHeight: height,
                kernelWidth: width,
                stride: p.integer("stride"),
                padding: p.integer("padding"),
                bias: p.flag("bias"),
                biasPerPixel: p.flag("bias_per_pixel"),
                initialiser: Initialiser(p)
            )
        }
        return (made, ComponentChoice(choice.name, p.values))
    }

    /// Makes a stage and tells its complete parameters.
    static func stage(_ choice: ComponentChoice, input: Shape) throws(SNNError) -> (any Stage, ComponentChoice) {
        let p = try checked(choice, kind: "stage", in: stages)
        let made: any Stage
        switch choice.name {
        case "flatten": made = Flatten(input: input)
        case "zero_pad": made = try ZeroPadding(input: input, border: p.sides("padding"))
        case "dropout":
            made = Dropout(
                input: input,
                probability: p.number("probability"),
                mask: p.choice("mask", as: Dropout.Mask.self)
            )
        default:
            let (height, width) = p.pair("kernel")
            let stride = p.integer("stride")
            let pool = try Pooling(
                input: input,
                kind: choice.name == "max_pool" ? .max : .average,
                kernelHeight: height,
                kernelWidth: width,
                stride: stride == 0 ? height : stride,
                latest: choice.name == "max_pool" ? p.integers("latest") : [],
                border: p.sides("padding"),
                countsBorder: choice.name == "max_pool" || p.flag("count_padding")
            )
            made = choice.name == "max_pool" && p.flag("counts") ? CountPooling(pool) : pool
        }
        return (made, ComponentChoice(choice.name, p.values))
    }

    /// Makes a loss.
    ///
    /// Class weights stand beside the parameters, as they are one a class.
    public static func loss(_ choice: ComponentChoice, classWeights: [Double]? = nil) throws(SNNError) -> Loss {
        let p = try checked(choice, kind: "loss", in: losses)
        for weight in classWeights ?? [] where !(weight >= 0 && weight.isFinite) {
            throw .parameter("class_weights must be >= 0 and finite, got \(weight.plain)")
        }
        guard let kind = Loss.Kind(rawValue: choice.name) else { throw .unknownName("unknown loss '\(choice.name)'") }
        return Loss(
            kind,
            reduction: p.choice("reduction", as: Loss.Reduction.self),
            span: p.choice("per", as: Loss.Span.self),
            classWeights: classWeights?.map { Float($0) }
        )
    }

    /// Makes an optimizer.
    public static func optimizer(_ choice: ComponentChoice) throws(SNNError) -> any Optimizer {
        let p = try checked(choice, kind: "optimizer", in: optimizers)
        if choice.name == "sgd" {
            return GradientDescent(
                learningRate: p.number("learning_rate"),
                momentum: p.number("momentum"),
                isNesterov: p.flag("nesterov"),
                weightDecay: p.number("weight_decay")
            )
        }
        return Adam(
            learningRate: p.number("learning_rate"),
            beta1: p.number("beta1"),
            beta2: p.number("beta2"),
            epsilon: p.number("epsilon"),
            weightDecay: p.number("weight_decay"),
            isDecoupled: choice.name == "adamw",
            isAMSGrad: p.flag("amsgrad")
        )
    }

    /// Makes a schedule.
    public static func schedule(_ choice: ComponentChoice) throws(SNNError) -> Schedule {
        let p = try checked(choice, kind: "schedule", in: schedules)
        guard let kind = Schedule.Kind(rawValue: choice.name) else {
            throw .unknownName("unknown schedule '\(choice.name)'")
        }
        let milestones = kind == .milestones ? p.integers("epochs") : []
        // A list in a document may be empty.
        guard kind != .milestones || !milestones.isEmpty, zip(milestones, milestones.dropFirst()).allSatisfy(<) else {
            throw .parameter(
                "milestones: epochs must be one or more, ascending, got \(ParameterValue.numbers(p.numbers("epochs")).description)"
            )
        }
        return Schedule(
            kind,
            gamma: [.step, .exponential, .milestones].contains(kind) ? p.number("gamma") : 1,
            period: kind == .step ? p.number("period") : 1,
            milestones: milestones,
            floor: kind == .cosine ? p.number("floor") : 0,
            warmup: p.number("warmup"),
            isContinuous: kind == .exponential && p.flag("continuous")
        )
    }
}
