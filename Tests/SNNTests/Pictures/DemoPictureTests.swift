import SNNKernel
import Testing

@testable import SNN

@Suite("The demo picture")
struct DemoPictureTests {
    private func story() throws -> DemoStory {
        var options = RunOptions()
        options.epochs = 1
        options.threads = 1
        return try DemoStory(try RecipeRun(try Recipe.find("digits-lif"), options).run())
    }

    @Test("a run becomes a well-formed picture that holds its figures")
    func picture() throws {
        let story = try story()
        let text = DemoPicture(story).svg
        let elements = try XMLChecker(text).elements
        #expect(elements.filter { $0 == "rect" }.count > 13 * 64)
        #expect(text.contains(">\(story.testAccuracy.percent)<"))
        #expect(!text.contains("nan") && !text.contains("inf"))
        #expect(DemoPicture(story).svg == text)
    }

    @Test("the story agrees with the report and with itself")
    func agrees() throws {
        let story = try story()
        #expect(story.dozen.count == 12)
        #expect(story.digit.pixels.count == 8 && story.digit.pixels.allSatisfy { $0.count == 8 })
        #expect(Double(story.testCount - story.wrongCount) / Double(story.testCount) == story.testAccuracy)
        #expect(story.outputs.count == 10 && story.outputs.allSatisfy { $0.potentials.count == story.steps })
        // The window shown belongs to the digit shown: its most active output is the prediction.
        let counts = story.outputs.map(\.spikes.count)
        #expect(counts[story.digit.prediction] == counts.max())
        for output in story.outputs {
            #expect(output.spikes == output.potentials.indices.filter { output.potentials[$0] >= story.threshold })
        }
        for layer in story.hidden {
            #expect(layer.spikes.count <= min(64, layer.active) && layer.active <= layer.neurons)
            #expect(layer.spikes.allSatisfy { !$0.isEmpty })
        }
    }

    @Test("nothing to show is no reason to fail: no spikes, no epochs, nothing right")
    func empty() throws {
        var story = try story()
        story.hidden = []
        story.outputs = story.outputs.map { _ in DemoStory.Output(spikes: [], potentials: []) }
        story.loss = []
        story.trainAccuracy = []
        story.testAccuracy = .nan
        story.seconds = .infinity
        _ = try XMLChecker(DemoPicture(story).svg)
    }

    @Test("a dozen holds at most four misread digits, in order, whatever there is")
    func dozen() {
        #expect(
            DemoStory.dozen(of: 359, wrong: [5, 9, 11, 30, 31, 40]).filter { [5, 9, 11, 30].contains($0) }.count == 4
        )
        #expect(DemoStory.dozen(of: 359, wrong: [5, 9, 11, 30, 31, 40]).count == 12)
        #expect(DemoStory.dozen(of: 359, wrong: []).count == 12)
        #expect(DemoStory.dozen(of: 3, wrong: [1]) == [0, 1, 2])
        #expect(DemoStory.dozen(of: 3, wrong: [0, 1, 2]) == [0, 1, 2])
    }
}
