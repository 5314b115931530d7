import SNNKernel

/// Neurons given as text: equations with units become a small register program that runs vectorised over the layer, and
/// whose derivative is found symbolically.
///
///     dv/dt = (v_leak - v + r*i)/tau_mem; spike when v >= v_threshold; v -= v_threshold
///
/// Charge, fire and reset happen in this order within a step; a potential at threshold fires; ds/d(distance) is the
/// surrogate's derivative, everything else is exact. docs/equations.md has the grammar.
public enum EquationNeuron {
    /// Most bytes of a text.
    public static let mostBytes = Lexer.mostBytes

    /// A component whose parameters are those that the text declares, with unit, default, range and meaning, and the
    /// options of every text.
    ///
    /// `method` is `exact` by default where the equations are linear, else `euler`.
    /// Errors: ``SNNError/document(_:)`` for a text that cannot be read or makes no sense, with line and column.
    public static func component(name: String, text: String) throws(SNNError) -> Component<any NeuronModel> {
        let equations: EquationText
        do throws(SNNError) { equations = try EquationText(text) } catch { throw error.prefixed(by: "\(name): ") }
        let options =
            [methodDescription(equations.nonlinearity == nil ? .exact : .euler)]
            + (equations.fires ? fireDescriptions : [])
        let own = Set(options.map(\.name))
        for parameter in equations.parameters where own.contains(parameter.name) {
            throw parameter.place.error("'\(parameter.name)' is an option of every neuron; use another name")
                .prefixed(by: "\(name): ")
        }
        return Component(
            name,
            summary(equations),
            parameters: equations.parameters.map(\.description) + options
        ) { p, dt throws(SNNError) in
            var values: [String: Double] = [:]
            for parameter in equations.parameters { values[parameter.name] = p.number(parameter.name) }
            do throws(SNNError) { return try model(equations, values, p, dt, place: "") } catch {
                throw error.prefixed(by: "\(name): ")
            }
        }
    }

    /// The component `equations`, whose text is a parameter.
    static let inline = Component<any NeuronModel>(
        "equations",
        "A neuron given as text: dv/dt = ..., spike when ..., what a spike does.",
        parameters: [
            .text("text", default: defaultText, mostBytes: mostBytes, "the equations (docs/equations.md)"),
            .text(
                "values",
                default: "",
                mostBytes: mostBytes,
                "declarations that replace the text's, as in tau_mem = 10 ms"
            ),
            methodDescription(.exact),
        ] + fireDescriptions
    ) { p, dt throws(SNNError) in
        do throws(SNNError) {
            let equations: EquationText
            do throws(SNNError) { equations = try EquationText(p.text("text")) } catch {
                throw error.prefixed(by: "text, ")
            }
            return try model(equations, try values(p.text("values"), for: equations), p, dt, place: "text, ")
        } catch { throw error.prefixed(by: "equations: ") }
    }

    /// The leaky integrate-and-fire neuron, of a gain at which weights as they start make it spike.
    static let defaultText =
        "r = 10; dv/dt = (v_leak - v + r*i)/tau_mem; spike when v >= v_threshold; v -= v_threshold"

    /// What `values` replaces: declared names only, in units of the same dimension, within their ranges.
    private static func values(_ text: String, for equations: EquationText) throws(SNNError) -> [String: Double] {
        let statements: Statements
        do throws(SNNError) { statements = try Parser.statements(of: text) } catch {
            throw error.prefixed(by: "values, ")
        }
        guard statements.rows.isEmpty, statements.definitions.isEmpty, statements.condition == nil else {
            throw .document("values must be declarations such as tau_mem = 10 ms")
        }
        var given: [String: ParameterValue] = [:]
        for declaration in statements.declarations {
            guard let own = equations.parameters.first(where: { $0.name == declaration.name }) else {
                throw .unknown("parameter of the text", declaration.name, known: equations.parameters.map(\.name))
            }
            guard own.unit.exponent == declaration.unit.exponent else {
                throw declaration.place.error(
                    "\(own.name) is in \(Unit.shown(own.unit.exponent)), got \(Unit.shown(declaration.unit.exponent))"
                ).prefixed(by: "values, ")
            }
            given[own.name] = .number(declaration.value * declaration.unit.scale / own.unit.scale)
        }
        let set = try ParameterSet(given, for: "values", descriptions: equations.parameters.map(\.description))
        var values: [String: Double] = [:]
        for parameter in equations.parameters { values[parameter.name] = set.number(parameter.name) }
        return values
    }

