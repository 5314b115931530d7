import Testing

@testable import SNN

@Suite("SVG")
struct SVGTests {
    @Test("every shape gives well-formed XML")
    func wellFormed() throws {
        var picture = SVG(width: 10, height: 20.5, title: "a < b & \"c\"", style: "text { fill: red; }")
        picture.rectangle(x: 0, y: 1, width: 2, height: 3, corner: 1, ["fill": "#fff"])
        picture.line(x1: 0, y1: 0, x2: 1, y2: 1, [:])
        picture.circle(x: 1, y: 2, radius: .nan, [:])
        picture.curve([(0, 0), (1, 2.555)], ["stroke": "red"])
        picture.strokes([(1, 2), (3, 4)], height: 2, [:])
        picture.strokes([], height: 2, [:])
        picture.text("<&>\u{1}", x: 1, y: 1, turned: true, ["class": "a\"b"])
        let checked = try XMLChecker(picture.text)
        #expect(checked.elements == ["svg", "title", "style", "rect", "line", "circle", "polyline", "path", "text"])
        #expect(picture.text.contains("&lt;&amp;&gt;?</text>"))
        #expect(picture.text.contains("height=\"20.5\""))
    }

    @Test(
        "the checker finds mistakes",
        arguments: ["<a>", "<a></b>", "<a b=c/>", "<a>&</a>", "<a/><b/>", "", "<a b=\"\" b=\"\"/>"]
    )
    func checker(_ text: String) { #expect(throws: XMLChecker.Mistake.self) { try XMLChecker(text) } }

    @Test(
        "numbers have at most two places and no zeros at the end",
        arguments: [
            (1.0, "1"), (0.5, "0.5"), (-0.001, "0"), (100, "100"), (1.005, "1"), (2.346, "2.35"), (.infinity, "0"),
        ]
    )
    func numbers(_ value: Double, _ text: String) { #expect(SVG.number(value) == text) }
}

@Suite("Decimal text")
struct DecimalTextTests {
    @Test(
        "fixed places, rounded half away from zero",
        arguments: [
            (0.0, 2, "0.00"), (0.125, 2, "0.13"), (-0.125, 2, "-0.13"), (9.999, 2, "10.00"), (-0.001, 2, "0.00"),
            (12.5, 0, "13"), (0.05, 1, "0.1"), (1e300, 2, "1e+300"), (.nan, 1, "nan"),
        ]
    )
    func fixed(_ value: Double, _ places: Int, _ text: String) { #expect(value.fixed(places) == text) }

    @Test(
        "powers of ten",
        arguments: [
            (0.0, "0"), (1, "1.00e0"), (2.564e-4, "2.56e-4"), (-9.996e-3, "-1.00e-2"), (12_345, "1.23e4"),
            (.infinity, "-"),
        ]
    )
    func scientific(_ value: Double, _ text: String) { #expect(value.scientific(2) == text) }

    @Test("percent, groups of three, about four digits")
    func people() {
        #expect(0.97214.percent == "97.2 %")
        #expect(Double.nan.percent == "-")
        #expect([0, 999, 1000, -1_234_567].map(\.grouped) == ["0", "999", "1,000", "-1,234,567"])
        #expect(
            [12_345.0, 1234.5, 123.45, 12.345, 1.2345, 0.012_345].map(\.short)
                == ["12,345", "1,235", "123.5", "12.35", "1.235", "0.0123"]
        )
    }
}

@Suite("Axis")
struct AxisTests {
    @Test("ends map to ends, what lies beyond is put at them")
    func ends() {
        let axis = Axis(0...10, from: 100, to: 0)
        #expect([0, 5, 10, 20, -1, .nan].map(axis.place) == [100, 50, 0, 0, 100, 100])
        let powers = Axis(0.01...100, from: 0, to: 4, scale: .logarithmic)
        #expect(abs(powers.place(1) - 2) < 1e-12)
    }

    @Test("ticks are round numbers within the range")
    func ticks() {
        #expect(Axis(0...20, from: 0, to: 1).ticks(4) == [0, 5, 10, 15, 20])
        #expect(Axis(80...100, from: 0, to: 1).ticks(4) == [80, 85, 90, 95, 100])
        #expect(
            Axis(0.03...20, from: 0, to: 1, scale: .logarithmic).ticks(4).map { SVG.number($0) } == ["0.1", "1", "10"]
        )
    }

    @Test("a range without extent still has a place for its number")
    func empty() {
        for scale in [Axis.Scale.linear, .logarithmic] {
            let axis = Axis(1...1, from: 0, to: 10, scale: scale)
            #expect(axis.place(1) == 0)
        }
    }
}
