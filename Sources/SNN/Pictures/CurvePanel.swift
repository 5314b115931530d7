/// Draws how accuracy and loss went, epoch by epoch.
struct CurvePanel {
    private let story: DemoStory

    init(_ story: DemoStory) { self.story = story }

    /// Both curves, one above the other over the same epochs.
    func draw(on picture: inout SVG, x: Double, y: Double, width: Double, height: Double) {
        picture.text("How it learned", x: x + 20, y: y + 30, ["class": "head"])
        let epochs = Axis(0...Double(max(1, story.loss.count)), from: x + 80, to: x + width - 22)
        accuracy(on: &picture, epochs, top: y + 74, bottom: y + 202, left: x)
        loss(on: &picture, epochs, top: y + 240, bottom: y + height - 56, left: x)
        for epoch in epochs.ticks(5) where epoch >= 1 {
            picture.text(
                epoch.short,
                x: epochs.place(epoch),
                y: y + height - 38,
                ["class": "tick", "text-anchor": "middle"]
            )
        }
        picture.text(
            "epoch (all training digits once)",
            x: (epochs.start + epochs.end) / 2,
            y: y + height - 16,
            ["class": "note", "text-anchor": "middle"]
        )
    }

    private func accuracy(on picture: inout SVG, _ epochs: Axis, top: Double, bottom: Double, left: Double) {
        let lowest = min(story.trainAccuracy.min() ?? 0, story.testAccuracy) * 100
        let floor = min(95, max(0, ((lowest - 1) / 5).rounded(.down) * 5))
        let axis = Axis(floor...100, from: bottom, to: top)
        grid(on: &picture, axis, epochs, ticks: axis.ticks(4)) { $0.fixed(0) }
        picture.text(
            "accuracy (%)",
            x: left + 30,
            y: (top + bottom) / 2,
            turned: true,
            ["class": "note", "text-anchor": "middle"]
        )
        let level = axis.place(story.testAccuracy * 100)
        picture.line(
            x1: epochs.start,
            y1: level,
            x2: epochs.end,
            y2: level,
            ["stroke": Palette.orange, "stroke-width": "1.5", "stroke-dasharray": "5 4"]
        )
        draw(story.trainAccuracy.map { $0 * 100 }, on: &picture, axis, epochs, colour: Palette.teal)
        picture.circle(x: epochs.end, y: level, radius: 4, ["fill": Palette.orange])
        let legend = top - 18
        let first = left + 20
        picture.line(
            x1: first,
            y1: legend - 4,
            x2: first + 22,
            y2: legend - 4,
            ["stroke": Palette.teal, "stroke-width": "2"]
        )
        picture.text("training", x: first + 28, y: legend, ["class": "note"])
        picture.line(
            x1: first + 96,
            y1: legend - 4,
            x2: first + 118,
            y2: legend - 4,
            ["stroke": Palette.orange, "stroke-width": "1.5", "stroke-dasharray": "5 4"]
        )
        picture.text(
            "test, at the end: \(story.testAccuracy.percent)",
            x: first + 124,
            y: legend,
            ["class": "note"]
        )
    }

    private func loss(on picture: inout SVG, _ epochs: Axis, top: Double, bottom: Double, left: Double) {
        let finite = story.loss.filter { $0.isFinite && $0 > 0 }
        let axis = Axis(
            (finite.min() ?? 0.1) / 1.3...(finite.max() ?? 1) * 1.3,
            from: bottom,
            to: top,
            scale: .logarithmic
        )
        grid(on: &picture, axis, epochs, ticks: axis.ticks(4)) { CurvePanel.decimal($0) }
        picture.text(
            "loss, log scale",
            x: left + 30,
            y: (top + bottom) / 2,
            turned: true,
            ["class": "note", "text-anchor": "middle"]
        )
        draw(story.loss, on: &picture, axis, epochs, colour: Palette.blue)
    }

    private func grid(
        on picture: inout SVG,
        _ axis: Axis,
        _ epochs: Axis,
        ticks: [Double],
        label: (Double) -> String
    ) {
        for tick in ticks {
            let level = axis.place(tick)
            picture.line(x1: epochs.start, y1: level, x2: epochs.end, y2: level, ["stroke": Palette.grid])
            picture.text(label(tick), x: epochs.start - 8, y: level + 4, ["class": "tick", "text-anchor": "end"])
        }
        picture.line(
            x1: epochs.start,
            y1: axis.start,
            x2: epochs.end,
            y2: axis.start,
            ["stroke": Palette.faint]
        )
    }

    private func draw(_ values: [Double], on picture: inout SVG, _ axis: Axis, _ epochs: Axis, colour: String) {
        let points = values.enumerated().filter { $0.element.isFinite }.map {
            (x: epochs.place(Double($0.offset + 1)), y: axis.place($0.element))
        }
        if points.count == 1 { picture.circle(x: points[0].x, y: points[0].y, radius: 3, ["fill": colour]) }
        picture.curve(
            points,
            ["stroke": colour, "stroke-width": "2", "stroke-linejoin": "round", "stroke-linecap": "round"]
        )
    }

    /// A power of ten as it is spoken: «10», «1», «0.001».
    private static func decimal(_ power: Double) -> String {
        var places = 0
        var rest = power
        while rest < 0.99, places < 12 {
            rest *= 10
            places += 1
        }
        return power.fixed(places)
    }
}
