/// Draws one window: the spikes of every layer, and the membranes of the two output neurons that came first.
struct RasterPanel {
    private let story: DemoStory
    /// Output neurons by spikes, most first; the lower class first where they tie.
    private let ranking: [Int]

    init(_ story: DemoStory) {
        self.story = story
        let counts = story.outputs.map(\.spikes.count)
        let rest = counts.indices.filter { $0 != story.digit.prediction }.sorted {
            (-counts[$0], $0) < (-counts[$1], $1)
        }
        ranking = [story.digit.prediction] + rest
    }

    /// Everything, over one time axis.
    func draw(on picture: inout SVG, x: Double, y: Double, width: Double, height: Double) {
        let duration = Double(story.steps) * story.dt
        let time = Axis(0...duration, from: x + 92, to: x + width - 124)
        picture.text("What happens inside", x: x + 20, y: y + 30, ["class": "head"])
        picture.text(
            "every stroke is a spike; whoever spikes first is on top",
            x: time.end,
            y: y + 30,
            ["class": "note", "text-anchor": "end"]
        )
        let bottom = y + height - 60
        for tick in time.ticks(4) {
            let place = time.place(tick)
            picture.line(x1: place, y1: y + 52, x2: place, y2: bottom, ["stroke": Palette.grid])
            picture.text(tick.short, x: place, y: bottom + 20, ["class": "tick", "text-anchor": "middle"])
        }
        picture.text(
            "time (ms)",
            x: (time.start + time.end) / 2,
            y: bottom + 42,
            ["class": "note", "text-anchor": "middle"]
        )
        hidden(on: &picture, time, top: y + 52, bottom: y + 348, left: x)
        outputs(on: &picture, time, top: y + 372, bottom: y + 540, left: x)
        membranes(on: &picture, time, top: y + 566, bottom: bottom, left: x)
    }

    /// The border of a part, and its title turned on the left.
    private func frame(
        _ title: String,
        _ note: String,
        on picture: inout SVG,
        _ time: Axis,
        top: Double,
        bottom: Double,
        left: Double
    ) {
        picture.rectangle(
            x: time.start,
            y: top,
            width: time.end - time.start,
            height: bottom - top,
            ["fill": "none", "stroke": Palette.edge]
        )
        for (words, place, kind) in [(title, 38.0, "strong"), (note, 60, "note")] {
            picture.text(
                words,
                x: left + place,
                y: (top + bottom) / 2,
                turned: true,
                ["class": kind, "text-anchor": "middle"]
            )
        }
    }

    private func hidden(on picture: inout SVG, _ time: Axis, top: Double, bottom: Double, left: Double) {
        let rows = story.hidden.reduce(0) { $0 + $1.spikes.count }
        guard rows > 0 else { return }
        let gap = 14.0
        let pitch = (bottom - top - gap * Double(story.hidden.count - 1)) / Double(rows)
        var level = top
        for layer in story.hidden {
            let height = pitch * Double(layer.spikes.count)
            let shown = layer.spikes.count == layer.active ? "the" : "\(layer.spikes.count) of the"
            frame(
                "\(layer.name) layer",
                "\(shown) \(layer.active.grouped) neurons of \(layer.neurons.grouped) that spiked",
                on: &picture,
                time,
                top: level,
                bottom: level + height,
                left: left
            )
            picture.strokes(
                places(layer.spikes, time, top: level, pitch: pitch),
                height: min(pitch * 0.8, 10),
                ["stroke": Palette.teal, "stroke-width": "2.6"]
            )
            level += height + gap
        }
    }

