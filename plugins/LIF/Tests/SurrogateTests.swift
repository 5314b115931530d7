import SNNKernel
import SNNTestKit
import Testing

/// The derivatives that stand in for that of the threshold.
struct SurrogateTests {
    static let widths = [0.25, 0.5, 1, 3]

    @Test("the derivative is that of the primitive, by central differences", arguments: Surrogate.Kind.allCases, widths)
    func derivative(_ kind: Surrogate.Kind, _ width: Double) throws {
        for unitArea in [true, false] {
            let surrogate = try Surrogate(kind, width: width, unitArea: unitArea)
            let h = 1e-5 * width
            for place in -200...200 {
                // Off the corners at 0, half a width and a width.
                let x = (Double(place) + 0.37) * width / 50
                let difference = (surrogate.primitive(x + h) - surrogate.primitive(x - h)) / (2 * h)
                let found = surrogate.derivative(x)
                #expect(abs(found - difference) <= 1e-6 * max(1, surrogate.derivative(0.0)), "at \(x)")
            }
        }
    }

    @Test("with unit area it integrates to 1, else its peak is 1", arguments: Surrogate.Kind.allCases, widths)
    func area(_ kind: Surrogate.Kind, _ width: Double) throws {
        let surrogate = try Surrogate(kind, width: width)
        // Midpoint rule over 40 widths to either side; the tails beyond are those of the primitive.
        let steps = 40_000
        let reach = 40 * width
        let h = 2 * reach / Double(steps)
        var sum = 0.0
        for step in 0..<steps { sum += surrogate.derivative(-reach + (Double(step) + 0.5) * h) * h }
        let tails = surrogate.primitive(-reach) + surrogate.primitive(1e12) - surrogate.primitive(reach)
        #expect(abs(sum + tails - 1) < 1e-5, "\(sum) + \(tails)")
        #expect(abs(surrogate.primitive(1e12) - 1) < 1e-9)
        #expect(abs(surrogate.primitive(-1e12)) < 1e-9)
        #expect(abs(surrogate.primitive(0.0) - 0.5) < 1e-12)
        let peaked = try Surrogate(kind, width: width, unitArea: false)
        #expect(abs(peaked.derivative(0.0) - 1) < 1e-12)
        let ratio = peaked.derivative(0.3) / surrogate.derivative(0.3)
        #expect(ratio.isNaN || abs(ratio * surrogate.derivative(0.0) - 1) < 1e-12, "unit area changes the shape")
    }

    @Test("it has the formula that it documents")
    func formulas() throws {
        let w = 0.8
        let formulas: [Surrogate.Kind: (Double) -> Double] = [
            .rectangle: { abs($0) < w / 2 ? 1 / w : 0 },
            .triangle: { max(0, 1 - abs($0) / w) / w },
            .arctan: { 1 / (Double.pi * w) / (1 + $0 * $0 / w / w) },
            .fastSigmoid: { 1 / (2 * w) / ((1 + abs($0) / w) * (1 + abs($0) / w)) },
            .logistic: { x in
                let p = 1 / (1 + (-x / w).exponential)
                return p * (1 - p) / w
            },
            .gaussian: { (-$0 * $0 / (2 * w * w)).exponential / (w * (2 * Double.pi).squareRoot()) },
        ]
        for kind in Surrogate.Kind.allCases {
            let surrogate = try Surrogate(kind, width: w)
            let formula = try #require(formulas[kind])
            for place in -40...40 {
                let x = (Double(place) + 0.31) * 0.1
                #expect(abs(surrogate.derivative(x) - formula(x)) < 1e-12, "\(kind) at \(x)")
                #expect(abs(Double(surrogate.derivative(Float(x))) - formula(x)) < 2e-6, "\(kind) at \(x) in float32")
            }
        }
    }

    @Test(
        "compact support means exactly zero outside, for rectangle and triangle alone",
        arguments: Surrogate.Kind.allCases
    )
    func support(_ kind: Surrogate.Kind) throws {
        let surrogate = try Surrogate(kind, width: 0.5)
        #expect(surrogate.hasCompactSupport == (kind == .rectangle || kind == .triangle))
        for x: Float in [-3, -0.5, 0.5, 0.7, 2] {
            #expect((surrogate.derivative(x) == 0) == surrogate.hasCompactSupport, "\(kind) at \(x)")
        }
    }

    @Test("in float32 it is finite, symmetric and its primitive rises from 0 to 1", arguments: Surrogate.Kind.allCases)
    func float(_ kind: Surrogate.Kind) throws {
        let surrogate = try Surrogate(kind, width: 0.7)
        var before: Float = -1e-6
        for place in -2000...2000 {
            let x = Float(place) * 0.01
            let y = surrogate.primitive(x)
            #expect(y >= before - 1e-6 && y >= -1e-6 && y <= 1 + 1e-6, "\(kind) at \(x)")
            #expect(surrogate.derivative(x) == surrogate.derivative(-x) && surrogate.derivative(x) >= 0)
            before = y
        }
        for x: Float in [1e30, -1e30, 0x1p-149] {
            #expect(surrogate.derivative(x).isFinite && surrogate.primitive(x).isFinite, "\(kind) at \(x)")
        }
    }

    @Test("a width that is no positive number is refused, saying so", arguments: [0, -1, .infinity, .nan])
    func width(_ width: Double) {
        let error = #expect(throws: SNNError.self) { try Surrogate(.arctan, width: width) }
        #expect(error?.message.contains("width must be > 0") == true)
        #expect(error?.message.contains("\(width)") == true)
    }
}
