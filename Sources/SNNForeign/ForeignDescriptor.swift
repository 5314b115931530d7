import CSNN
import SNNKernel

/// What a foreign neuron says of itself, checked and copied: nothing of the plugin is read after this but its functions.
struct ForeignDescriptor: Sendable {
    /// A foreign function before its parameters are known.
    struct Function: Sendable {
        let address: @convention(c) () -> Void
        let signature: ForeignSignature
        let roles: [ForeignRole]
    }

    struct State: Sendable {
        let name: String
        let start: Float
    }

    let name: String
    let summary: String
    let states: [State]
    /// Those of the plugin, without those that the kernel adds.
    let parameters: [ParameterDescription]
    let rest: Function?
    let step: Function
    let adjoint: Function?

    /// Whether it sends spikes; else numbers.
    var spikes: Bool { step.roles.contains(.spike) }

    static let mostStates = 64
    static let mostParameters = 64

    /// Reads and checks what a plugin hands out.
    ///
    /// Errors: ``SNNError/plugin(_:)`` that names the place.
    init(_ pointer: UnsafePointer<snn_neuron>, plugin: String) throws(SNNError) {
        let reader = ForeignReader(place: "a neuron of plugin '\(plugin)'")
        let raw = try reader.sized(pointer)
        guard raw.reserved == 0 else { throw reader.refusal("reserved must be 0, got \(raw.reserved)") }
        name = try reader.text(raw.name, "name", most: 127)
        guard name == plugin || name.hasPrefix(plugin + "."),
            name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(ForeignPlugin.isIdentifier)
        else {
            throw reader.refusal(
                "its name must be '\(plugin)' or '\(plugin).model', of lower-case letters, digits and underscores, got '\(name)'"
            )
        }
        let named = ForeignReader(place: "neuron '\(name)'")
        summary = try named.text(raw.summary, "summary")
        states = try named.array(raw.states, raw.state_count, "states", most: Self.mostStates) {
            entry,
            place throws(SNNError) in
            let name = try named.name(entry.name, place)
            guard Float(entry.start).isFinite else {
                throw named.refusal("the start of state '\(name)' must be finite, got \(entry.start)")
            }
            _ = try named.text(entry.meaning, "\(place).meaning")
            return State(name: name, start: Float(entry.start))
        }
        parameters = try named.array(raw.parameters, raw.parameter_count, "parameters", most: Self.mostParameters) {
            entry,
            place throws(SNNError) in try ForeignParameter.description(entry, place, named)
        }
        let names = ForeignNames(states: states.map(\.name), parameters: parameters)
        try names.check(named)
        let step = try named.function(raw.step, "step") { signature, reader throws(SNNError) in
            try names.roles(signature, .step, reader)
        }
        guard let step else { throw named.refusal("step must not be empty") }
        self.step = step
        rest = try named.function(raw.rest, "rest") { signature, reader throws(SNNError) in
            try names.roles(signature, .rest, reader)
        }
        adjoint = try named.function(raw.adjoint, "adjoint") { signature, reader throws(SNNError) in
            try names.roles(signature, .adjoint(of: step), reader)
        }
    }
}

/// A parameter as a plugin describes it.
private enum ForeignParameter {
    static func description(
        _ raw: snn_parameter,
        _ place: String,
        _ reader: ForeignReader
    ) throws(SNNError) -> ParameterDescription {
        let name = try reader.name(raw.name, place)
        func refusal(_ words: String) -> SNNError { reader.refusal("parameter '\(name)': \(words)") }
        let unit = try reader.text(raw.unit, "\(place).unit", most: 63)
        let meaning = try reader.text(raw.meaning, "\(place).meaning")
        let known = UInt32(SNN_ABOVE_LOW | SNN_BELOW_HIGH | SNN_INTEGER | SNN_REQUIRED)
        guard raw.flags & ~known == 0 else { throw refusal("unknown flags \(raw.flags & ~known)") }
        guard !raw.low.isNaN, !raw.high.isNaN, raw.low <= raw.high else {
            throw refusal("low must be <= high, got \(raw.low) and \(raw.high)")
        }
        func has(_ flag: Int32) -> Bool { raw.flags & UInt32(flag) != 0 }
        let domain: ParameterDescription.Domain
        if has(SNN_INTEGER) {
            let limit = 0x1p53
            guard raw.low >= -limit, raw.high <= limit, raw.low == raw.low.rounded(), raw.high == raw.high.rounded(),
                !has(SNN_ABOVE_LOW), !has(SNN_BELOW_HIGH)
            else { throw refusal("an integer needs whole low and high within 2^53 and no open end") }
            domain = .integer(Int(raw.low), Int(raw.high))
        } else {
            let (low, high) = (raw.low.isFinite ? raw.low : nil, raw.high.isFinite ? raw.high : nil)
            domain = .number(
                above: has(SNN_ABOVE_LOW) ? low : nil,
                atLeast: has(SNN_ABOVE_LOW) ? nil : low,
                below: has(SNN_BELOW_HIGH) ? high : nil,
                atMost: has(SNN_BELOW_HIGH) ? nil : high
            )
        }
        let description = ParameterDescription(
            name,
            domain,
            unit: unit,
            default: has(SNN_REQUIRED) ? nil : .number(raw.initial),
            meaning
        )
        if let value = description.defaultValue {
            do throws(SNNError) {
                _ = try ParameterSet([name: value], for: "its default", descriptions: [description])
            } catch { throw refusal(error.message) }
        }
        return description
    }
}

/// Which names the functions of a neuron may take, and what each is for.
private struct ForeignNames {
    let states: [String]
    let parameters: [ParameterDescription]

