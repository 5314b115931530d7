public import CLanes

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The number type a neuron's equations are written over.
///
/// One text of the equations serves as the fast path (`SIMD16<Float>`: sixteen neurons at once), as the scalar path
/// (`Float`), as the reference (`Double`) and, over ``Dual``, as the forward-mode derivative that checks the adjoint.
/// Constants enter through `init(_: Double)`, so that the reference path keeps its precision.
public protocol Lane: BitwiseCopyable, Sendable {
    /// The result of a comparison, one truth value a neuron.
    associatedtype Mask

    /// Broadcasts a constant.
    init(_ constant: Double)

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self

    /// `self + a * b`, rounded once.
    func addingProduct(_ a: Self, _ b: Self) -> Self
    /// `|self|`.
    var magnitude: Self { get }
    /// `self >= other`, per neuron.
    func isAtLeast(_ other: Self) -> Mask
    /// `self > other`, per neuron.
    func isAbove(_ other: Self) -> Mask
    /// `yes` where the mask holds, `no` elsewhere.
    static func select(_ mask: Mask, _ yes: Self, _ no: Self) -> Self
    /// `exp(self)`.
    var exponential: Self { get }
    /// `atan(self)`.
    var arcTangent: Self { get }
    /// The Gauss error function.
    var errorFunction: Self { get }
    /// `tanh(self)`.
    var hyperbolicTangent: Self { get }
    /// The normal distribution's share below `self`, Phi(x) = erfc(-x / sqrt(2)) / 2.
    var normalDistribution: Self { get }

    /// 1 where `mask` holds and 0 elsewhere; over ``Dual`` its derivative is `slope` times the derivative of
    /// `distance` (the surrogate), over plain numbers `slope` is never evaluated.
    static func spike(where mask: Mask, distance: Self, slope: (Self) -> Self) -> Self
    /// Whether a spike's value carries a derivative, so that a reset must be computed from it by arithmetic.
    static var carriesDerivative: Bool { get }
}

extension Lane {
    /// 0 in every neuron.
    @inlinable public static var zero: Self { Self(0) }
    /// 1 in every neuron.
    @inlinable public static var one: Self { Self(1) }
    /// False: plain numbers carry no derivative.
    @inlinable public static var carriesDerivative: Bool { false }
    /// `0 - a`.
    @inlinable public static prefix func - (a: Self) -> Self { Self(0) - a }

    /// 1 where `mask` holds and 0 elsewhere; `distance` and `slope` have no say.
    @inlinable @inline(__always)
    public static func spike(where mask: Mask, distance: Self, slope: (Self) -> Self) -> Self {
        select(mask, Self(1), Self(0))
    }
}

/// What makes a scalar floating-point type a lane of one neuron.
public protocol ScalarLane: Lane, BinaryFloatingPoint where Mask == Bool {}

extension ScalarLane {
    /// `self >= other`; false where either is NaN.
    @inlinable public func isAtLeast(_ other: Self) -> Bool { self >= other }
    /// `self > other`; false where either is NaN.
    @inlinable public func isAbove(_ other: Self) -> Bool { self > other }
    /// `yes` or `no`, as the mask says.
    @inlinable public static func select(_ mask: Bool, _ yes: Self, _ no: Self) -> Self { mask ? yes : no }
}

extension Float: ScalarLane {
    /// The truth value of the one neuron.
    public typealias Mask = Bool
    /// `exp(self)` with the same bits as in a vector of sixteen.
    @inlinable public var exponential: Float { FastExponential.scalar(self) }
    /// `atan(self)`, as the C library has it.
    @inlinable public var arcTangent: Float { atanf(self) }
    /// The Gauss error function, as the C library has it.
    @inlinable public var errorFunction: Float { erff(self) }
    /// `tanh(self)` with the same bits as in a vector of sixteen.
    @inlinable public var hyperbolicTangent: Float { FastTangent.vector(SIMD16(repeating: self))[0] }
    /// Phi(self) with the same bits as in a vector of sixteen.
    @inlinable public var normalDistribution: Float { FastNormal.vector(SIMD16(repeating: self))[0] }
}

