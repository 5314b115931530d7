/// The value of a parameter as a caller gives it.
public enum ParameterValue: Equatable, Sendable {
    case number(Double)
    case boolean(Bool)
    case text(String)
    /// Several numbers, such as the rows and columns of a kernel.
    case numbers([Double])

    /// As people read it in an error; of a long text its beginning.
    public var description: String {
        switch self {
        case .number(let number): number.plain
        case .boolean(let flag): flag ? "true" : "false"
        case .text(let text) where text.utf8.count > 200: "'\(text.prefix(60))...' of \(text.utf8.count) bytes"
        case .text(let text): "'\(text)'"
        case .numbers(let list): "[" + list.map(\.plain).joined(separator: ", ") + "]"
        }
    }
}

extension Double {
    /// Without «.0» where it is a whole number.
    public var plain: String { self == rounded() && magnitude < 1e15 ? String(Int64(self)) : String(self) }
}

/// What a component says of one of its parameters; it checks input, feeds introspection and makes error messages.
public struct ParameterDescription: Sendable {
    /// What values it takes.
    public enum Domain: Sendable {
        /// A real number; `above` and `below` are open ends, `atLeast` and `atMost` closed ones.
        case number(above: Double? = nil, atLeast: Double? = nil, below: Double? = nil, atMost: Double? = nil)
        /// A whole number between the two, both included.
        case integer(Int, Int)
        /// One whole number, or one for the rows and one for the columns.
        case integerPair(Int, Int)
        /// One whole number for all sides of an image, `[rows, columns]`, or `[top, left, bottom, right]`.
        case integerSides(Int, Int)
        /// Any number of whole numbers between the two, both included.
        case integers(Int, Int)
        /// Between so many and so many real numbers.
        case numbers(Int, Int)
        case boolean
        /// One of some names.
        case choice([String])
        /// Any text of at most so many bytes of UTF-8.
        case text(mostBytes: Int)
    }

    /// Its key in JSON.
    public let name: String
    /// What values it takes.
    public let domain: Domain
    /// «ms»; «1» where it has no dimension.
    public let unit: String
    /// What holds where a caller says nothing; nil where a caller must.
    public let defaultValue: ParameterValue?
    /// One sentence.
    public let meaning: String

    /// A parameter of any domain; without a default a caller must give it.
    public init(_ name: String, _ domain: Domain, unit: String = "1", default: ParameterValue?, _ meaning: String) {
        self.name = name
        self.domain = domain
        self.unit = unit
        defaultValue = `default`
        self.meaning = meaning
    }

    /// A real number.
    public static func number(
        _ name: String,
        unit: String = "1",
        default value: Double?,
        above: Double? = nil,
        atLeast: Double? = nil,
        below: Double? = nil,
        atMost: Double? = nil,
        _ meaning: String
    ) -> ParameterDescription {
        ParameterDescription(
            name,
            .number(above: above, atLeast: atLeast, below: below, atMost: atMost),
            unit: unit,
            default: value.map { .number($0) },
            meaning
        )
    }

