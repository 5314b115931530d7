import SNNKernel

/// The report of a conversion as an HTML page of its own: sentences, pictures and a table, without scripts.
package struct ConversionPage {
    private let report: ConversionReport
    private let title: String

    /// A page about `report`; `title` says what was converted to what.
    package init(_ report: ConversionReport, title: String) {
        self.report = report
        self.title = title
    }

    /// The whole document.
    package var text: String {
        let sentences = report.sentences.map { "<li>\(SVG.escaped($0))</li>" }.joined(separator: "\n")
        let curve =
            report.curve.isEmpty ? "" : "<h2>Accuracy and spikes by the steps of a window</h2>\n\(inline(curvePicture))"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(SVG.escaped(title))</title>
            <style>
            body { font-family: "Inter", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; color: \(Palette.ink);
              background: \(Palette.paper); max-width: 1000px; margin: 2em auto; padding: 0 1em; line-height: 1.45; }
            table { border-collapse: collapse; font-size: 13px; } th, td { padding: 4px 9px; text-align: right; }
            th { border-bottom: 1px solid \(Palette.faint); font-weight: 600; vertical-align: bottom; }
            tr:nth-child(even) td { background: \(Palette.grid); } td:first-child, th:first-child { text-align: left; }
            svg { background: \(Palette.card); border: 1px solid \(Palette.edge); max-width: 100%; height: auto; }
            .wide { overflow-x: auto; }
            </style></head><body>
            <h1>\(SVG.escaped(title))</h1>
            <ul>
            \(sentences)
            </ul>
            \(curve)
            <h2>Where the error of every layer comes from</h2>
            \(inline(errorPicture))
            <h2>Layers</h2>
            <div class="wide">\(table)</div>
            <p>Errors are mean squares over \(report.samples.grouped) samples of the calibration data, in units of the mean
            square of the analog layer: <b>inherited</b> came in with the currents, <b>clipped</b> was lost above the range,
            <b>rounded</b> is what codes, times or rates cannot tell apart. A neuron is <b>dead</b> that never sent anything,
            <b>saturated</b> that was above its range in at least half of the samples.</p>
            </body></html>

            """
    }

    /// A picture without the line that only a file of its own needs.
    private func inline(_ picture: SVG) -> String {
        picture.text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().joined(separator: "\n")
    }

    private var table: String {
        let head = ConversionReport.columns.map { "<th>\(SVG.escaped($0))</th>" }.joined()
        let rows = report.layers.map { layer in
            "<tr>" + report.cells(layer).map { "<td>\(SVG.escaped($0))</td>" }.joined() + "</tr>"
        }
        return "<table><tr>\(head)</tr>\n\(rows.joined(separator: "\n"))</table>"
    }

    private var curvePicture: SVG {
        var picture = SVG(width: 960, height: 340, title: "Accuracy over steps", style: Palette.style)
        let points = report.curve
        let isLong = points.count > 32
        let steps = Axis(
            1...Double(points.last?.steps ?? 1),
            from: 80,
            to: 880,
            scale: isLong ? .logarithmic : .linear
        )
        let lowest = points.map(\.accuracy).min() ?? 0
        let accuracy = Axis(max(0, lowest - 0.02) * 100...100, from: 280, to: 40)
        let spikes = Axis(0...max(0.1, points.map(\.spikesPerNeuron).max() ?? 1), from: 280, to: 40)
        for tick in accuracy.ticks(5) {
            picture.line(x1: 80, y1: accuracy.place(tick), x2: 880, y2: accuracy.place(tick), ["stroke": Palette.grid])
            picture.text(
                tick.short,
                x: 72,
                y: accuracy.place(tick) + 4,
                ["class": "tick", "text-anchor": "end"]
            )
        }
        for tick in spikes.ticks(4) {
            picture.text(tick.short, x: 888, y: spikes.place(tick) + 4, ["class": "tick"])
        }
        for tick in isLong ? steps.ticks(4) : points.map({ Double($0.steps) }) {
            picture.text(tick.short, x: steps.place(tick), y: 298, ["class": "tick", "text-anchor": "middle"])
        }
        let analog = accuracy.place(report.accuracyAnalog * 100)
        picture.line(
            x1: 80,
            y1: analog,
            x2: 880,
            y2: analog,
            ["stroke": Palette.ink, "stroke-width": "1.5", "stroke-dasharray": "5 4"]
        )
        picture.curve(
            points.map { (x: steps.place(Double($0.steps)), y: spikes.place($0.spikesPerNeuron)) },
            ["stroke": Palette.orange, "stroke-width": "2"]
        )
        picture.curve(
            points.map { (x: steps.place(Double($0.steps)), y: accuracy.place($0.accuracy * 100)) },
            ["stroke": Palette.teal, "stroke-width": "2.5"]
        )
        picture.text(
            "accuracy (%), dashed: the analog network",
            x: 80,
            y: 26,
            ["class": "note", "style": "fill: \(Palette.teal)"]
        )
        picture.text(
            "spikes a neuron and sample",
            x: 880,
            y: 26,
            ["class": "note", "text-anchor": "end", "style": "fill: \(Palette.orange)"]
        )
        picture.text("steps of a window", x: 480, y: 324, ["class": "note", "text-anchor": "middle"])
        return picture
    }

    private var errorPicture: SVG {
        let row = 24.0
        let height = 70 + row * Double(report.layers.count)
        var picture = SVG(width: 960, height: height, title: "Errors of the layers", style: Palette.style)
        let largest = report.layers.map { $0.inheritedError + $0.clippingError + $0.roundingError }.max() ?? 1
        let axis = Axis(0...max(largest, 1e-12), from: 160, to: 880)
        let kinds = [("inherited", Palette.faint), ("clipped", Palette.red), ("rounded", Palette.blue)]
        for (place, kind) in kinds.enumerated() {
            let x = 160 + Double(place) * 110
            picture.rectangle(x: x, y: 14, width: 12, height: 12, ["fill": kind.1])
            picture.text(kind.0, x: x + 18, y: 24, ["class": "note"])
        }
        for (place, layer) in report.layers.enumerated() {
            let y = 40 + row * Double(place)
            picture.text(layer.name, x: 150, y: y + 13, ["class": "tick", "text-anchor": "end"])
            var from = 0.0
            for (part, kind) in zip([layer.inheritedError, layer.clippingError, layer.roundingError], kinds) {
                let (start, end) = (axis.place(from), axis.place(from + part))
                picture.rectangle(x: start, y: y, width: end - start, height: row - 7, ["fill": kind.1])
                from += part
            }
            picture.text(layer.error.share, x: axis.place(from) + 6, y: y + 13, ["class": "tick"])
        }
        picture.text(
            "error over the analog layer's mean square",
            x: 520,
            y: height - 10,
            ["class": "note", "text-anchor": "middle"]
        )
        return picture
    }
}

extension ConversionReport {
    /// Titles of ``cells(_:)``.
    package static let columns = [
        "layer", "neuron", "neurons", "range", "correlation", "error", "inherited", "clipped", "rounded", "above range",
        "dead", "saturated", "spikes",
    ]

    /// A layer as people read it.
    package func cells(_ layer: Layer) -> [String] {
        [
            layer.name, layer.model, layer.neurons.grouped, layer.range.short, layer.correlation.fixed(5),
            layer.error.share, layer.inheritedError.share, layer.clippingError.share, layer.roundingError.share,
            layer.clippedShare.share, layer.deadShare.share, layer.saturatedShare.share, layer.spikesPerNeuron.fixed(3),
        ]
    }

    /// What people want to know first.
    package var sentences: [String] {
        func points(_ loss: Double) -> String { "\((loss * 100).fixed(2)) points" }
        var sentences = [
            "On \(samples.grouped) samples of the calibration data the analog network is right in "
                + "\(accuracyAnalog.percent), the converted one in \(accuracyConverted.percent).",
            accuracyConverted < accuracyAnalog
                ? "Of the loss of \(points(accuracyAnalog - accuracyConverted)) ranges, windows or thresholds that are too "
                    + "small cost \(points(clippingLoss)), rounding and short windows \(points(roundingLoss))."
                : "On these samples the conversion loses nothing.",
        ]
        if let enoughSteps {
            sentences.append("\(enoughSteps) steps are enough for a loss of at most \(points(allowedLoss)).")
        } else if !curve.isEmpty {
            sentences.append(
                "No window of up to \((curve.last?.steps ?? 0).grouped) steps loses at most \(points(allowedLoss))."
            )
        }
        if let worst = layers.max(by: { $0.clippingError + $0.roundingError < $1.clippingError + $1.roundingError }) {
            sentences.append(
                "The layer that adds most error of its own is '\(worst.name)': clipped \(worst.clippingError.share), "
                    + "rounded \(worst.roundingError.share)."
            )
        }
        for layer in layers where layer.deadShare > 0.5 {
            sentences.append(
                "More than half of '\(layer.name)' is dead (\(layer.deadShare.share)): it could be smaller."
            )
        }
        for layer in layers where layer.clippedShare > 0.01 {
            sentences.append(
                "'\(layer.name)' is above its range in \(layer.clippedShare.share) of its values: a higher percentile or "
                    + "margin, or more steps, would help."
            )
        }
        return sentences
    }

    /// Numbers by name, and the lists «layers» and «curve».
    package var numbers: Report {
        var report = Report()
        report["samples"] = Double(samples)
        report["accuracy_analog"] = accuracyAnalog
        report["accuracy_converted"] = accuracyConverted
        report["accuracy_clipped"] = accuracyClipped
        report["clipping_loss"] = clippingLoss
        report["rounding_loss"] = roundingLoss
        report["allowed_loss"] = allowedLoss
        if let enoughSteps { report["enough_steps"] = Double(enoughSteps) }
        report["layers_count"] = Double(layers.count)
        report.set("layers", list: layers.map(\.numbers))
        report.set(
            "curve",
            list: curve.map { point in
                var report = Report()
                report["steps"] = Double(point.steps)
                report["accuracy"] = point.accuracy
                report["spikes_per_neuron"] = point.spikesPerNeuron
                return report
            }
        )
        return report
    }
}

extension ConversionReport.Layer {
    fileprivate var numbers: Report {
        var report = Report()
        report.set("name", text: name)
        report.set("model", text: model)
        report["neurons"] = Double(neurons)
        report["range"] = range
        report["correlation"] = correlation
        report["clipped_share"] = clippedShare
        report["error"] = error
        report["inherited_error"] = inheritedError
        report["clipping_error"] = clippingError
        report["rounding_error"] = roundingError
        report["dead_share"] = deadShare
        report["saturated_share"] = saturatedShare
        report["spikes_per_neuron"] = spikesPerNeuron
        return report
    }
}

extension Double {
    /// A small fraction as people read it: «0.0123 %».
    package var share: String {
        let percent = self * 100
        guard percent.isFinite else { return "-" }
        if percent == 0 { return "0 %" }
        return
            (percent.magnitude >= 10
            ? percent.fixed(1) : percent.magnitude >= 0.1 ? percent.fixed(2) : percent.fixed(5))
            + " %"
    }
}
