import SNNKernel

/// The laws of what a component says of its parameters, whatever it makes.
///
/// Every parameter has words and a legal default; what is outside its range is refused with a message that names law and
/// value, and unknown names are refused listing the known.
public struct ParameterLaws {
    let check: ParameterCheck
    let summary: String

    /// The laws of a component that `make` makes, as the registry does.
    public init(
        name: String,
        summary: String,
        parameters: [ParameterDescription],
        make: @escaping (ComponentChoice) throws(SNNError) -> Void
    ) {
        check = ParameterCheck(name: name, parameters: parameters, make: make)
        self.summary = summary
    }

    /// Examines the laws of the examination; `takesParameters` is false for a kind that is named alone.
    public func examine(in examination: Examination, takesParameters: Bool = true) {
        if check.parameters.isEmpty {
            examination.pass(.ranges, because: "it has no parameters")
        } else {
            examination.examine(.ranges, check.ranges)
        }
        examination.examine(.described) { evidence in
            check.words(summary, evidence)
            if takesParameters { check.unknownNames(evidence) }
        }
    }
}

/// One component, and the choices it is examined with.
struct ParameterCheck {
    let name: String
    let parameters: [ParameterDescription]
    let make: (ComponentChoice) throws(SNNError) -> Void

    /// A legal value for everything that has no default.
    var required: [String: ParameterValue] {
        var values: [String: ParameterValue] = [:]
        for parameter in parameters where parameter.defaultValue == nil {
            switch parameter.domain {
            case .number(let above, let atLeast, let below, let atMost):
                let low = above ?? atLeast ?? (below ?? atMost ?? 1) - 1
                values[parameter.name] = .number(((below ?? atMost ?? low + 2) + low) / 2)
            case .integer(let low, _), .integerPair(let low, _), .integerSides(let low, _):
                values[parameter.name] = .number(Double(low))
            case .integers: values[parameter.name] = .numbers([])
            case .numbers(let least, _): values[parameter.name] = .numbers(Array(repeating: 1, count: least))
            case .boolean: values[parameter.name] = .boolean(false)
            case .choice(let names): values[parameter.name] = .text(names[0])
            case .text: values[parameter.name] = .text("")
            }
        }
        return values
    }

    func unknownNames(_ evidence: Evidence) {
        var given = required
        given["no_such_parameter"] = .number(1)
        do throws(SNNError) {
            try make(ComponentChoice(name, given))
            evidence.require(false, "an unknown parameter is taken")
        } catch {
            guard case .unknownName(let text) = error else {
                return evidence.require(false, "not an unknown name: \(error)")
            }
            evidence.require(text.contains("'no_such_parameter'"), "«\(text)» does not name what is unknown")
            for parameter in parameters {
                evidence.require(text.contains(parameter.name), "«\(text)» does not list \(parameter.name)")
            }
        }
    }

    /// Every parameter has words and a unit, the component a summary, and the defaults are legal.
    func words(_ summary: String, _ evidence: Evidence) {
        evidence.require(!summary.isEmpty, "it has no summary")
        for parameter in parameters {
            evidence.require(
                !parameter.meaning.isEmpty && !parameter.unit.isEmpty,
                "\(parameter.name) has no words or unit"
            )
        }
        do throws(SNNError) { try make(ComponentChoice(name, required)) } catch {
            evidence.require(false, "its defaults are refused: \(error.message)")
        }
    }

    /// What is outside its range is refused, with words that name law and value; what is inside is taken.
    func ranges(_ evidence: Evidence) {
        for parameter in parameters { range(of: parameter, evidence) }
    }

    private func range(of parameter: ParameterDescription, _ evidence: Evidence) {
        for value in outside(parameter.domain) {
            refused(parameter, value, evidence) { if case .parameter = $0 { true } else { false } }
        }
        for value in otherTypes(parameter.domain) {
            // A document that says «true» where a number stands is malformed rather than out of range.
            refused(parameter, value, evidence) { if case .document = $0 { true } else { false } }
        }
        for value in inside(parameter) { taken(parameter, value, evidence) }
    }