extension Double: ScalarLane {
    /// The truth value of the one neuron.
    public typealias Mask = Bool
    /// `exp(self)`, as the C library has it.
    @inlinable public var exponential: Double { exp(self) }
    /// `atan(self)`, as the C library has it.
    @inlinable public var arcTangent: Double { atan(self) }
    /// The Gauss error function, as the C library has it.
    @inlinable public var errorFunction: Double { erf(self) }
    /// `tanh(self)`, as the C library has it.
    @inlinable public var hyperbolicTangent: Double { tanh(self) }
    /// Phi(self) by the C library's complement of the error function, so that no digit is lost far below 0.
    @inlinable public var normalDistribution: Double { 0.5 * erfc(-self * 0.5.squareRoot()) }
    /// The natural logarithm.
    @inlinable public var logarithm: Double { log(self) }
    /// The cosine.
    @inlinable public var cosine: Double { cos(self) }
}

/// A constant of the equations, broadcast where it is used.
///
/// Kept as a lane it takes one register for each half of sixteen neurons, since nobody tells the compiler that they are
/// equal; broadcast in the loop it takes one, and loops over time of some constants no longer spill.
@propertyWrapper
@frozen
public struct Constant<Value: Lane>: Sendable {
    @usableFromInline let number: Double

    /// A constant in the precision of the reference path.
    public init(_ number: Double) { self.number = number }

    /// The constant in every neuron.
    @inlinable @inline(__always) public var wrappedValue: Value { Value(number) }
}

extension SIMD16: Lane where Scalar == Float {
    /// One truth value for each of sixteen neurons.
    public typealias Mask = SIMDMask<SIMD16<Int32>>

    /// A constant, rounded to float32, in all sixteen neurons.
    @inlinable @inline(__always) public init(_ constant: Double) { self.init(repeating: Float(constant)) }

    /// `|self|`: the sign bits cleared.
    @inlinable @inline(__always) public var magnitude: SIMD16<Float> {
        let bits = unsafeBitCast(self, to: SIMD16<UInt32>.self) & SIMD16<UInt32>(repeating: 0x7FFF_FFFF)
        return unsafeBitCast(bits, to: SIMD16<Float>.self)
    }
    // The masks are written with their type: without it the comparison becomes a loop over lanes, 40 times slower.
    /// `self >= other`, per neuron; false where either is NaN.
    @inlinable @inline(__always) public func isAtLeast(_ other: SIMD16<Float>) -> Mask {
        let mask: SIMDMask<SIMD16<Int32>> = self .>= other
        return mask
    }
    /// `self > other`, per neuron; false where either is NaN.
    @inlinable @inline(__always) public func isAbove(_ other: SIMD16<Float>) -> Mask {
        let mask: SIMDMask<SIMD16<Int32>> = self .> other
        return mask
    }
    /// `yes` where the mask holds, `no` elsewhere.
    @inlinable @inline(__always)
    public static func select(_ mask: Mask, _ yes: SIMD16<Float>, _ no: SIMD16<Float>) -> SIMD16<Float> {
        no.replacing(with: yes, where: mask)
    }
    /// `exp(self)` to a relative error below 2.3e-7 on [-87, 88]; 0 below, exp(88) above.
    @inlinable @inline(__always) public var exponential: SIMD16<Float> { FastExponential.vector(self) }
    /// `atan(self)`, neuron by neuron from the C library.
    @inlinable public var arcTangent: SIMD16<Float> { eachLane { atanf($0) } }
    /// The Gauss error function, neuron by neuron from the C library.
    @inlinable public var errorFunction: SIMD16<Float> { eachLane { erff($0) } }
    /// `tanh(self)` to 4 units in the last place; not-a-number stays.
    @inlinable @inline(__always) public var hyperbolicTangent: SIMD16<Float> { FastTangent.vector(self) }
    /// Phi(self) to a relative error below 8e-7 where it is not denormal, 0 below -13.2; not-a-number stays.
    @inlinable @inline(__always) public var normalDistribution: SIMD16<Float> { FastNormal.vector(self) }

    @inlinable func eachLane(_ function: (Float) -> Float) -> SIMD16<Float> {
        var result = self
        for lane in 0..<16 { result[lane] = function(result[lane]) }
        return result
    }

    /// One bit a lane, lane 0 lowest, set where the lane is not zero.
    @inlinable @inline(__always) public var nonZeroBits: UInt16 { snn_nonzero_bits(self) }

