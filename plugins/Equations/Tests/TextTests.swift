import SNNKernel
import SNNTestKit
import Testing

@testable import EquationsPlugin

/// What texts are refused for, and where.
struct TextTests {
    /// The sentence of the refusal; empty where the text is taken.
    private func refusal(_ text: String, _ parameters: [String: ParameterValue] = [:]) -> String {
        do {
            _ = try model(text, parameters)
            return ""
        } catch {
            guard let error = error as? SNNError else { return "no SNNError" }
            return error.message
        }
    }

    @Test(
        "what cannot be read is refused with its place",
        arguments: [
            ("dv/dt = (v_leak - v", "line 1, column 20: expected ')'"),
            ("dv/dt = v +", "line 1, column 12: expected a number, a name or '('"),
            ("dv/dt = 2 v / ms", "line 1, column 11: expected an operator, found 'v'"),
            ("dv/dt = (i - v)/tau_mem\nspike v >= 1", "line 2, column 7: expected 'when'"),
            ("dv/dt = (i - v)/tau_mem\n\nspike when v = 1", "line 3, column 14: expected '>=' or '>'"),
            ("dv/dt = (i - v)/tau_mem\n  v @ 3", "line 2, column 5: the character «@» has no meaning"),
            ("dv/dt = (i - µ)/tau_mem", "line 1, column 14: the character «µ» has no meaning"),
            ("dv/dt = v^1.5/ms", "line 1, column 11: an exponent is a whole number"),
            ("dv/dt = v^99/ms", "line 1, column 11: an exponent is a whole number"),
            ("dv/dt = 1e999/ms", "line 1, column 9: '1e999' is no number"),
            ("dv/dt = sin(v)/ms", "line 1, column 9: 'sin' is no function; known: exp, tanh"),
            ("dv/dt = max(v)/ms", "line 1, column 9: max takes 2 arguments, got 1"),
            ("tau = 20 mV; dv/dt = -v/tau", "line 1, column 10: 'mV' is no unit; known: Hz, kHz, ms, s"),
            ("v(1) = 0; dv/dt = -v/ms", "line 1, column 3: only the start v(0)"),
            ("= 3", "line 1, column 1: a statement begins with a name"),
            ("", "has no equation"),
            ("tau = 3 ms", "has no equation"),
            ("tau = -3 ms (> 0); dv/dt = -v/tau", "line 1, column 1: default: tau must be > 0 ms, got -3"),
        ]
    )
    func syntax(_ text: String, _ words: String) {
        #expect(refusal(text).contains(words), "\(refusal(text))")
    }

    @Test(
        "names that are unknown, taken or go round are refused with their place",
        arguments: [
            ("dv/dt = (v_rest - v)/tau_mem", "line 1, column 10: 'v_rest' is not known; a parameter is declared"),
            ("a = b + 1; b = a; dv/dt = a/ms", "'a' is defined by itself: a -> b -> a"),
            ("a = a*2; dv/dt = a/ms", "line 1, column 5: 'a' is defined by itself"),
            ("dv/dt = -v/ms; dv/dt = v/ms", "line 1, column 16: 'v' has an equation already"),
            ("a = 1; a = 2; dv/dt = a/ms", "line 1, column 8: 'a' is declared twice"),
            ("dt = 1; dv/dt = -v/ms", "line 1, column 1: 'dt' has a meaning of its own"),
            ("di/dt = -i/ms", "'i' has a meaning of its own"),
            ("exp = 3; dv/dt = -v/ms", "'exp' has a meaning of its own"),
            ("dv/dt = -v/ms; spike when v > 1; spike when v > 2", "column 34: a neuron has one 'spike when'"),
            ("dv/dt = -v/ms; v -= 1", "column 16: what a spike does to 'v' needs a 'spike when"),
            ("dv/dt = -v/ms; spike when v > 1; w -= 1", "column 34: 'w' has no equation"),
            ("dv/dt = -v/ms; v(0) = v", "'v' moves"),
            ("dv/dt = -v/ms; v(0) = i", "v(0) must be made of parameters alone"),
            ("dv/dt = -v/ms; w(0) = 1", "'w' has no equation"),
            ("dv/dt = -v/ms; spike when 1 > 0", "depends on no equation"),
        ]
    )
    func names(_ text: String, _ words: String) {
        #expect(refusal(text).contains(words), "\(refusal(text))")
    }