    private func refused(
        _ parameter: ParameterDescription,
        _ value: ParameterValue,
        _ evidence: Evidence,
        isExpected: (SNNError) -> Bool
    ) {
        var given = required
        given[parameter.name] = value
        do throws(SNNError) {
            try make(ComponentChoice(name, given))
            evidence.require(false, "\(parameter.name) takes \(value.description), outside \(parameter.range)")
        } catch {
            evidence.require(
                isExpected(error),
                "\(parameter.name) refuses \(value.description) with the wrong kind of error"
            )
            for word in [name, parameter.name, parameter.range, value.description] {
                evidence.require(error.message.contains(word), "«\(error.message)» does not say «\(word)»")
            }
        }
    }

    /// A value inside its range may be refused for what stands beside it, never for itself.
    private func taken(_ parameter: ParameterDescription, _ value: ParameterValue, _ evidence: Evidence) {
        var given = required
        given[parameter.name] = value
        do throws(SNNError) { try make(ComponentChoice(name, given)) } catch {
            evidence.require(
                !error.message.contains("must be \(parameter.range)"),
                "\(parameter.name) refuses \(value.description), inside \(parameter.range)"
            )
        }
    }

    /// A little less, by more than rounding.
    private func under(_ end: Double) -> Double { end - max(0.5, end.magnitude * 0x1p-20) }
    /// A little more, by more than rounding.
    private func over(_ end: Double) -> Double { end + max(0.5, end.magnitude * 0x1p-20) }

    private func outside(_ domain: ParameterDescription.Domain) -> [ParameterValue] {
        let notFinite: [ParameterValue] = [.number(.nan), .number(.infinity), .number(-.infinity)]
        switch domain {
        case .number(let above, let atLeast, let below, let atMost):
            let ends = [above, atLeast.map(under), below, atMost.map(over), above.map(under)]
            return ends.compactMap { $0 }.map { .number($0) } + notFinite
        case .integer(let low, let high), .integerPair(let low, let high), .integerSides(let low, let high):
            let ends = [under(Double(low)).rounded(.down), over(Double(high)).rounded(.up), Double(low) + 0.5]
            return ends.filter { $0 != $0.rounded() || !(Double(low)...Double(high) ~= $0) }.map { .number($0) }
                + notFinite
        case .integers(let low, let high):
            return [Double(low) - 1, Double(high) + 1, Double(low) + 0.5, .nan].map { .numbers([$0]) }
        case .numbers(_, let most): return [.numbers([.nan]), .numbers(Array(repeating: 1, count: most + 1))]
        case .boolean: return []
        case .choice: return [.text("no_such_choice")]
        case .text(let most): return [.text(String(repeating: "x", count: most + 1))]
        }
    }

    private func otherTypes(_ domain: ParameterDescription.Domain) -> [ParameterValue] {
        switch domain {
        case .number, .integer: [.text("seven"), .boolean(true), .numbers([1, 2, 3])]
        case .integerPair, .integerSides: [.text("seven"), .boolean(true)]
        case .integers, .numbers: [.text("seven"), .boolean(true), .number(1)]
        case .boolean: [.number(1), .text("true")]
        case .choice, .text: [.number(1), .boolean(true)]
        }
    }

    func inside(_ parameter: ParameterDescription) -> [ParameterValue] {
        switch parameter.domain {
        case .number(_, let atLeast, _, let atMost): [atLeast, atMost].compactMap { $0 }.map { .number($0) }
        case .integer(let low, let high), .integerPair(let low, let high), .integerSides(let low, let high):
            [.number(Double(low)), .number(Double(high))]
        case .integers(let low, let high): [.numbers([]), .numbers([Double(low), Double(high)])]
        case .numbers(let least, let most): [least, most].map { .numbers(Array(repeating: 1, count: $0)) }
        case .boolean: [.boolean(true), .boolean(false)]
        case .choice(let names): names.map { .text($0) }
        case .text(let most): [.text(""), .text(String(repeating: " ", count: most))]
        }
    }

    /// Inside a range and close to an end that does not belong to it.
    func near(_ parameter: ParameterDescription) -> [ParameterValue] {
        guard case .number(let above, _, let below, _) = parameter.domain else { return [] }
        // 2^-10: about a thousandth, whose inverse leaves room for a few products in float32.
        let room = 0x1p-10
        return [above.map { $0 + max(1, $0.magnitude) * room }, below.map { $0 - max(1, $0.magnitude) * room }]
            .compactMap { $0 }.map { .number($0) }
    }
}
