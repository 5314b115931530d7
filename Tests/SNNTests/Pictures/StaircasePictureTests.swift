import Testing

@testable import SNN

@Suite("Staircase picture")
struct StaircasePictureTests {
    @Test("a fit of any number of steps is drawn as well-formed XML, with a row a step", arguments: [1, 5])
    func wellFormed(_ steps: Int) throws {
        var request = StaircaseRequest()
        (request.function, request.steps, request.moves) = ("tanh", steps, 2_000)
        let picture = StaircasePicture(try request.run()).svg
        let checked = try XMLChecker(picture)
        // The paper, the card and at least one spike a step that matters.
        #expect(checked.elements.contains("polyline"))
        #expect(picture.contains("tanh as a staircase of \(steps) steps"))
        #expect(picture.contains(">\(steps)</text>"))
        #expect(!picture.contains("nan") && !picture.contains("inf"))
    }

    @Test("points cannot come with a function, weights not with a weighting")
    func requests() {
        var request = StaircaseRequest()
        request.function = "silu"
        #expect(throws: (any Error).self) { try request.run(x: [0, 1], y: [0, 1], weights: nil) }
        request.function = nil
        #expect(throws: (any Error).self) { try request.run() }
        request.weighting = "normal"
        #expect(throws: (any Error).self) { try request.run(x: [0, 1], y: [0, 1], weights: [1, 1]) }
    }
}