    /// A whole number in a closed range.
    public static func integer(
        _ name: String,
        unit: String = "1",
        default value: Int?,
        _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> ParameterDescription {
        ParameterDescription(
            name,
            .integer(range.lowerBound, range.upperBound),
            unit: unit,
            default: value.map { .number(Double($0)) },
            meaning
        )
    }

    /// Any number of whole numbers in a closed range; none unless a caller names some.
    public static func integers(
        _ name: String,
        _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> ParameterDescription {
        ParameterDescription(name, .integers(range.lowerBound, range.upperBound), default: .numbers([]), meaning)
    }

    /// A list of real numbers, of a length within `count`, that a caller must give.
    public static func numbers(
        _ name: String,
        count: ClosedRange<Int>,
        _ meaning: String
    ) -> ParameterDescription {
        ParameterDescription(name, .numbers(count.lowerBound, count.upperBound), default: nil, meaning)
    }

    /// One of the raw values of an enumeration.
    public static func choice<Choice>(
        _ name: String,
        default value: Choice,
        _ meaning: String
    ) -> ParameterDescription
    where Choice: RawRepresentable<String> & CaseIterable {
        ParameterDescription(
            name,
            .choice(Choice.allCases.map(\.rawValue)),
            default: .text(value.rawValue),
            meaning
        )
    }

    /// Yes or no.
    public static func boolean(_ name: String, default value: Bool, _ meaning: String) -> ParameterDescription {
        ParameterDescription(name, .boolean, default: .boolean(value), meaning)
    }

    /// Free text of at most `mostBytes` bytes of UTF-8.
    public static func text(
        _ name: String,
        default value: String?,
        mostBytes: Int,
        _ meaning: String
    ) -> ParameterDescription {
        ParameterDescription(name, .text(mostBytes: mostBytes), default: value.map { .text($0) }, meaning)
    }

    /// «number», «integer», «list», «boolean», «choice», «text».
    public var type: String {
        switch domain {
        case .number: "number"
        case .integer, .integerPair, .integerSides: "integer"
        case .integers, .numbers: "list"
        case .boolean: "boolean"
        case .choice: "choice"
        case .text: "text"
        }
    }

    /// The law in words: «> 0», «one of hard, soft, none».
    public var range: String {
        switch domain {
        case .number(let above, let atLeast, let below, let atMost):
            let ends = [
                above.map { "> " + $0.plain }, atLeast.map { ">= " + $0.plain }, below.map { "< " + $0.plain },
                atMost.map { "<= " + $0.plain },
            ].compactMap { $0 }
            return ends.isEmpty ? "any number" : ends.joined(separator: " and ")
        case .integer(let low, let high), .integerPair(let low, let high), .integerSides(let low, let high):
            return "\(low) ... \(high)"
        case .integers(let low, let high): return "whole numbers \(low) ... \(high)"
        case .numbers(let low, let high): return "\(low) ... \(high) numbers"
        case .boolean: return "true or false"
        case .choice(let names): return "one of " + names.joined(separator: ", ")
        case .text(let most): return "at most \(most) bytes"
        }
    }

    /// The value if it obeys the law.
    func validated(_ value: ParameterValue, in component: String) throws(SNNError) -> ParameterValue {
        let isLegal: Bool
        switch (domain, value) {
        case (.number(let above, let atLeast, let below, let atMost), .number(let x)):
            // The engine computes in float32.
            isLegal =
                Float(x).isFinite && above.map { x > $0 } ?? true && atLeast.map { x >= $0 } ?? true
                && below.map { x < $0 } ?? true && atMost.map { x <= $0 } ?? true
        case (.integer(let low, let high), .number(let x)), (.integerPair(let low, let high), .number(let x)),
            (.integerSides(let low, let high), .number(let x)):
            isLegal = x == x.rounded() && x >= Double(low) && x <= Double(high)
        case (.integerPair(let low, let high), .numbers(let list)):
            isLegal =
                list.count == 2 && list.allSatisfy { $0 == $0.rounded() && $0 >= Double(low) && $0 <= Double(high) }
        case (.integerSides(let low, let high), .numbers(let list)):
            isLegal =
                (list.count == 2 || list.count == 4)
                && list.allSatisfy { $0 == $0.rounded() && $0 >= Double(low) && $0 <= Double(high) }
        case (.integers(let low, let high), .numbers(let list)):
            isLegal = list.allSatisfy { $0 == $0.rounded() && $0 >= Double(low) && $0 <= Double(high) }
        case (.numbers(let low, let high), .numbers(let list)):
            isLegal = low...high ~= list.count && list.allSatisfy { Float($0).isFinite }
        case (.boolean, .boolean): isLegal = true
        case (.choice(let names), .text(let name)): isLegal = names.contains(name)
        case (.text(let most), .text(let text)): isLegal = text.utf8.count <= most
        default:
            throw .document(
                "\(component): \(name) must be \(type == "integer" ? "an" : "a") \(type), \(range), got \(value.description)"
            )
        }
        guard isLegal else {
            let unitText = unit == "1" ? "" : " " + unit
            throw .parameter("\(component): \(name) must be \(range)\(unitText), got \(value.description)")
        }
        return value
    }
}

/// The parameters of one component: checked, complete, typed on reading.
public struct ParameterSet: Sendable, Equatable {
    /// Every parameter by name, defaults filled in.
    public let values: [String: ParameterValue]

    /// Checks what a caller gave against the descriptions and fills in the defaults.
    public init(
        _ given: [String: ParameterValue],
        for component: String,
        descriptions: [ParameterDescription]
    ) throws(SNNError) {
        for name in given.keys.sorted() where !descriptions.contains(where: { $0.name == name }) {
            throw .unknown("parameter of \(component)", name, known: descriptions.map(\.name))
        }
        var values: [String: ParameterValue] = [:]
        for description in descriptions {
            if let value = given[description.name] {
                values[description.name] = try description.validated(value, in: component)
            } else if let value = description.defaultValue {
                values[description.name] = value
            } else {
                throw .parameter("\(component) needs the parameter \(description.name) (\(description.meaning))")
            }
        }
        self.values = values
    }

    /// A number that the descriptions promise.
    public func number(_ name: String) -> Double {
        guard case .number(let value) = values[name] else { preconditionFailure("\(name) is not a described number") }
        return value
    }
    /// A whole number that the descriptions promise.
    public func integer(_ name: String) -> Int { Int(number(name)) }
    /// Rows and columns; a single number stands for both.
    public func pair(_ name: String) -> (Int, Int) {
        switch values[name] {
        case .number(let value): (Int(value), Int(value))
        case .numbers(let list): (Int(list[0]), Int(list[1]))
        default: preconditionFailure("\(name) is not a described pair")
        }
    }
    /// A list of numbers that the descriptions promise.
    public func numbers(_ name: String) -> [Double] {
        guard case .numbers(let list) = values[name] else { preconditionFailure("\(name) is not a described list") }
        return list
    }
    /// The sides of an image; a single number stands for all, two for rows and columns.
    public func sides(_ name: String) -> Border {
        switch values[name] {
        case .number(let value): Border(Int(value), Int(value), Int(value), Int(value))
        case .numbers(let list) where list.count == 2:
            Border(Int(list[0]), Int(list[1]), Int(list[0]), Int(list[1]))
        case .numbers(let list): Border(Int(list[0]), Int(list[1]), Int(list[2]), Int(list[3]))
        default: preconditionFailure("\(name) does not describe sides")
        }
    }
    /// Whole numbers that the descriptions promise.
    public func integers(_ name: String) -> [Int] {
        guard case .numbers(let list) = values[name] else { preconditionFailure("\(name) is not a described list") }
        return list.map { Int($0) }
    }
    /// A flag that the descriptions promise.
    public func flag(_ name: String) -> Bool {
        guard case .boolean(let value) = values[name] else { preconditionFailure("\(name) is not a described flag") }
        return value
    }
    /// A text that the descriptions promise.
    public func text(_ name: String) -> String {
        guard case .text(let text) = values[name] else { preconditionFailure("\(name) is not a described text") }
        return text
    }
    /// A choice that the descriptions promise.
    public func choice<Choice: RawRepresentable<String>>(_ name: String, as: Choice.Type = Choice.self) -> Choice {
        guard case .text(let text) = values[name], let choice = Choice(rawValue: text) else {
            preconditionFailure("\(name) is not a described choice")
        }
        return choice
    }
}
