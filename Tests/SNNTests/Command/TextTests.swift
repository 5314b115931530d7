import SNN
import SNNKernel
import Testing

@testable import SNNCommand

@Suite("Text of the command")
struct TextTests {
    @Test("a table aligns its columns and leaves out empty ones")
    func table() {
        var table = Table(["name", "empty", "count"], [.left, .left, .right])
        table.add(["a", "", "1"])
        table.add(["longer", "", "12,345"])
        #expect(table.lines() == ["name     count", "a            1", "longer  12,345"])
        #expect(table.lines(indent: 2).allSatisfy { $0.hasPrefix("  ") })
    }

    @Test("a table without titles has no title line")
    func untitled() {
        var table = Table(["", ""])
        table.add(["seed", "1"])
        #expect(table.lines() == ["seed  1"])
        #expect(Table(["a"]).isEmpty)
    }

    @Test(
        "a bar is exactly as long as asked, empty at 0 and full at 1",
        arguments: [
            (0.0, "........"), (1.0, "########"), (0.5, "####...."), (0.57, "####=..."), (-3, "........"),
            (7, "########"),
            (.nan, "........"),
        ]
    )
    func bar(_ share: Double, _ text: String) {
        #expect(ProgressLine.bar(share, columns: 8, style: .ascii) == text)
        #expect(ProgressLine.bar(share, columns: 8, style: .unicode).count == 8)
    }

    @Test(
        "durations",
        arguments: [(0.0, "0:00"), (6.2, "0:07"), (750, "12:30"), (3723, "1:02:03"), (-1, "0:00"), (.infinity, "-:--")]
    )
    func duration(_ seconds: Double, _ text: String) { #expect(ProgressLine.duration(seconds) == text) }

    @Test("a line keeps what fits, in order of importance")
    func line() {
        let line = ProgressLine(
            title: "epoch 3/30",
            share: 0.1,
            loss: 0.5,
            accuracy: 0.9,
            speed: 12_345,
            secondsLeft: 61
        )
        #expect(line.figures == ["epoch 3/30", "loss 0.5000", "accuracy 90.0 %", "12,345 samples/s", "1:01 left"])
        for columns in 20...120 { #expect(line.text(columns: columns, style: .unicode).count <= columns) }
        // A common terminal shows every figure of a long run.
        let long = ProgressLine(
            title: "epoch 150/150",
            share: 1,
            loss: 0.5,
            accuracy: 1,
            speed: 12_345,
            secondsLeft: 61
        )
        #expect(long.text(columns: 79, style: .ascii).hasSuffix("acc 100.0 %  12,345 samples/s  1:01 left"))
        let quiet = ProgressLine(
            title: "testing",
            share: 0,
            loss: .nan,
            accuracy: .nan,
            speed: .infinity,
            secondsLeft: nil
        )
        #expect(quiet.figures == ["testing"])
    }

    @Test("a phase stands for the epoch; what is not samples has no speed")
    func phase() {
        let news = Progress("correcting biases", epoch: 1, done: 3, total: 4)
        let line = ProgressLine(news, secondsLeft: nil)
        #expect(line.figures == ["correcting biases"] && line.share == 0.75 && !news.isTraining)
        var heard: Progress?
        let handler = Progress.during(
            "trying",
            {
                heard = $0
                return true
            },
            part: 2,
            of: 4
        )
        let part = Progress(epoch: 0, epochs: 0, done: 5, total: 10, loss: 1, accuracy: 1, samplesPerSecond: 7)
        #expect(handler?(part) == true && heard?.done == 25 && heard?.total == 40 && heard?.loss.isNaN == true)
        #expect(ProgressLine(heard ?? news, secondsLeft: nil).figures == ["trying"])
    }

    @Test(
        "words are quoted for a shell only where they must",
        arguments: [("a/b-1.st", "a/b-1.st"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("$x", "'$x'")]
    )
    func quoted(_ word: String, _ text: String) { #expect(Shell.quoted(word) == text) }

    @Test("a bar is reached at its value, missed below and by what is no number")
    func bars() {
        #expect(Bar(name: "accuracy", bound: 0.97, measured: 0.97).isReached)
        #expect(!Bar(name: "accuracy", bound: 0.97, measured: 0.9699).isReached)
        #expect(!Bar(name: "accuracy", bound: 0.97, measured: .nan).isReached)
        #expect(Bar(name: "spikes_per_neuron", bound: 0.08, measured: 0.08).isReached)
        #expect(!Bar(name: "spikes_per_neuron", bound: 0.08, measured: 0.081).isReached)
        #expect(!Bar(name: "spikes_per_neuron", bound: 0.08, measured: .nan).isReached)
        #expect(Bar.text([("accuracy", 0.978), ("steps", 10)]) == "accuracy >= 97.80 %, steps <= 10")
    }
}
