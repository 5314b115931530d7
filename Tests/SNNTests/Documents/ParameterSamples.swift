@testable import SNNKernel

extension ParameterDescription {
    /// Legal values other than the default, at least one for every domain.
    var otherValues: [ParameterValue] {
        let candidates: [ParameterValue] =
            switch domain {
            case .number: [0.75, 0.3, 1.5, 30, 0, -0.25].map { .number($0) }
            case .integer(let low, let high): [low, low + 1, min(high, 3)].map { .number(Double($0)) }
            case .integerPair: [.number(2), .numbers([2, 1])]
            case .integerSides: [.number(1), .numbers([1, 0]), .numbers([0, 1, 1, 0])]
            case .integers(let low, _): [.numbers([Double(low)])]
            case .numbers(let least, _): [.numbers(Array(repeating: 0.5, count: least))]
            case .boolean: [.boolean(true), .boolean(false)]
            case .choice(let names): names.map { .text($0) }
            // Spaces change no text that is read.
            case .text:
                [defaultValue.map { if case .text(let text) = $0 { .text(text + " ") } else { $0 } } ?? .text(" ")]
            }
        return candidates.filter { $0 != defaultValue && (try? validated($0, in: "test")) != nil }
    }

    /// A value where the component has no default.
    var requiredValue: ParameterValue? { defaultValue == nil ? otherValues.first : nil }
}

extension ComponentDescription {
    /// What a caller has to give.
    var required: [String: ParameterValue] {
        Dictionary(uniqueKeysWithValues: parameters.compactMap { p in p.requiredValue.map { (p.name, $0) } })
    }

    /// Every parameter with one value other than its default, as far as they are legal together.
    var samples: [(parameter: String, value: ParameterValue)] {
        parameters.flatMap { parameter in parameter.otherValues.map { (parameter.name, $0) } }
    }
}
