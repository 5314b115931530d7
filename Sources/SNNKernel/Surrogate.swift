/// The derivative that stands in for that of the threshold: the spike is s = H(x), x = u - threshold, forward, and
/// ds/dx := derivative(x) backward.
///
///     rectangle      h                     for |x| < w / 2       h = 1 / w
///     triangle       h (1 - |x| / w)       for |x| < w           h = 1 / w
///     arctan         h / (1 + (x / w)^2)                         h = 1 / (pi w)
///     fast_sigmoid   h / (1 + |x| / w)^2                         h = 1 / (2 w)
///     logistic       4 h p (1 - p),  p = 1 / (1 + exp(-x / w))   h = 1 / (4 w)
///     gaussian       h exp(-x^2 / (2 w^2))                       h = 1 / (w sqrt(2 pi))
///
/// `w` is the width. The height h given is that of unit area; without unit area h = 1, the peak of every shape.
/// `primitive` is the integral of the derivative from -infinity (for the others: from the left end of the support),
/// a smooth step from 0 to the area. A network that fires `primitive(x)` instead of H(x) has the surrogate as its true
/// derivative, which is how gradients are checked against finite differences.
public struct Surrogate: Sendable, Equatable {
    /// The shapes, by their names in JSON.
    public enum Kind: String, CaseIterable, Sendable {
        case rectangle, triangle, arctan
        case fastSigmoid = "fast_sigmoid"
        case logistic, gaussian
    }

    /// The shape of the derivative.
    public let kind: Kind
    /// Width, in units of the potential.
    public let width: Double
    /// Peak of the derivative.
    @usableFromInline let height: Double
    @usableFromInline let inverseWidth: Double

    /// A shape of a given width, of unit area or of unit height.
    ///
    /// - Parameters:
    ///   - kind: the shape.
    ///   - width: > 0, in units of the potential.
    ///   - unitArea: whether the derivative integrates to 1; its peak is 1 otherwise.
    /// - Throws: ``SNNError/parameter(_:)`` for a width that is not > 0 and finite.
    public init(_ kind: Kind, width: Double, unitArea: Bool = true) throws(SNNError) {
        guard width > 0, width.isFinite else { throw .parameter("surrogate width must be > 0, got \(width)") }
        self.kind = kind
        self.width = width
        inverseWidth = 1 / width
        let area =
            switch kind {
            case .rectangle, .triangle: width
            case .arctan: Double.pi * width
            case .fastSigmoid: 2 * width
            case .logistic: 4 * width
            case .gaussian: width * (2 * Double.pi).squareRoot()
            }
        height = unitArea ? 1 / area : 1
    }

    /// The parameters of models that leave the choice to the caller.
    public static let parameterDescriptions: [ParameterDescription] = [
        .choice("surrogate", default: Kind.arctan, "derivative that stands in for that of the threshold"),
        .number("surrogate_width", default: 0.5, above: 0, "width of the surrogate, in units of the potential"),
        .boolean("surrogate_unit_area", default: true, "whether the surrogate's area is 1; else its peak"),
    ]

    /// The choice made by ``parameterDescriptions``.
    public init(_ p: ParameterSet) throws(SNNError) {
        try self.init(
            p.choice("surrogate", as: Kind.self),
            width: p.number("surrogate_width"),
            unitArea: p.flag("surrogate_unit_area")
        )
    }

    /// Whether the derivative is exactly zero far from the threshold.
    public var hasCompactSupport: Bool { kind == .rectangle || kind == .triangle }

    /// ds/dx at distance `x` from the threshold.
    @inlinable @inline(__always)
    public func derivative<V: Lane>(_ x: V) -> V {
        let h = V(height)
        let z = x.magnitude * V(inverseWidth)
        switch kind {
        case .rectangle: return Rectangle.derivative(z, height: h)
        case .triangle: return Triangle.derivative(z, height: h)
        case .arctan: return Arctan.derivative(z, height: h)
        case .fastSigmoid: return FastSigmoid.derivative(z, height: h)
        case .logistic: return Logistic.derivative(z, height: h)
        case .gaussian: return Gaussian.derivative(z, height: h)
        }
    }

