/// The picture that `snn demo` writes: a digit, the spikes it causes, how the network learned, and a dozen answers.
package struct DemoPicture {
    private let story: DemoStory

    /// A picture of `story`.
    package init(_ story: DemoStory) { self.story = story }

    /// The whole document.
    package var svg: String {
        var picture = SVG(
            width: 1280,
            height: 1030,
            title: "A spiking network learns to read handwritten digits",
            style: Palette.style
        )
        picture.rectangle(x: 0, y: 0, width: 1280, height: 1030, ["fill": Palette.paper])
        header(&picture)
        card(&picture, x: 32, y: 124, width: 336, height: 324)
        DigitPanel.drawLarge(story, on: &picture, x: 32, y: 124, width: 336)
        card(&picture, x: 32, y: 464, width: 336, height: 392)
        CurvePanel(story).draw(on: &picture, x: 32, y: 464, width: 336, height: 392)
        card(&picture, x: 384, y: 124, width: 864, height: 732)
        RasterPanel(story).draw(on: &picture, x: 384, y: 124, width: 864, height: 732)
        card(&picture, x: 32, y: 872, width: 1216, height: 130)
        DigitPanel.drawRow(story, on: &picture, x: 32, y: 872, width: 1216)
        picture.text(
            "Digits: E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, CC BY 4.0",
            x: 1248,
            y: 1020,
            ["class": "tick", "text-anchor": "end"]
        )
        return picture.text
    }

    private func header(_ picture: inout SVG) {
        picture.text("A spiking network learns to read digits", x: 32, y: 54, ["class": "title"])
        let hidden = story.hidden.map { "\($0.neurons.grouped)" }.joined(separator: " + ")
        picture.text(
            "\(hidden) hidden leaky integrate-and-fire neurons, \(story.steps) steps of \(story.dt.short) ms, "
                + "trained on \(story.trainCount.grouped) digits",
            x: 32,
            y: 82,
            ["class": "lead"]
        )
        let figures = [
            (story.testAccuracy.percent, "of \(story.testCount.grouped) unseen digits"),
            (story.spikesPerNeuron.fixed(2), "spikes per neuron"),
            (story.synapticOperations.rounded().short, "synaptic operations"),
            (story.seconds.fixed(1) + " s", "of training"),
        ]
        for (place, (figure, meaning)) in figures.enumerated() {
            let x = 1248 - Double(figures.count - 1 - place) * 146
            picture.text(figure, x: x, y: 54, ["class": "figure", "text-anchor": "end"])
            picture.text(meaning, x: x, y: 82, ["class": "note", "text-anchor": "end"])
        }
    }

    private func card(_ picture: inout SVG, x: Double, y: Double, width: Double, height: Double) {
        picture.rectangle(
            x: x,
            y: y,
            width: width,
            height: height,
            corner: 10,
            ["fill": Palette.card, "stroke": Palette.edge]
        )
    }
}