    private static func model(
        _ equations: EquationText,
        _ values: [String: Double],
        _ p: ParameterSet,
        _ dt: Double,
        place: String
    ) throws(SNNError) -> any NeuronModel {
        var options = EquationOptions(method: p.choice("method"))
        var surrogate = try Surrogate(.rectangle, width: 1)
        if p.values["surrogate"] != nil {
            options.isRelaxed = p.choice("output", as: EquationOptions.Output.self) == .relaxed && equations.fires
            options.detachReset = p.flag("detach_reset")
            surrogate = try Surrogate(
                p.choice("surrogate"),
                width: p.number("surrogate_width"),
                unitArea: p.flag("surrogate_unit_area")
            )
        }
        guard !options.isRelaxed || !options.detachReset else {
            throw .notSupported("output relaxed needs detach_reset false: half a spike has half a reset")
        }
        let neuron: CompiledNeuron
        do throws(SNNError) {
            neuron = try CompiledNeuron(equations, values: values, dt: dt, options: options, surrogate: surrogate)
        } catch { throw error.prefixed(by: place) }
        let engine = EquationEngine(neuron: neuron)
        return engine.neuron.fires ? SpikingEquations(engine: engine) : GradedEquations(engine: engine)
    }

    private static func methodDescription(_ method: EquationOptions.Method) -> ParameterDescription {
        .choice(
            "method",
            default: method,
            "exact solves linear equations for a current constant in a step; euler: x + dt dx/dt"
        )
    }

    /// The options of a text that spikes, named as those of `lif`.
    private static let fireDescriptions: [ParameterDescription] = [
        .choice("surrogate", default: Surrogate.Kind.arctan, "derivative that stands in for that of the threshold"),
        .number("surrogate_width", default: 0.5, above: 0, "width of the surrogate, in units of what is compared"),
        .boolean("surrogate_unit_area", default: true, "whether the surrogate's area is 1; else its peak"),
        .boolean("detach_reset", default: false, "whether the gradient ignores the resets' path through the spike"),
        .choice(
            "output",
            default: EquationOptions.Output.spike,
            "spike, or relaxed: a smooth step, to check gradients"
        ),
    ]

    private static func summary(_ equations: EquationText) -> String {
        let rows = equations.rows.map(\.name).joined(separator: ", ")
        return
            "A neuron given as text; \(equations.fires ? "spikes" : "sends \(equations.rows[0].name)"); rows \(rows)."
    }
}

extension EquationOptions {
    /// What is sent.
    enum Output: String, CaseIterable {
        /// Spikes.
        case spike
        /// The surrogate's integral: a smooth step whose true derivative is the surrogate. Checks gradients.
        case relaxed
    }
}

extension Declaration {
    /// Errors: ``SNNError/parameter(_:)`` with the place for a default outside its own range.
    func checkDefault() throws(SNNError) {
        do throws(SNNError) {
            _ = try ParameterSet([name: .number(value)], for: "default", descriptions: [description])
        } catch { throw error.prefixed(by: "\(place): ") }
    }

    /// As introspection lists it, and as it checks what a caller gives.
    var description: ParameterDescription {
        .number(
            name,
            unit: unitText,
            default: value,
            above: above,
            atLeast: atLeast,
            below: below,
            atMost: atMost,
            meaning
        )
    }
}