    /// The integral of the derivative up to `x`.
    @inlinable
    public func primitive<V: Lane>(_ x: V) -> V {
        let h = V(height)
        let w = V(width)
        let z = x * V(inverseWidth)
        switch kind {
        case .rectangle:
            let right = V.select(z.isAtLeast(V(0.5)), V(0.5), z)
            return h * w * (V.select(V(-0.5).isAtLeast(right), V(-0.5), right) + V(0.5))
        case .triangle:
            let right = V.select(z.isAtLeast(V.one), V.one, z)
            let c = V.select(V(-1).isAtLeast(right), V(-1), right)
            return h * w * (V(0.5) + c - V(0.5) * c * c.magnitude)
        case .arctan: return h * w * (z.arcTangent + V(Double.pi / 2))
        case .fastSigmoid:
            // Clamped, as infinity / infinity far out would be no number.
            let far = V.select(z.magnitude.isAbove(V(1e30)), V.select(z.isAbove(V.zero), V(1e30), V(-1e30)), z)
            return h * w * (V.one + far / (V.one + far.magnitude))
        case .logistic:
            let e = (-z.magnitude).exponential
            return V(4) * h * w * V.select(z.isAtLeast(V.zero), V.one / (V.one + e), e / (V.one + e))
        case .gaussian:
            let area = h * w * V((2 * Double.pi).squareRoot())
            return area * V(0.5) * (V.one + (z * V(0.5.squareRoot())).errorFunction)
        }
    }
}

/// One shape as a type: h x shape(z), z = |x| / w.
public protocol SurrogateShape: Sendable {
    /// The derivative at `z` >= 0, whose peak is `height`.
    static func derivative<V: Lane>(_ z: V, height: V) -> V
}

extension Surrogate {
    /// See ``Kind/rectangle``.
    public enum Rectangle: SurrogateShape {
        /// h for z < 1 / 2, else 0.
        @inlinable @inline(__always)
        public static func derivative<V: Lane>(_ z: V, height: V) -> V {
            V.select(V(0.5).isAbove(z), height, V.zero)
        }
    }
    /// See ``Kind/triangle``.
    public enum Triangle: SurrogateShape {
        /// h (1 - z) for z < 1, else 0.
        @inlinable @inline(__always)
        public static func derivative<V: Lane>(_ z: V, height: V) -> V {
            V.select(V.one.isAbove(z), height * (V.one - z), V.zero)
        }
    }
    /// See ``Kind/arctan``.
    public enum Arctan: SurrogateShape {
        /// h / (1 + z^2).
        @inlinable @inline(__always)
        public static func derivative<V: Lane>(_ z: V, height: V) -> V { height / V.one.addingProduct(z, z) }
    }
    /// See ``Kind/fastSigmoid``.
    public enum FastSigmoid: SurrogateShape {
        /// h / (1 + z)^2.
        @inlinable @inline(__always)
        public static func derivative<V: Lane>(_ z: V, height: V) -> V {
            let d = V.one + z
            return height / (d * d)
        }
    }
    /// See ``Kind/logistic``.
    public enum Logistic: SurrogateShape {
        /// 4 h e / (1 + e)^2 with e = exp(-z), which is 4 h p (1 - p) without overflow on either side.
        @inlinable @inline(__always)
        public static func derivative<V: Lane>(_ z: V, height: V) -> V {
            let e = (-z).exponential
            let d = V.one + e
            return V(4) * height * e / (d * d)
        }
    }
    /// See ``Kind/gaussian``.
    public enum Gaussian: SurrogateShape {
        /// h exp(-z^2 / 2).
        @inlinable @inline(__always)
        public static func derivative<V: Lane>(_ z: V, height: V) -> V {
            height * (V(-0.5) * z * z).exponential
        }
    }
}

/// A surrogate as the inner loop of a neuron sees it: ``Surrogate``, which looks its shape up at every call, or
/// ``FixedSurrogate``, whose shape the compiler knows.
public protocol SurrogateDerivative: Sendable {
    /// The surrogate with the shape, width and height of `surrogate`.
    init(_ surrogate: Surrogate)
    /// Whether the shape is known to the compiler.
    static var isFixed: Bool { get }
    /// ds/dx at distance `x` from the threshold.
    func derivative<V: Lane>(_ x: V) -> V
}

extension Surrogate: SurrogateDerivative {
    /// The surrogate itself.
    @inlinable public init(_ surrogate: Surrogate) { self = surrogate }
    /// False: the shape is looked up at every call.
    @inlinable public static var isFixed: Bool { false }
}

/// A surrogate whose shape is part of its type: the loop over time of a neuron that uses it holds no choice, which makes
/// its backward pass twice as fast.
public struct FixedSurrogate<Shape: SurrogateShape>: SurrogateDerivative {
    @usableFromInline let height: Double
    @usableFromInline let inverseWidth: Double

    /// Width and height of `surrogate`, which must be of shape `Shape`.
    public init(_ surrogate: Surrogate) {
        height = surrogate.height
        inverseWidth = surrogate.inverseWidth
    }

    /// True.
    @inlinable public static var isFixed: Bool { true }

    /// ds/dx at distance `x` from the threshold.
    @inlinable @inline(__always)
    public func derivative<V: Lane>(_ x: V) -> V {
        Shape.derivative(x.magnitude * V(inverseWidth), height: V(height))
    }
}
