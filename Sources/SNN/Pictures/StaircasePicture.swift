import FSPlugin
import SNNKernel

/// A fitted few-spikes neuron: the function and its staircase, the error below, and which steps spike for which input.
package struct StaircasePicture {
    private let outcome: StaircaseOutcome
    private let places: [Place]
    private let inputs: Axis

    /// One input of the picture.
    private struct Place {
        let x: Double
        let function: Double
        let staircase: Double
        let spikes: UInt32
    }

    private static let width = 1120.0
    private static let left = 96.0
    private static let right = width - 40
    private static let rowHeight = 15.0

    /// A picture of `outcome`.
    package init(_ outcome: StaircaseOutcome) {
        self.outcome = outcome
        let (low, high) = (outcome.target.low, outcome.target.high)
        inputs = Axis(low...high, from: Self.left, to: Self.right)
        // Two inputs a pixel.
        let count = Int(2 * (Self.right - Self.left))
        places = (0...count).map { number in
            let x = Float(low + (high - low) * Double(number) / Double(count))
            let spikes = outcome.table.spikes(for: x)
            return Place(
                x: Double(x),
                function: outcome.target.value(at: Double(x)),
                staircase: Double(outcome.table.value(of: spikes)),
                spikes: spikes
            )
        }
    }

    /// The whole document.
    package var svg: String {
        let rows = Double(outcome.table.steps) * Self.rowHeight
        let rasterTop = 690.0
        let countsTop = rasterTop + rows + 52
        let height = countsTop + 90 + 62
        var picture = SVG(width: Self.width, height: height, title: title, style: Palette.style)
        picture.rectangle(x: 0, y: 0, width: Self.width, height: height, ["fill": Palette.paper])
        picture.rectangle(
            x: 20,
            y: 100,
            width: Self.width - 40,
            height: height - 120,
            corner: 10,
            ["fill": Palette.card, "stroke": Palette.edge]
        )
        header(&picture)
        function(&picture, top: 148, bottom: 450)
        error(&picture, top: 506, bottom: 634)
        raster(&picture, top: rasterTop)
        counts(&picture, top: countsTop, bottom: countsTop + 90)
        return picture.text
    }

    private var title: String { "\(outcome.target.name) as a staircase of \(outcome.table.steps) steps" }

    private func header(_ picture: inout SVG) {
        picture.text(title, x: 32, y: 48, ["class": "title"])
        picture.text(
            "a few-spikes neuron for inputs from \(outcome.target.low.short) to \(outcome.target.high.short), "
                + "\(outcome.weighting) weighting",
            x: 32,
            y: 76,
            ["class": "lead"]
        )
        let figures = [
            (outcome.quality.meanSquaredError.scientific(2), "mean squared error"),
            (outcome.quality.largestError.short, "largest error"),
            (outcome.quality.spikesPerInput.fixed(2), "spikes per input"),
        ]
        for (place, (figure, meaning)) in figures.enumerated() {
            let x = Self.right + 8 - Double(figures.count - 1 - place) * 150
            picture.text(figure, x: x, y: 48, ["class": "figure", "text-anchor": "end"])
            picture.text(meaning, x: x, y: 76, ["class": "note", "text-anchor": "end"])
        }
    }

    private func function(_ picture: inout SVG, top: Double, bottom: Double) {
        picture.text("What it computes", x: 40, y: top - 20, ["class": "head"])
        let values = places.flatMap { [$0.function, $0.staircase] }
        let axis = Self.axis(of: values, from: bottom, to: top)
        grid(&picture, axis, ticks: 6)
        let wide = ["stroke": Palette.orange, "stroke-width": "5", "stroke-opacity": "0.45"] as KeyValuePairs
        picture.curve(places.map { (inputs.place($0.x), axis.place($0.function)) }, wide)
        picture.curve(
            stairs { axis.place($0.staircase) },
            ["stroke": Palette.teal, "stroke-width": "1.6", "stroke-linejoin": "round"]
        )
        legend(&picture, y: top - 20)
    }

    private func legend(_ picture: inout SVG, y: Double) {
        let entries = [
            (outcome.target.name, Palette.orange, "5"), ("the neuron", Palette.teal, "1.6"),
        ]
        for (place, (name, colour, thickness)) in entries.enumerated() {
            let x = 210 + Double(place) * 130
            let opacity = place == 0 ? "0.45" : "1"
            picture.line(
                x1: x,
                y1: y - 4,
                x2: x + 24,
                y2: y - 4,
                ["stroke": colour, "stroke-width": thickness, "stroke-opacity": opacity]
            )
            picture.text(name, x: x + 31, y: y, ["class": "note"])
        }
    }

    private func error(_ picture: inout SVG, top: Double, bottom: Double) {
        picture.text("Error: neuron minus function", x: 40, y: top - 20, ["class": "head"])
        let largest = places.reduce(1e-9) { max($0, abs($1.staircase - $1.function)) }
        let axis = Axis(-1.08 * largest...1.08 * largest, from: bottom, to: top)
        grid(&picture, axis, ticks: 4)
        picture.line(
            x1: Self.left,
            y1: axis.place(0),
            x2: Self.right,
            y2: axis.place(0),
            ["stroke": Palette.faint]
        )
        picture.curve(
            places.map { (inputs.place($0.x), axis.place($0.staircase - $0.function)) },
            ["stroke": Palette.blue, "stroke-width": "1.1", "stroke-linejoin": "round"]
        )
    }

    private func raster(_ picture: inout SVG, top: Double) {
        let table = outcome.table
        let bottom = top + Double(table.steps) * Self.rowHeight
        picture.text("Which step spikes for which input", x: 40, y: top - 20, ["class": "head"])
        picture.text(
            "teal adds its amplitude, red takes it away; the deeper, the more",
            x: Self.right,
            y: top - 20,
            ["class": "note", "text-anchor": "end"]
        )
        let largest = table.amplitudes.reduce(Float(1e-9)) { max($0, abs($1)) }
        for step in 0..<table.steps {
            let y = top + Double(step) * Self.rowHeight
            let amplitude = table.amplitudes[step]
            // Amplitudes halve from step to step: the root keeps the last ones visible.
            let depth = 0.25 + 0.75 * Double(abs(amplitude) / largest).squareRoot()
            picture.text(
                "\(step + 1)",
                x: Self.left - 8,
                y: y + Self.rowHeight - 3.5,
                ["class": "tick", "text-anchor": "end"]
            )
            for run in runs(of: UInt32(1) << UInt32(table.steps - 1 - step)) {
                picture.rectangle(
                    x: run.from,
                    y: y + 1.5,
                    width: run.to - run.from,
                    height: Self.rowHeight - 3,
                    ["fill": amplitude < 0 ? Palette.red : Palette.teal, "fill-opacity": depth.fixed(2)]
                )
            }
        }
        picture.text(
            "step",
            x: 48,
            y: (top + bottom) / 2,
            turned: true,
            ["class": "note", "text-anchor": "middle"]
        )
        picture.line(x1: Self.left, y1: bottom, x2: Self.right, y2: bottom, ["stroke": Palette.faint])
    }

    private func counts(_ picture: inout SVG, top: Double, bottom: Double) {
        picture.text("Spikes of an input", x: 40, y: top - 20, ["class": "head"])
        let most = places.reduce(1) { max($0, $1.spikes.nonzeroBitCount) }
        let axis = Axis(0...Double(most), from: bottom, to: top)
        grid(&picture, axis, ticks: 3)
        let mean = axis.place(outcome.quality.spikesPerInput)
        picture.curve(
            stairs { axis.place(Double($0.spikes.nonzeroBitCount)) },
            ["stroke": Palette.teal, "stroke-width": "1.2", "stroke-linejoin": "round"]
        )
        picture.line(
            x1: Self.left,
            y1: mean,
            x2: Self.right,
            y2: mean,
            ["stroke": Palette.orange, "stroke-width": "1.5", "stroke-dasharray": "5 4"]
        )
        picture.text("mean", x: Self.left + 6, y: mean - 5, ["class": "tick"])
        for tick in inputs.ticks(10) {
            picture.text(
                Self.label(tick),
                x: inputs.place(tick),
                y: bottom + 20,
                ["class": "tick", "text-anchor": "middle"]
            )
        }
        picture.text(
            "input x",
            x: (Self.left + Self.right) / 2,
            y: bottom + 42,
            ["class": "note", "text-anchor": "middle"]
        )
    }

    // MARK: - Parts

    private func grid(_ picture: inout SVG, _ axis: Axis, ticks: Int) {
        for tick in axis.ticks(ticks) {
            let level = axis.place(tick)
            picture.line(x1: Self.left, y1: level, x2: Self.right, y2: level, ["stroke": Palette.grid])
            picture.text(Self.label(tick), x: Self.left - 8, y: level + 4, ["class": "tick", "text-anchor": "end"])
        }
        for tick in inputs.ticks(10) {
            let place = inputs.place(tick)
            picture.line(x1: place, y1: axis.start, x2: place, y2: axis.end, ["stroke": Palette.grid])
        }
    }

    /// A line that goes level and upright through the values of all inputs.
    private func stairs(_ level: (Place) -> Double) -> [(x: Double, y: Double)] {
        var line: [(x: Double, y: Double)] = []
        for place in places {
            let point = (x: inputs.place(place.x), y: level(place))
            if let last = line.last, last.y != point.y { line.append((point.x, last.y)) }
            if line.count < 2 || line[line.count - 1].y != point.y { line.append(point) }
        }
        if let last = line.last { line.append((Self.right, last.y)) }
        return line
    }

    /// Where the spike `bit` is set, from left to right, in pixels.
    private func runs(of bit: UInt32) -> [(from: Double, to: Double)] {
        var runs: [(from: Double, to: Double)] = []
        var start: Double?
        for place in places {
            let x = inputs.place(place.x)
            if place.spikes & bit != 0 {
                start = start ?? x
            } else if let from = start {
                runs.append((from, x))
                start = nil
            }
        }
        if let from = start { runs.append((from, Self.right)) }
        return runs
    }

    /// A round number as short as it goes: «12», «0.05», «2e-5».
    private static func label(_ tick: Double) -> String {
        if tick != 0, abs(tick) < 0.001 || abs(tick) >= 1e6 { return tick.scientific(0) }
        var text = tick.fixed(4)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// An axis with a little room around the numbers.
    private static func axis(of values: [Double], from start: Double, to end: Double) -> Axis {
        let low = values.min() ?? 0
        let high = values.max() ?? 1
        let room = max(1e-9, 0.04 * (high - low))
        return Axis(low - room...high + room, from: start, to: end)
    }
}
