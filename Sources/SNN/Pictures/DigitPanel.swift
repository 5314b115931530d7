/// Draws digits: one large, and a row of a dozen.
enum DigitPanel {
    /// The digit whose window the raster shows.
    static func drawLarge(_ story: DemoStory, on picture: inout SVG, x: Double, y: Double, width: Double) {
        picture.text("What the network sees", x: x + 20, y: y + 30, ["class": "head"])
        let side = 220.0
        draw(story.digit, on: &picture, x: x + 20, y: y + 46, side: side)
        let rows = story.digit.pixels.count
        let columns = story.digit.pixels.first?.count ?? 0
        picture.text("\(rows) x \(columns) pixels, each a", x: x + 20, y: y + side + 70, ["class": "note"])
        picture.text(
            "constant current for \((Double(story.steps) * story.dt).short) ms",
            x: x + 20,
            y: y + side + 87,
            ["class": "note"]
        )
        let middle = x + side + 20 + (width - side - 20) / 2
        picture.text("it is a", x: middle, y: y + 90, ["class": "note", "text-anchor": "middle"])
        picture.text(
            String(story.digit.label),
            x: middle,
            y: y + 138,
            ["font-size": "44", "font-weight": "600", "text-anchor": "middle"]
        )
        picture.text("read as", x: middle, y: y + 190, ["class": "note", "text-anchor": "middle"])
        picture.text(
            String(story.digit.prediction),
            x: middle,
            y: y + 238,
            [
                "font-size": "44", "font-weight": "600", "text-anchor": "middle",
                "style": "fill: \(story.digit.isRight ? Palette.orange : Palette.red)",
            ]
        )
    }

    /// A dozen test digits with what the network said.
    static func drawRow(_ story: DemoStory, on picture: inout SVG, x: Double, y: Double, width: Double) {
        picture.text("A dozen test digits", x: x + 20, y: y + 32, ["class": "head"])
        let shownWrong = story.dozen.filter { !$0.isRight }.count
        let lines = [
            "\(story.wrongCount.grouped) of \(story.testCount.grouped) were misread,",
            shownWrong == 0
                ? "none of them is here."
                : "\(shownWrong == story.wrongCount ? "all" : shownWrong.grouped) of them here, in red.",
            "Below each: what was read.",
        ]
        for (place, line) in lines.enumerated() {
            picture.text(line, x: x + 20, y: y + 56 + Double(place) * 18, ["class": "note"])
        }
        let side = 64.0
        let first = x + 236
        let pitch = (width - 236 - 20 - side) / 11
        for (place, digit) in story.dozen.enumerated() {
            let left = first + Double(place) * pitch
            draw(digit, on: &picture, x: left, y: y + 20, side: side)
            if !digit.isRight {
                picture.rectangle(
                    x: left - 4,
                    y: y + 16,
                    width: side + 8,
                    height: side + 8,
                    corner: 5,
                    ["fill": "none", "stroke": Palette.red, "stroke-width": "2"]
                )
            }
            let words = digit.isRight ? "\(digit.prediction)" : "\(digit.prediction), is \(digit.label)"
            picture.text(
                words,
                x: left + side / 2,
                y: y + 110,
                [
                    "class": "strong", "text-anchor": "middle",
                    "style": "fill: \(digit.isRight ? Palette.ink : Palette.red)",
                ]
            )
        }
    }

    private static func draw(_ digit: DemoStory.Digit, on picture: inout SVG, x: Double, y: Double, side: Double) {
        let rows = digit.pixels.count
        for (row, values) in digit.pixels.enumerated() {
            let (width, height) = (side / Double(values.count), side / Double(rows))
            for (column, value) in values.enumerated() {
                // A hair wider than the pitch, or a viewer shows seams.
                picture.rectangle(
                    x: x + Double(column) * width,
                    y: y + Double(row) * height,
                    width: width + 0.3,
                    height: height + 0.3,
                    ["fill": Palette.grey(value)]
                )
            }
        }
    }
}