    @Test(
        "mixed units are refused with their place",
        arguments: [
            ("dv/dt = (v + tau_mem)/tau_mem", "line 1, column 14: ms is added to 1"),
            ("dv/dt = 0.04*v^2 + 5*v + 140 + i", "line 1, column 9: dv/dt must be in 1/ms, but this is in 1; where"),
            ("dv/dt = -v/tau_mem/tau_mem", "dv/dt must be in 1/ms, but this is in 1/ms^2"),
            ("dv/dt = exp(tau_mem)/ms", "column 13: exp takes a number without unit, got ms"),
            ("dv/dt = max(v, tau_mem)/ms", "column 16: max compares ms with 1"),
            ("dv/dt = -v/ms; spike when v >= tau_mem", "column 16: compares 1 with ms"),
            ("dv/dt = -v/ms; spike when v >= 1; v -= tau_mem", "column 40: v -= needs 1, but this is in ms"),
            ("dv/dt = -v/ms; x' = x + v; x(0) = 2 ms", "1 is added to ms"),
            ("a = v*ms^16*ms; dv/dt = a/ms; ", "too high a power of time"),
        ]
    )
    func units(_ text: String, _ words: String) {
        #expect(refusal(text).contains(words), "\(refusal(text))")
    }

    @Test("units convert: seconds, rates, powers")
    func conversions() throws {
        let same = [
            "tau = 20 ms; dv/dt = (i - v)/tau", "tau = 0.02 s; dv/dt = (i - v)/tau", "k = 50 Hz; dv/dt = k*(i - v)",
            "k = 0.05 kHz; dv/dt = k*(i - v)", "k = 0.05 /ms; dv/dt = k*(i - v)",
            "k = 400 ms^2; q = 20 ms; dv/dt = q/k*(i - v)", "dv/dt = (i - v)/(20 ms)", "dv/dt = 50 Hz*(i - v)",
            "dv/dt = (i - v)*0.05 ms^-1", "tau = 2 # ms would be wrong\ndv/dt = (i - v)/(tau*10 ms)",
        ]
        var random = Seeded(2)
        let current = random.values(steps: 12, batch: 1, count: 20, in: -1...1)
        let gradient = random.values(steps: 12, batch: 1, count: 20)
        let wanted = window(try model(same[0]), current, gradient)
        for text in same.dropFirst() {
            let found = window(try model(text), current, gradient)
            #expect(relativeError(found.sent.map(Double.init), wanted.sent.map(Double.init)) < 1e-6, "\(text)")
        }
    }

    @Test("exact refuses what is not linear, with place and reason; euler takes it")
    func nonlinear() {
        for (text, words) in [
            ("dv/dt = (v^2 + i)/ms", "line 1, column 10: dv/dt has no exact solution here: it takes a power"),
            ("dv/dt = v*i/ms", "column 11: dv/dt has no exact solution here: it multiplies what moves"),
            ("dv/dt = tanh(v)/ms", "column 9: dv/dt has no exact solution here: tanh"),
            ("dw/dt = -w/ms; dv/dt = 1/(1 + w)/ms", "dv/dt has no exact solution here: it divides by what moves"),
        ] {
            #expect(refusal(text).contains(words), "\(refusal(text))")
            #expect(refusal(text).contains("use method euler"))
            #expect(refusal(text, ["method": .text("euler")]).isEmpty)
        }
    }

