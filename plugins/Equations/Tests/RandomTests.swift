import SNNKernel
import SNNTestKit
import Testing

@testable import EquationsPlugin

/// Texts drawn at random, against every law.
struct RandomTests {
    /// A formula of bounded numbers over `names`.
    private func formula(_ names: [String], _ depth: Int, _ random: inout Seeded) -> String {
        func part() -> String { formula(names, depth - 1, &random) }
        guard depth > 0 else {
            return random.pick(names + ["tanh(i)", "0.5", "1.25", "gain", "\(names[0])^2", "dt/(4 ms)"])
        }
        switch random.integer(0...9) {
        case 0: return "(\(part()) + \(part()))"
        case 1: return "(\(part()) - 0.5*\(part()) + 0.1)"
        case 2: return "\(part())*\(part())"
        case 3: return "\(part())/(1.5 + abs(\(part())))"
        case 4: return "tanh(\(part()))"
        case 5: return "exp(-abs(\(part())))"
        case 6: return "max(\(part()), \(part()))"
        case 7: return "min(\(part()), 0.3*\(part()))"
        case 8: return "(\(part()))^3"
        default: return "(1 + (\(part()))^2)^-1"
        }
    }

    private func text(_ random: inout Seeded) -> String {
        let names = Array(["v", "w", "x"].prefix(random.integer(1...3)))
        var lines = ["gain = 0.7"]
        var known = names
        for index in 0..<random.integer(0...2) {
            lines.append("d\(index) = tanh(\(formula(known, 2, &random)))")
            known.append("d\(index)")
        }
        for name in names {
            let rule = formula(known, 3, &random)
            lines.append(name == "v" ? "v' = tanh(i + \(rule))" : "\(name)' = tanh(\(rule))")
        }
        lines.append("spike when v >= 0.2 + 0.1*tanh(\(formula(known, 1, &random)))")
        for _ in 0..<random.integer(0...3) {
            let row = random.pick(names)
            lines.append("\(row) \(random.pick(["=", "-=", "+=", "*="])) 0.4*tanh(\(formula(known, 2, &random)))")
        }
        return lines.joined(separator: "\n")
    }

    @Test("texts drawn at random keep every law: bits, batches, windows, forward mode", arguments: 0..<6)
    func laws(_ part: Int) throws {
        var random = Seeded(UInt64(1000 + part))
        for _ in 0..<4 {
            let text = text(&random)
            checkConformance(
                of: Untold(neuron: try model(text, ["surrogate_width": .number(0.6)])),
                relaxed: try model(text, ["surrogate_width": .number(0.6), "output": .text("relaxed")]),
                restIsSilent: false
            )
        }
    }
}
