import Testing

@testable import SNNKernel

@Suite("Parameters")
struct ParametersTests {
    private static let descriptions: [ParameterDescription] = [
        .number("tau", unit: "ms", default: 20, above: 0, "time constant"),
        .number("share", default: 0.5, atLeast: 0, below: 1, "share"),
        .number("level", default: 0, "any level"),
        .number("floor", default: 1, atLeast: 0, atMost: 1, "closed on both sides"),
        .integer("count", default: nil, 1...8, "how many"),
        ParameterDescription("kernel", .integerPair(1, 9), default: .number(3), "rows and columns"),
        .boolean("flag", default: true, "a flag"),
        .choice("mode", default: Dropout.Mask.step, "a mode"),
    ]

    private func set(_ given: [String: ParameterValue]) throws(SNNError) -> ParameterSet {
        var complete: [String: ParameterValue] = ["count": .number(2)]
        complete.merge(given) { $1 }
        return try ParameterSet(complete, for: "unit", descriptions: Self.descriptions)
    }

    @Test("what is not given has its default, what is given stays")
    func defaults() throws {
        let empty = try set([:])
        #expect(empty.number("tau") == 20 && empty.number("share") == 0.5 && empty.integer("count") == 2)
        #expect(empty.flag("flag") && empty.pair("kernel") == (3, 3))
        #expect(empty.choice("mode", as: Dropout.Mask.self) == .step)
        #expect(empty.values.count == Self.descriptions.count)
        let full = try set([
            "tau": .number(5), "kernel": .numbers([2, 4]), "flag": .boolean(false), "mode": .text("window"),
        ])
        #expect(full.number("tau") == 5 && full.pair("kernel") == (2, 4) && !full.flag("flag"))
        #expect(full.choice("mode", as: Dropout.Mask.self) == .window)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let value: ParameterValue
        let sentence: String
        var testDescription: String { sentence }

        init(_ name: String, _ value: ParameterValue, _ sentence: String) {
            self.name = name
            self.value = value
            self.sentence = sentence
        }
    }

    static let refusals = [
        Refusal("tau", .number(-3), "unit: tau must be > 0 ms, got -3"),
        Refusal("tau", .number(0), "unit: tau must be > 0 ms, got 0"),
        Refusal("tau", .number(.nan), "unit: tau must be > 0 ms, got nan"),
        Refusal("tau", .number(.infinity), "unit: tau must be > 0 ms, got inf"),
        Refusal("tau", .number(1e300), "unit: tau must be > 0 ms, got 1e+300"),
        Refusal("share", .number(1), "unit: share must be >= 0 and < 1, got 1"),
        Refusal("share", .number(-0.25), "unit: share must be >= 0 and < 1, got -0.25"),
        Refusal("level", .number(-.infinity), "unit: level must be any number, got -inf"),
        Refusal("floor", .number(1.5), "unit: floor must be >= 0 and <= 1, got 1.5"),
        Refusal("count", .number(9), "unit: count must be 1 ... 8, got 9"),
        Refusal("count", .number(2.5), "unit: count must be 1 ... 8, got 2.5"),
        Refusal("count", .number(1e300), "unit: count must be 1 ... 8, got 1e+300"),
        Refusal("kernel", .numbers([3]), "unit: kernel must be 1 ... 9, got [3]"),
        Refusal("kernel", .numbers([3, 0]), "unit: kernel must be 1 ... 9, got [3, 0]"),
        Refusal("kernel", .numbers([3, 3, 3]), "unit: kernel must be 1 ... 9, got [3, 3, 3]"),
        Refusal("kernel", .number(.nan), "unit: kernel must be 1 ... 9, got nan"),
        Refusal("mode", .text("frame"), "unit: mode must be one of step, window, got 'frame'"),
    ]

    @Test("a refusal states the law, the unit and the value", arguments: refusals)
    func refused(_ refusal: Refusal) {
        #expect(throws: SNNError.parameter(refusal.sentence)) { try set([refusal.name: refusal.value]) }
    }

    static let otherTypes = [
        Refusal("tau", .text("fast"), "unit: tau must be a number, > 0, got 'fast'"),
        Refusal("tau", .numbers([1, 2.5]), "unit: tau must be a number, > 0, got [1, 2.5]"),
        Refusal("count", .numbers([2, 2]), "unit: count must be an integer, 1 ... 8, got [2, 2]"),
        Refusal("kernel", .text("3x3"), "unit: kernel must be an integer, 1 ... 9, got '3x3'"),
        Refusal("flag", .number(1), "unit: flag must be a boolean, true or false, got 1"),
        Refusal("mode", .boolean(true), "unit: mode must be a choice, one of step, window, got true"),
    ]

    @Test("a value of another type is a mistake of the document, which says the type", arguments: otherTypes)
    func otherType(_ refusal: Refusal) {
        #expect(throws: SNNError.document(refusal.sentence)) { try set([refusal.name: refusal.value]) }
    }

    @Test("the ends of a range are legal where the range includes them")
    func ends() throws {
        let p = try set(["share": .number(0), "floor": .number(1), "count": .number(8), "tau": .number(5e-324)])
        #expect(p.number("share") == 0 && p.number("floor") == 1 && p.integer("count") == 8)
    }

    @Test("an unknown name is refused with the known ones")
    func unknown() {
        #expect(
            throws: SNNError.unknownName(
                "unknown parameter of unit 'taumem'; known: count, flag, floor, kernel, level, mode, share, tau"
            )
        ) { try set(["taumem": .number(1)]) }
    }

    @Test("a parameter without a default must be given")
    func missing() {
        #expect(throws: SNNError.parameter("unit needs the parameter count (how many)")) {
            try ParameterSet([:], for: "unit", descriptions: Self.descriptions)
        }
    }

    @Test("types and ranges read as people read them")
    func words() {
        let range = Dictionary(uniqueKeysWithValues: Self.descriptions.map { ($0.name, $0.range) })
        #expect(range["tau"] == "> 0" && range["level"] == "any number" && range["kernel"] == "1 ... 9")
        let type = Dictionary(uniqueKeysWithValues: Self.descriptions.map { ($0.name, $0.type) })
        #expect(type["tau"] == "number" && type["count"] == "integer" && type["kernel"] == "integer")
        #expect(type["flag"] == "boolean" && type["mode"] == "choice")
        #expect(10.0.plain == "10" && 0.5.plain == "0.5" && (-0.0).plain == "0" && 1e300.plain == "1e+300")
        #expect(Double.nan.plain == "nan" && Double.infinity.plain == "inf")
    }
}