    @Test("hostile texts are refused and harm nobody")
    func hostile() {
        let deep = String(repeating: "(", count: 8000)
        #expect(refusal("dv/dt = " + deep).contains("parentheses within more than"))
        #expect(refusal("dv/dt = " + String(repeating: "exp(", count: 4000)).contains("within more than"))
        #expect(refusal("dv/dt = v" + String(repeating: "+v", count: 9000)).contains("at most"))
        // A long sum is no deep one.
        #expect(
            refusal("dv/dt = (v" + String(repeating: "+v", count: 4000) + ")/ms", ["method": .text("euler")]).isEmpty
        )
        let power = "dv/dt = v" + String(repeating: "*v", count: 4000) + "/ms"
        #expect(refusal(power, ["method": .text("euler")]).contains("too many operations"))
        let rows = (0..<17).map { "dx\($0)/dt = -x\($0)/ms" }.joined(separator: ";")
        #expect(refusal(rows).contains("a neuron has at most 16 equations"))
        // Definitions of definitions: deep ones are refused, wide ones are shared.
        var chain = "d0 = v"
        for index in 1...200 { chain += "; d\(index) = d\(index - 1)*d\(index - 1) + 1" }
        #expect(refusal(chain + "; dv/dt = d200/ms", ["method": .text("euler")]).contains("within more than"))
        chain = "d0 = tanh(v)"
        for index in 1...15 { chain += "; d\(index) = d\(index - 1)*d\(index - 1) + d\(index - 1)" }
        #expect(refusal(chain + "; dv/dt = d15/ms", ["method": .text("euler")]).isEmpty)
        // Deep formulas of deep definitions.
        chain = "d0 = v"
        for index in 1...60 {
            let (opening, closing) = (String(repeating: "-(", count: 60), String(repeating: ")", count: 60))
            chain += "; d\(index) = \(opening)d\(index - 1)\(closing)"
        }
        #expect(refusal(chain + "; dv/dt = d60/ms").contains("within more than"))
        // Resets that grow.
        let resets = String(repeating: "; v *= v + 1; w += v*w", count: 500)
        let grown = "dv/dt = -v/ms; dw/dt = -w/ms; spike when v > 1" + resets
        #expect(refusal(grown).isEmpty || refusal(grown).contains("too many operations"))
        #expect(refusal("dv/dt = exp(1000)*v/ms").contains("not finite"))
        #expect(refusal("dv/dt = v/0/ms").contains("division by 0"))
        #expect(refusal("a = 1; dv/dt = -v/ms/(a - 1)").contains("column 23: a division by 0"))
        #expect(refusal("dv/dt = 1e30*1e30*v/ms").contains("not finite"))
        #expect(refusal(String(repeating: "\u{0}", count: 20)).contains("has no meaning"))
        #expect(refusal(String(repeating: ";", count: 16384)).contains("has no equation"))
        var random = Seeded(77)
        let pieces = [
            "dv/dt", "=", "v", "(", ")", "+", "-", "*", "/", "^", "2", "ms", "spike when", ">=", ";", "\n", "'", "i",
            "exp",
            "0.5", ":", "#", ",", "v(0)", "-=", "a", "1e5",
        ]
        for _ in 0..<3000 {
            let words = (0..<random.integer(1...30)).map { _ in random.pick(pieces) }
            _ = refusal(words.joined(separator: " "), ["method": .text("euler")])
        }
    }

    @Test("a text of its own is a component whose parameters are those that it declares")
    func component() throws {
        let text = """
            tau = 10 ms (> 0 and <= 100) : how fast it forgets
            gain = -0.5 (>= -1)
            rate = 0.1 /ms
            dv/dt = (gain*i - v)/tau - rate*v
            spike when v >= v_threshold
            v = v_reset
            """
        let component = try EquationNeuron.component(name: "mine", text: text)
        let found = component.parameters.map { "\($0.name) \($0.unit) \($0.range): \($0.meaning)" }
        #expect(
            Array(found.prefix(5)) == [
                "tau ms > 0 and <= 100: how fast it forgets", "gain 1 >= -1: parameter of the equations",
                "rate 1/ms any number: parameter of the equations", "v_threshold 1 any number: firing threshold",
                "v_reset 1 any number: potential after a hard reset",
            ],
            "\(found)"
        )
        #expect(component.parameters.first { $0.name == "method" }?.defaultValue == .text("exact"))
        checkParameters(of: component) { choice throws(SNNError) in
            _ = try Registry(plugins: [OwnPlugin.self]).neuron(choice, dt: 1)
        }
        let izhikevich = try EquationNeuron.component(name: "izhikevich", text: Text.izhikevich)
        #expect(izhikevich.parameters.first { $0.name == "method" }?.defaultValue == .text("euler"))
        let readout = try EquationNeuron.component(name: "readout", text: "dv/dt = (i - v)/tau_mem")
        #expect(readout.parameters.map(\.name) == ["tau_mem", "method"])
    }

    @Test("a component's text is refused by its name, place and reason")
    func componentErrors() {
        for (text, words) in [
            ("dv/dt = x", "mine: line 1, column 9: 'x' is not known"),
            ("method = 1; dv/dt = -v/ms", "mine: line 1, column 1: 'method' is an option of every neuron"),
            ("tau = 1 ms (> 5); dv/dt = -v/tau", "mine: line 1, column 1: default: tau must be > 5 ms, got 1"),
        ] {
            let error = #expect(throws: SNNError.self) { try EquationNeuron.component(name: "mine", text: text) }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test("values replace what the text declares, in its units and ranges")
    func values() throws {
        for (values, words) in [
            ("tau_mem = 10", "tau_mem is in ms, got 1"), ("tau = 10 ms", "unknown parameter of the text 'tau'"),
            ("tau_mem = -3 ms", "tau_mem must be > 0 ms, got -3"), ("dv/dt = 3", "values must be declarations"),
            ("tau_mem = (", "values, line 1, column 12"),
        ] {
            #expect(refusal(Text.soft, ["values": .text(values)]).contains(words), "\(values)")
        }
        #expect(refusal(Text.soft, ["values": .text("tau_mem = 0.01 s; r = 2; v_leak = -0.1")]).isEmpty)
    }
}

/// A plugin that brings a neuron of its own text.
private enum OwnPlugin: Plugin {
    static let identifier = "own"
    static let neurons: [Component<any NeuronModel>] = {
        let text = """
            tau = 10 ms (> 0 and <= 100) : how fast it forgets
            gain = -0.5 (>= -1)
            rate = 0.1 /ms
            dv/dt = (gain*i - v)/tau - rate*v
            spike when v >= v_threshold
            v = v_reset
            """
        return (try? [EquationNeuron.component(name: "mine", text: text)]) ?? []
    }()
}
