/// A picture as SVG text: shapes one after another, later ones on top.
///
///     var picture = SVG(width: 100, height: 50, title: "Dot")
///     picture.circle(x: 50, y: 25, radius: 4, ["fill": "#2b7a78"])
///     let text = picture.text
///
/// Lengths are pixels from the upper left corner. Numbers are written with at most two places, so a picture is the same
/// bytes on every machine.
package struct SVG: Sendable {
    private let width: Double
    private let height: Double
    private let title: String
    private let style: String
    private var body = ""

    /// An empty picture; `title` is for screen readers, `style` is CSS for the classes that shapes may name.
    package init(width: Double, height: Double, title: String, style: String = "") {
        self.width = width
        self.height = height
        self.title = title
        self.style = style
    }

    /// The whole document.
    package var text: String {
        let size = "width=\"\(SVG.number(width))\" height=\"\(SVG.number(height))\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" \(size) \
            viewBox="0 0 \(SVG.number(width)) \(SVG.number(height))" role="img">
            <title>\(SVG.escaped(title))</title>
            <style>\(SVG.escaped(style))</style>
            \(body)</svg>

            """
    }

    /// A rectangle; `corner` rounds its corners.
    package mutating func rectangle(
        x: Double,
        y: Double,
        width: Double,
        height: Double,
        corner: Double = 0,
        _ attributes: KeyValuePairs<String, String>
    ) {
        var own = [("x", x), ("y", y), ("width", width), ("height", height)]
        if corner > 0 { own.append(("rx", corner)) }
        add("rect", own, attributes)
    }

    /// A straight line.
    package mutating func line(
        x1: Double,
        y1: Double,
        x2: Double,
        y2: Double,
        _ attributes: KeyValuePairs<String, String>
    ) {
        add("line", [("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)], attributes)
    }

    /// A disc.
    package mutating func circle(x: Double, y: Double, radius: Double, _ attributes: KeyValuePairs<String, String>) {
        add("circle", [("cx", x), ("cy", y), ("r", radius)], attributes)
    }

    /// A line through points.
    package mutating func curve(_ points: [(x: Double, y: Double)], _ attributes: KeyValuePairs<String, String>) {
        let list = points.map { "\(SVG.number($0.x)),\(SVG.number($0.y))" }.joined(separator: " ")
        body += "<polyline points=\"\(list)\" fill=\"none\"\(SVG.text(attributes))/>\n"
    }

    /// Many short vertical strokes as one shape: the spikes of a raster.
    package mutating func strokes(
        _ places: [(x: Double, y: Double)],
        height: Double,
        _ attributes: KeyValuePairs<String, String>
    ) {
        guard !places.isEmpty else { return }
        let path = places.map { "M\(SVG.number($0.x)) \(SVG.number($0.y - height / 2))v\(SVG.number(height))" }
        body += "<path d=\"\(path.joined())\" fill=\"none\"\(SVG.text(attributes))/>\n"
    }

    /// One line of text, on the base line `y`; `turned` reads upwards.
    package mutating func text(
        _ text: String,
        x: Double,
        y: Double,
        turned: Bool = false,
        _ attributes: KeyValuePairs<String, String>
    ) {
        let place = "x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\""
        let turn = turned ? " transform=\"rotate(-90 \(SVG.number(x)) \(SVG.number(y)))\"" : ""
        body += "<text \(place)\(turn)\(SVG.text(attributes))>\(SVG.escaped(text))</text>\n"
    }

    private mutating func add(
        _ name: String,
        _ own: [(String, Double)],
        _ attributes: KeyValuePairs<String, String>
    ) {
        let numbers = own.map { " \($0.0)=\"\(SVG.number($0.1))\"" }.joined()
        body += "<\(name)\(numbers)\(SVG.text(attributes))/>\n"
    }

    private static func text(_ attributes: KeyValuePairs<String, String>) -> String {
        attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    }

    /// At most two places, without zeros at the end; what is not finite is drawn at 0.
    package static func number(_ value: Double) -> String {
        var text = (value.isFinite ? value : 0).fixed(2)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// Text as XML takes it; characters that XML forbids become a question mark.
    package static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": out += "?"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