    /// One bit a lane, lane 0 lowest, set where the lane is above 0.
    ///
    /// Of spikes, 0 or 1: asked as a reset asks, so that the compiler sees one comparison in both and in the spike.
    @inlinable @inline(__always) public var spikeBits: UInt16 { snn_positive_bits(self) }
}

/// A number and its derivative along one direction (forward mode).
///
///     (a, a') (b, b') = (a b, a' b + a b'),  and so on by the chain rule
public struct Dual: Lane, Equatable {
    /// The truth value of the one neuron.
    public typealias Mask = Bool
    /// The number.
    public var value: Double
    /// Its derivative along the chosen direction.
    public var tangent: Double

    /// A number whose derivative along the chosen direction is `tangent`.
    @inlinable public init(value: Double, tangent: Double) {
        self.value = value
        self.tangent = tangent
    }
    /// A constant: its derivative is 0.
    @inlinable public init(_ constant: Double) { self.init(value: constant, tangent: 0) }

    /// True: a spike carries the derivative of the surrogate.
    @inlinable public static var carriesDerivative: Bool { true }
    /// `(a + b, a' + b')`.
    @inlinable public static func + (a: Dual, b: Dual) -> Dual {
        Dual(value: a.value + b.value, tangent: a.tangent + b.tangent)
    }
    /// `(a - b, a' - b')`.
    @inlinable public static func - (a: Dual, b: Dual) -> Dual {
        Dual(value: a.value - b.value, tangent: a.tangent - b.tangent)
    }
    /// `(a b, a' b + a b')`.
    @inlinable public static func * (a: Dual, b: Dual) -> Dual {
        Dual(value: a.value * b.value, tangent: a.tangent * b.value + a.value * b.tangent)
    }
    /// `(a / b, (a' b - a b') / b^2)`.
    @inlinable public static func / (a: Dual, b: Dual) -> Dual {
        Dual(
            value: a.value / b.value,
            tangent: (a.tangent * b.value - a.value * b.tangent) / (b.value * b.value)
        )
    }
    /// `self + a * b` by the rules of sum and product, without fusing.
    @inlinable public func addingProduct(_ a: Dual, _ b: Dual) -> Dual { self + a * b }
    /// `|self|`, whose derivative at 0 is that from the right.
    @inlinable public var magnitude: Dual { value < 0 ? Dual(0) - self : self }
    /// `self >= other`, judged by the numbers alone.
    @inlinable public func isAtLeast(_ other: Dual) -> Bool { value >= other.value }
    /// `self > other`, judged by the numbers alone.
    @inlinable public func isAbove(_ other: Dual) -> Bool { value > other.value }
    /// `yes` or `no`, derivative included, as the mask says.
    @inlinable public static func select(_ mask: Bool, _ yes: Dual, _ no: Dual) -> Dual { mask ? yes : no }
    /// `(exp(a), a' exp(a))`.
    @inlinable public var exponential: Dual { Dual(value: exp(value), tangent: exp(value) * tangent) }
    /// `(atan(a), a' / (1 + a^2))`.
    @inlinable public var arcTangent: Dual { Dual(value: atan(value), tangent: tangent / (1 + value * value)) }
    /// `(erf(a), a' 2 exp(-a^2) / sqrt(pi))`.
    @inlinable public var errorFunction: Dual {
        Dual(value: erf(value), tangent: 2 / Double.pi.squareRoot() * exp(-value * value) * tangent)
    }
    /// `(tanh(a), a' (1 - tanh(a)^2))`.
    @inlinable public var hyperbolicTangent: Dual {
        let y = tanh(value)
        return Dual(value: y, tangent: tangent * (1 - y) * (1 + y))
    }
    /// `(Phi(a), a' exp(-a^2 / 2) / sqrt(2 pi))`.
    @inlinable public var normalDistribution: Dual {
        let density = exp(-0.5 * value * value) / (2 * Double.pi).squareRoot()
        return Dual(value: value.normalDistribution, tangent: tangent * density)
    }
    /// 1 or 0 as the mask says, with the surrogate's derivative: `slope(distance)` times that of `distance`.
    @inlinable
    public static func spike(where mask: Bool, distance: Dual, slope: (Dual) -> Dual) -> Dual {
        Dual(value: mask ? 1 : 0, tangent: slope(distance).value * distance.tangent)
    }
}