    /// The functions of a neuron.
    enum Place {
        case rest, step
        case adjoint(of: ForeignDescriptor.Function)
    }

    private static let reserved: Set<String> = [
        "n", "steps", "current", "spike", "sent", "distance", "potential", "slope", "dt", "host", "surrogate",
        "surrogate_width", "surrogate_unit_area",
    ]

    func check(_ reader: ForeignReader) throws(SNNError) {
        var seen: Set<String> = []
        for name in states + parameters.map(\.name) {
            guard !Self.reserved.contains(name), !name.hasPrefix("d_") else {
                throw reader.refusal("'\(name)' is a name of the kernel's; call the state or parameter otherwise")
            }
            guard seen.insert(name).inserted else { throw reader.refusal("'\(name)' stands twice") }
        }
    }

    /// The role of every argument.
    func roles(
        _ signature: ForeignSignature,
        _ place: Place,
        _ reader: ForeignReader
    ) throws(SNNError) -> [ForeignRole] {
        var roles: [ForeignRole] = []
        for argument in signature.arguments { roles.append(try role(argument, place, reader)) }
        try checkComplete(Set(roles), place, reader)
        return roles
    }

    private func role(
        _ argument: ForeignSignature.Argument,
        _ place: Place,
        _ reader: ForeignReader
    ) throws(SNNError) -> ForeignRole {
        let rows = rows(place)
        if let row = rows.first(where: { $0.name == argument.name }) {
            guard argument.kind == .float, argument.isPointer, argument.isConstant != row.isWritten else {
                throw reader.refusal(
                    "«\(argument.text)» must be \(row.isWritten ? "" : "const ")float *\(argument.name)"
                )
            }
            return row.role
        }
        let isNumber = !argument.isPointer && argument.kind != .host
        if let index = parameters.firstIndex(where: { $0.name == argument.name }) {
            var isReal = true
            if case .integer = parameters[index].domain { isReal = false }
            let fits = argument.kind == .float || argument.kind == .double || !isReal && argument.kind != .size
            guard isNumber, fits else {
                throw reader.refusal(
                    "«\(argument.text)» must be \(isReal ? "" : "int32_t, int64_t, ")float or double \(argument.name)"
                )
            }
            if case .integer(let low, let high) = parameters[index].domain,
                argument.kind == .int32 || argument.kind == .int,
                Int32(exactly: low) == nil || Int32(exactly: high) == nil
            {
                throw reader.refusal(
                    "«\(argument.text)» does not hold \(low) ... \(high); take int64_t \(argument.name)"
                )
            }
            return .parameter(index)
        }
        switch argument.name {
        case "n" where isNumber && argument.kind == .size: return .count
        case "steps" where isNumber && argument.kind == .size && !isRest(place): return .steps
        case "dt" where isNumber && (argument.kind == .float || argument.kind == .double): return .timeStep
        case "host" where argument.kind == .host && argument.isPointer && argument.isConstant: return .host
        default: break
        }
        let known = ["size_t n"] + (isRest(place) ? [] : ["size_t steps"]) + rows.map(\.name) + parameters.map(\.name)
        throw reader.refusal(
            "«\(argument.text)» is no argument it can have; known: "
                + (known + ["float dt", "const snn_host *host"]).joined(separator: ", ")
        )
    }

    private func isRest(_ place: Place) -> Bool { if case .rest = place { true } else { false } }

    private typealias Row = (name: String, role: ForeignRole, isWritten: Bool)

    private func rows(_ place: Place) -> [Row] {
        let own = states.enumerated()
        switch place {
        case .rest: return own.map { ($1, .state($0), true) }
        case .step:
            return [("current", .current, false)] + own.map { ($1, .state($0), true) }
                + [
                    ("spike", .spike, true), ("sent", .sent, true), ("distance", .distance, true),
                    ("potential", .potential, true),
                ]
        case .adjoint(let step):
            let spikes = step.roles.contains(.spike)
            return [("current", .current, false), ("d_current", .ofCurrent, true)]
                + own.map { ($1, .state($0), false) } + own.map { ("d_" + $1, .ofState($0), true) }
                + (spikes ? [("slope", .slope, false), ("d_spike", .ofSent, false)] : [("d_sent", .ofSent, false)])
        }
    }

    /// Whether what a function needs is there.
    private func checkComplete(_ roles: Set<ForeignRole>, _ place: Place, _ reader: ForeignReader) throws(SNNError) {
        func need(_ role: ForeignRole, _ name: String) throws(SNNError) {
            guard roles.contains(role) else { throw reader.refusal("it must take \(name)") }
        }
        try need(.count, "size_t n")
        switch place {
        case .rest: for (index, name) in states.enumerated() { try need(.state(index), "float *\(name)") }
        case .step:
            try need(.current, "const float *current")
            guard roles.contains(.spike) != roles.contains(.sent) else {
                throw reader.refusal("it must take float *spike or float *sent, and not both")
            }
            guard roles.contains(.spike) || !roles.contains(.distance) else {
                throw reader.refusal("distance is of neurons that spike")
            }
        case .adjoint(let step):
            try need(.ofCurrent, "float *d_current")
            let spikes = step.roles.contains(.spike)
            try need(.ofSent, spikes ? "const float *d_spike" : "const float *d_sent")
            if spikes {
                try need(.slope, "const float *slope")
                guard step.roles.contains(.distance) else {
                    throw reader.refusal("slope needs a step that writes float *distance")
                }
            }
            guard roles.contains(.steps) else { return }
            guard !roles.contains(where: { if case .ofState = $0 { true } else { false } }) else {
                throw reader.refusal("the form for a whole window (size_t steps) takes no d_STATE")
            }
        }
    }
}
