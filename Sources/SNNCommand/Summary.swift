import SNN
import SNNKernel

/// A report as people read it.
struct Summary {
    private var table = Table(["", "", ""], [.left, .left, .left])

    /// What an evaluation found; `samples` were in the test split.
    mutating func addResults(_ report: Report, samples: Int) {
        let steps = report["steps"].map { ", \(Int($0).grouped) steps" } ?? ""
        if let accuracy = report["accuracy"] {
            add("accuracy", accuracy.percent, "of \(samples.grouped) test samples")
        }
        if let spikes = report["spikes_per_neuron"] {
            add("spikes per neuron", spikes.fixed(2), "a sample, hidden neurons" + steps)
        }
        if let operations = report["synaptic_operations"] {
            add("synaptic operations", operations.rounded().short, "a sample")
        }
    }

    /// How training or an evaluation went.
    mutating func addCourse(_ report: Report, training: Bool) {
        let seconds = report["seconds"] ?? 0
        let threads = Int(report["threads"] ?? 1)
        var remarks: [String] = []
        if training, let epochs = report["epochs"] { remarks.append(Summary.count(Int(epochs), "epoch")) }
        if let speed = report["samples_per_second"], speed > 0 {
            remarks.append("\(Int(speed.rounded()).grouped) samples/s")
        }
        remarks.append(Summary.count(threads, "thread"))
        if let seed = report["seed"] { remarks.append("seed \(seed.plain)") }
        add(training ? "training" : "evaluation", seconds.fixed(1) + " s", remarks.joined(separator: ", "))
        if let memory = report["peak_memory_bytes"] { add("peak memory", (memory / 1e6).fixed(0) + " MB", "") }
    }

    /// One more line.
    mutating func add(_ name: String, _ value: String, _ remark: String) { table.add([name, value, remark]) }

    /// Prints it as a result.
    func show() { table.show(indent: 2) }

    /// «1 epoch», «30 epochs».
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number.grouped) \(noun)\(number == 1 ? "" : "s")"
    }
}
