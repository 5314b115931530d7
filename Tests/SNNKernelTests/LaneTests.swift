import Testing

@testable import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Lanes")
struct LaneTests {
    private typealias Vector = SIMD16<Float>

    @Test("exp is within 2.3e-7 of the exact value, relatively, on [-87, 88]")
    func exponentialAccuracy() {
        var worst = 0.0
        for step in 0...400_000 {
            let x = Float(-87) + 175 * Float(step) / 400_000
            let exact = exp(Double(x))
            worst = max(worst, abs(Double(x.exponential) - exact) / exact)
        }
        #expect(worst < 2.3e-7, "worst relative error \(worst)")
    }

    @Test("exp is 1 at 0, 0 below -87 and that of 88 above 88")
    func exponentialEnds() {
        #expect(Float(0).exponential == 1)
        #expect(Float(-0.0).exponential == 1)
        #expect(Float(-87.5).exponential == 0 && (-Float.infinity).exponential == 0)
        #expect(Float(89).exponential == Float(88).exponential && Float.infinity.exponential == Float(88).exponential)
        #expect(Float(88).exponential.isFinite)
    }

    @Test("exp of not-a-number is none, in a scalar and in a vector")
    func exponentialOfNaN() {
        var vector = Vector(repeating: 1)
        vector[3] = .nan
        let result = vector.exponential
        #expect(result[2] == Float(1).exponential && result[4] == Float(1).exponential)
        #expect(result[3].isNaN && Float.nan.exponential.isNaN)
    }

    /// The largest relative error over 400,001 numbers from `low` to `high`.
    private func worst(
        _ low: Float,
        _ high: Float,
        _ function: (Float) -> Float,
        _ exact: (Double) -> Double
    ) -> Double {
        (0...400_000).reduce(0.0) { worst, step in
            let x = low + (high - low) * Float(step) / 400_000
            let wanted = exact(Double(x))
            return wanted == 0 ? worst : max(worst, abs(Double(function(x)) - wanted) / abs(wanted))
        }
    }