    private func outputs(on picture: inout SVG, _ time: Axis, top: Double, bottom: Double, left: Double) {
        let pitch = (bottom - top) / Double(max(1, story.outputs.count))
        frame("output layer", "class", on: &picture, time, top: top, bottom: bottom, left: left)
        picture.text("spikes", x: time.end + 14, y: top - 8, ["class": "note"])
        let most = Double(max(1, story.outputs.map(\.spikes.count).max() ?? 1))
        for (number, output) in story.outputs.enumerated() {
            let colour = colour(of: number)
            let middle = top + (Double(number) + 0.5) * pitch
            picture.text(
                String(number),
                x: time.start - 10,
                y: middle + 4.5,
                ["class": "strong", "text-anchor": "end", "style": "fill: \(colour)"]
            )
            picture.strokes(
                output.spikes.map { (x: centre($0, time), y: middle) },
                height: pitch * 0.72,
                ["stroke": colour, "stroke-width": "3.4"]
            )
            let count = output.spikes.count
            let length = Double(count) / most * 62
            picture.rectangle(
                x: time.end + 14,
                y: middle - pitch * 0.3,
                width: max(length, 1),
                height: pitch * 0.6,
                corner: 2,
                ["fill": count == 0 ? Palette.edge : colour]
            )
            picture.text(
                String(count),
                x: time.end + 14 + max(length, 1) + 7,
                y: middle + 4.5,
                ["class": "tick", "style": "fill: \(count == 0 ? Palette.faint : colour)"]
            )
        }
    }

    private func membranes(on picture: inout SVG, _ time: Axis, top: Double, bottom: Double, left: Double) {
        let shown = ranking.prefix(2).filter { !story.outputs[$0].potentials.isEmpty }
        let values: [Double] = shown.flatMap { story.outputs[$0].potentials } + [0, story.threshold]
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        let slack = (high - low) * 0.06
        let axis = Axis(low - slack...high + slack, from: bottom, to: top)
        frame("membrane", "before reset", on: &picture, time, top: top, bottom: bottom, left: left)
        for tick in axis.ticks(4) {
            picture.text(
                tick.short,
                x: time.start - 10,
                y: axis.place(tick) + 4,
                ["class": "tick", "text-anchor": "end"]
            )
        }
        let threshold = axis.place(story.threshold)
        picture.line(
            x1: time.start,
            y1: threshold,
            x2: time.end,
            y2: threshold,
            ["stroke": Palette.muted, "stroke-dasharray": "4 4"]
        )
        picture.text("threshold", x: time.end + 14, y: threshold + 4, ["class": "note"])
        var labels = [threshold]
        for number in shown.reversed() {
            let output = story.outputs[number]
            let colour = colour(of: number)
            let points = output.potentials.enumerated().map {
                (x: centre($0.offset, time), y: axis.place($0.element))
            }
            picture.curve(points, ["stroke": colour, "stroke-width": "2", "stroke-linejoin": "round"])
            for step in output.spikes where step < points.count {
                picture.circle(x: points[step].x, y: points[step].y, radius: 3.6, ["fill": colour])
            }
            let wanted = points.last?.y ?? bottom
            let place = free(wanted, labels, top: top + 6, bottom: bottom - 4)
            labels.append(place)
            picture.text(
                number == ranking[0] ? "\(number), winner" : "\(number), next",
                x: time.end + 14,
                y: place + 4,
                ["class": "strong", "style": "fill: \(colour)"]
            )
        }
    }

    /// The place nearest to `wanted` where a line of text does not touch the others.
    private func free(_ wanted: Double, _ taken: [Double], top: Double, bottom: Double) -> Double {
        let candidates = stride(from: 0.0, to: bottom - top, by: 1).flatMap { [wanted + $0, wanted - $0] }
        return candidates.first { candidate in
            candidate >= top && candidate <= bottom && taken.allSatisfy { abs($0 - candidate) >= 16 }
        } ?? wanted
    }

    private func colour(of output: Int) -> String {
        if output == ranking[0] { return Palette.orange }
        return ranking.count > 1 && output == ranking[1] ? Palette.blue : Palette.muted
    }

    private func places(_ rows: [[Int]], _ time: Axis, top: Double, pitch: Double) -> [(x: Double, y: Double)] {
        rows.enumerated().flatMap { row, steps in
            steps.map { (x: centre($0, time), y: top + (Double(row) + 0.5) * pitch) }
        }
    }

    /// The middle of a step.
    private func centre(_ step: Int, _ time: Axis) -> Double { time.place((Double(step) + 0.5) * story.dt) }
}
