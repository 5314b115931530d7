import SNN
import SNNKernel

/// A number of a report against the bar that a recipe carries.
struct Bar {
    /// The number's name in the report.
    let name: String
    /// What it must reach, or, where less is better, must not exceed.
    let bound: Double
    let measured: Double

    /// Whether the bar is reached; a number that is none never does.
    var isReached: Bool { Self.isUpper(name) ? measured <= bound : measured >= bound }

    /// Whether less is better: of spikes, work, time and losses.
    private static func isUpper(_ name: String) -> Bool {
        ["spikes_per_neuron", "synaptic_operations", "steps", "loss"].contains { name.hasSuffix($0) }
    }

    /// «>=» or «<=».
    static func relation(_ name: String) -> String { isUpper(name) ? "<=" : ">=" }

    /// Every bar of a recipe; throws ``SNNError/unknownName(_:)`` for one that the report does not know.
    static func all(of recipe: Recipe, in report: Report) throws(SNNError) -> [Bar] {
        var bars: [Bar] = []
        for (name, bound) in recipe.expect {
            bars.append(Bar(name: name, bound: bound, measured: try report.number(name)))
        }
        return bars
    }

    /// «accuracy >= 97.0 %», several with commas between.
    static func text(_ expect: [(name: String, value: Double)]) -> String {
        expect.map { "\($0.name) \(relation($0.name)) \(number($0.value, named: $0.name))" }.joined(separator: ", ")
    }

    /// As people read it: accuracies in percent with two places, so that a miss by little shows.
    static func number(_ value: Double, named name: String) -> String {
        name.contains("accuracy") && value.isFinite ? (value * 100).fixed(2) + " %" : value.short
    }
}
