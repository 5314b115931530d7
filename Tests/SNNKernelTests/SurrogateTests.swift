import Testing

@testable import SNNKernel

@Suite("Surrogates")
struct SurrogateTests {
    @Test("unit area integrates to 1, else the peak is 1", arguments: Surrogate.Kind.allCases)
    func area(_ kind: Surrogate.Kind) throws {
        for width in [0.25, 1.0, 2.0] {
            let surrogate = try Surrogate(kind, width: width)
            // The heaviest tail, of fast_sigmoid, leaves 1 / 2e6 beyond.
            #expect(abs(surrogate.primitive(1e6 * width) - surrogate.primitive(-1e6 * width) - 1) < 2e-6)
            #expect(try Surrogate(kind, width: width, unitArea: false).derivative(0.0) == 1)
            #expect(surrogate.derivative(0.0) > 0)
        }
    }

    @Test("the primitive's slope is the derivative, which is even", arguments: Surrogate.Kind.allCases)
    func slope(_ kind: Surrogate.Kind) throws {
        let surrogate = try Surrogate(kind, width: 0.7)
        for x in [-1.3, -0.6, -0.2, 0.1, 0.3, 0.55, 2.0] {
            let h = 1e-6
            let numeric = (surrogate.primitive(x + h) - surrogate.primitive(x - h)) / (2 * h)
            // Central differences: error h^2 plus the rounding 1e-16 / h.
            #expect(abs(numeric - surrogate.derivative(x)) < 1e-8, "x = \(x)")
            #expect(surrogate.derivative(x) == surrogate.derivative(-x))
        }
    }

    @Test("derivatives have the values of their formulas at the width")
    func values() throws {
        let w = 0.5
        func at(_ kind: Surrogate.Kind, _ x: Double) throws -> Double {
            try Surrogate(kind, width: w).derivative(x)
        }
        #expect(try at(.rectangle, 0.2) == 2 && at(.rectangle, 0.3) == 0)
        #expect(try at(.triangle, 0.25) == 1 && at(.triangle, 0.5) == 0)
        #expect(try abs(at(.arctan, w) - 1 / (Double.pi * w) / 2) < 1e-15)
        #expect(try abs(at(.fastSigmoid, w) - 0.25) < 1e-15)
        // p = 1 / (1 + e^-1), p (1 - p) / w = 0.39322...
        #expect(try abs(at(.logistic, w) - 0.393_223_866_482_963_7) < 1e-15)
        // exp(-1/2) / (0.5 sqrt(2 pi))
        #expect(try abs(at(.gaussian, w) - 0.483_941_449_038_286_7) < 1e-15)
    }

    @Test("a width that is not positive is refused", arguments: [0, -1, Double.nan, .infinity])
    func width(_ width: Double) {
        #expect(throws: SNNError.parameter("surrogate width must be > 0, got \(width)")) {
            try Surrogate(.arctan, width: width)
        }
    }
}
