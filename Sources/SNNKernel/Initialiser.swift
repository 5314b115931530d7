/// How a tensor starts.
///
///     kaiming_uniform   U(-a, a), a = gain sqrt(3 / fan_in)          (He et al., ICCV 2015), gain sqrt(2) for ReLU
///     kaiming_normal    N(0, gain^2 / fan_in)
///     xavier_uniform    U(-a, a), a = gain sqrt(6 / (fan_in + fan_out))   (Glorot and Bengio, AISTATS 2010)
///     xavier_normal     N(0, 2 gain^2 / (fan_in + fan_out))
///     uniform           U(-bound, bound); without a bound 1 / sqrt(fan_in)
///     zero              0
///
/// Numbers come from the counter-based stream, so the same seed gives the same weights everywhere.
public struct Initialiser: Sendable, Equatable {
    /// The families, by their names in JSON.
    public enum Kind: String, CaseIterable, Sendable {
        case kaimingUniform = "kaiming_uniform"
        case kaimingNormal = "kaiming_normal"
        case xavierUniform = "xavier_uniform"
        case xavierNormal = "xavier_normal"
        case uniform, zero
    }

    /// The family.
    public let kind: Kind
    /// Multiplies the spread.
    public let gain: Double
    /// Half-width of `uniform`; nil means 1 / sqrt(fan_in).
    public let bound: Double?

    /// A family with its spread times `gain`; `bound` is read for `uniform` alone.
    public init(_ kind: Kind, gain: Double = 1, bound: Double? = nil) {
        self.kind = kind
        self.gain = gain
        self.bound = bound
    }

    /// U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)): the default of most libraries of the field.
    public static let uniformFanIn = Initialiser(.uniform)

    /// What a bias of the same connection starts with: uniform where the weight is plain uniform, else zero.
    var forBias: Initialiser { kind == .uniform ? self : Initialiser(.zero) }

    /// Fills a tensor.
    func fill(_ storage: Storage<Float>, for tensor: TensorDescription, from stream: RandomStream) {
        let fanIn = Double(max(1, tensor.fanIn))
        let fanOut = Double(max(1, tensor.fanOut))
        let values = storage.base
        func uniform(_ bound: Double) {
            stream.fillUniform(storage.elements)
            for index in 0..<storage.count { values[index] = Float(bound) * (2 * values[index] - 1) }
        }
        func normal(_ deviation: Double) {
            for index in 0..<storage.count {
                values[index] = Float(deviation * stream.normal(index: UInt32(truncatingIfNeeded: index)))
            }
        }
        switch kind {
        case .kaimingUniform: uniform(gain * (3 / fanIn).squareRoot())
        case .kaimingNormal: normal(gain / fanIn.squareRoot())
        case .xavierUniform: uniform(gain * (6 / (fanIn + fanOut)).squareRoot())
        case .xavierNormal: normal(gain * (2 / (fanIn + fanOut)).squareRoot())
        case .uniform: uniform(gain * (bound ?? 1 / fanIn.squareRoot()))
        case .zero: if tensor.start != 0 { values.update(repeating: tensor.start, count: storage.count) }
        }
    }

    /// A connection's choice with this start, where it has none of its own.
    func filled(into choice: ComponentChoice) -> ComponentChoice {
        guard choice.parameters["init"] == nil else { return choice }
        var complete = choice
        complete.parameters["init"] = .text(kind.rawValue)
        complete.parameters["init_gain"] = choice.parameters["init_gain"] ?? .number(gain)
        if let bound { complete.parameters["init_bound"] = choice.parameters["init_bound"] ?? .number(bound) }
        return complete
    }

    /// The parameters of `"init"` in a connection.
    public static let descriptions: [ParameterDescription] = [
        .choice("init", default: Kind.uniform, "how the weights start"),
        .number("init_gain", default: 1, above: 0, "multiplies the spread of the start"),
        .number("init_bound", default: 0, atLeast: 0, "half-width of uniform; 0 means 1 / sqrt(fan_in)"),
    ]

    /// Reads those parameters.
    public init(_ parameters: ParameterSet) {
        let bound = parameters.number("init_bound")
        self.init(
            parameters.choice("init", as: Kind.self),
            gain: parameters.number("init_gain"),
            bound: bound > 0 ? bound : nil
        )
    }
}