    @Test("tanh is within 2.4e-7 of the exact value, relatively, and keeps the smallest numbers")
    func hyperbolicTangent() {
        let error = max(worst(-12, 12, \.hyperbolicTangent, tanh), worst(-1e-3, 1e-3, \.hyperbolicTangent, tanh))
        #expect(error < 2.4e-7, "worst relative error \(error)")
        for x: Float in [0x1p-149, -0x1p-140, 1e-30, 0] {
            #expect(x.hyperbolicTangent.bitPattern == x.bitPattern)
        }
        for x: Float in [1e30, .infinity] { #expect(x.hyperbolicTangent == 1 && (-x).hyperbolicTangent == -1) }
        #expect(Float.nan.hyperbolicTangent.isNaN)
    }

    @Test("the normal distribution is within 8e-7 of the exact value, relatively, until it is denormal")
    func normalDistribution() {
        let error = worst(-12.9, 13.19, \.normalDistribution) { 0.5 * erfc(-$0 / 2.0.squareRoot()) }
        #expect(error < 8e-7, "worst relative error \(error)")
        #expect(Float(0).normalDistribution == 0.5 && Float(0x1p-149).normalDistribution == 0.5)
        for x: Float in [13.2, 1e30, .infinity] { #expect(x.normalDistribution == 1 && (-x).normalDistribution == 0) }
        #expect(Float.nan.normalDistribution.isNaN)
    }

    @Test("scalar and vector code give the same bits")
    func scalarIsVector() {
        var numbers = TestNumbers(3)
        for _ in 0..<500 {
            var a = Vector()
            var b = Vector()
            for lane in 0..<16 {
                a[lane] = numbers.floats(1)[0] * 90
                b[lane] = numbers.floats(1)[0]
            }
            let exponential = a.exponential
            let arcTangent = a.arcTangent
            let errorFunction = b.errorFunction
            let (hyperbolicTangent, normal) = (b.hyperbolicTangent, a.normalDistribution)
            let product = a.addingProduct(a, b)
            let magnitude = a.magnitude
            let chosen = Vector.select(a.isAbove(b), a, b)
            for lane in 0..<16 {
                #expect(exponential[lane].bitPattern == a[lane].exponential.bitPattern)
                #expect(arcTangent[lane].bitPattern == a[lane].arcTangent.bitPattern)
                #expect(errorFunction[lane].bitPattern == b[lane].errorFunction.bitPattern)
                #expect(hyperbolicTangent[lane].bitPattern == b[lane].hyperbolicTangent.bitPattern)
                #expect(normal[lane].bitPattern == a[lane].normalDistribution.bitPattern)
                #expect(product[lane].bitPattern == a[lane].addingProduct(a[lane], b[lane]).bitPattern)
                #expect(magnitude[lane].bitPattern == a[lane].magnitude.bitPattern)
                #expect(chosen[lane] == Float.select(a[lane].isAbove(b[lane]), a[lane], b[lane]))
            }
        }
    }

    @Test("comparisons differ at equality alone, and select follows the mask")
    func comparisons() {
        var x = Vector()
        for lane in 0..<16 { x[lane] = Float(lane) }
        let eight = Vector(repeating: 8)
        let one = Vector(repeating: 1)
        let zero = Vector(repeating: 0)
        let atLeast = Vector.select(x.isAtLeast(eight), one, zero)
        let above = Vector.select(x.isAbove(eight), one, zero)
        for lane in 0..<16 {
            #expect(atLeast[lane] == (lane >= 8 ? 1 : 0))
            #expect(above[lane] == (lane > 8 ? 1 : 0))
        }
        #expect(Double.spike(where: true, distance: 0) { _ in preconditionFailure("not evaluated") } == 1)
    }

    @Test("bits name the lanes that are not zero, whatever their sign")
    func nonZeroBits() {
        #expect(Vector(repeating: 0).nonZeroBits == 0)
        #expect(Vector(repeating: -0.0).nonZeroBits == 0)
        #expect(Vector(repeating: -1).nonZeroBits == .max)
        for lane in 0..<16 {
            var vector = Vector(repeating: 0)
            vector[lane] = lane % 2 == 0 ? .leastNonzeroMagnitude : -3
            #expect(vector.nonZeroBits == 1 << UInt16(lane))
        }
        var numbers = TestNumbers(4)
        for _ in 0..<100 {
            let bits = numbers.bits(16, share: 0.4)
            var vector = Vector(repeating: 0)
            var expected: UInt16 = 0
            for lane in 0..<16 where bits[lane] == 1 {
                vector[lane] = 0.5
                expected |= 1 << UInt16(lane)
            }
            #expect(vector.nonZeroBits == expected)
        }
    }

    /// A function over dual numbers, and its derivative as the textbook has it.
    struct Known: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let dual: @Sendable (Dual) -> Dual
        let value: @Sendable (Double) -> Double
        let derivative: @Sendable (Double) -> Double
    }

    static let known: [Known] = [
        Known(testDescription: "x + 3", dual: { $0 + Dual(3) }, value: { $0 + 3 }, derivative: { _ in 1 }),
        Known(testDescription: "3 - x", dual: { Dual(3) - $0 }, value: { 3 - $0 }, derivative: { _ in -1 }),
        Known(testDescription: "-x", dual: { -$0 }, value: { -$0 }, derivative: { _ in -1 }),
        Known(testDescription: "x x x", dual: { $0 * $0 * $0 }, value: { $0 * $0 * $0 }, derivative: { 3 * $0 * $0 }),
        Known(
            testDescription: "1 / x",
            dual: { Dual(1) / $0 },
            value: { 1 / $0 },
            derivative: { -1 / ($0 * $0) }
        ),
        Known(
            testDescription: "x / (1 + x x)",
            dual: { $0 / (Dual(1) + $0 * $0) },
            value: { $0 / (1 + $0 * $0) },
            derivative: { (1 - $0 * $0) / ((1 + $0 * $0) * (1 + $0 * $0)) }
        ),
        Known(
            testDescription: "2 + x x by addingProduct",
            dual: { Dual(2).addingProduct($0, $0) },
            value: { 2 + $0 * $0 },
            derivative: { 2 * $0 }
        ),
        Known(testDescription: "|x|", dual: { $0.magnitude }, value: { abs($0) }, derivative: { $0 < 0 ? -1 : 1 }),
        Known(
            testDescription: "exp(2 x)",
            dual: { ($0 * Dual(2)).exponential },
            value: { exp(2 * $0) },
            derivative: { 2 * exp(2 * $0) }
        ),
        Known(
            testDescription: "atan x",
            dual: { $0.arcTangent },
            value: { atan($0) },
            derivative: { 1 / (1 + $0 * $0) }
        ),
        Known(
            testDescription: "erf x",
            dual: { $0.errorFunction },
            value: { erf($0) },
            derivative: { 2 / Double.pi.squareRoot() * exp(-$0 * $0) }
        ),
        Known(
            testDescription: "tanh x",
            dual: { $0.hyperbolicTangent },
            value: { tanh($0) },
            derivative: { 1 / (cosh($0) * cosh($0)) }
        ),
        Known(
            testDescription: "Phi(x)",
            dual: { $0.normalDistribution },
            value: { 0.5 * (1 + erf($0 / 2.0.squareRoot())) },
            derivative: { exp(-0.5 * $0 * $0) / (2 * Double.pi).squareRoot() }
        ),
    ]

    @Test("dual numbers carry the derivative of the textbook", arguments: known)
    func duals(_ function: Known) {
        for x in [-2.5, -0.7, 0.3, 1.0, 4.0] {
            let result = function.dual(Dual(value: x, tangent: 1))
            let scaled = function.dual(Dual(value: x, tangent: -3))
            // A few roundings of double.
            #expect(abs(result.value - function.value(x)) <= 1e-14 * max(1, abs(result.value)), "x = \(x)")
            #expect(
                abs(result.tangent - function.derivative(x)) <= 1e-14 * max(1, abs(result.tangent)),
                "x = \(x)"
            )
            #expect(abs(scaled.tangent + 3 * function.derivative(x)) <= 1e-13 * max(1, abs(scaled.tangent)))
        }
    }

    @Test("a dual spike is 0 or 1 with the surrogate as its derivative; a constant has none")
    func dualSpike() {
        let distance = Dual(value: 0.25, tangent: 2)
        let spike = Dual.spike(where: true, distance: distance) { $0 + Dual(1) }
        #expect(spike == Dual(value: 1, tangent: 2.5))
        #expect(Dual.spike(where: false, distance: distance) { _ in Dual(0.5) } == Dual(value: 0, tangent: 1))
        #expect(Dual(4).tangent == 0 && Dual.carriesDerivative && !Double.carriesDerivative)
        #expect(Dual.select(true, Dual(1), Dual(2)) == Dual(1) && Dual.select(false, Dual(1), Dual(2)) == Dual(2))
    }
}
