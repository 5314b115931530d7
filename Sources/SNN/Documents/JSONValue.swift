import SNNKernel

/// A JSON document as a value: what descriptions, recipes, reports and file headers are made of.
///
/// Numbers are doubles, so integers are exact up to 2^53; anything larger (a 64-bit seed) travels as a string.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses one document, strictly by RFC 8259, and refuses repeated keys and nesting below 128 levels.
    ///
    /// Throws ``SNNError/document`` with line and column of the first mistake.
    package init(parsing text: String) throws(SNNError) {
        var parser = JSONParser(bytes: Array(text.utf8))
        self = try parser.document()
    }

    /// The document as text: keys sorted, integers without a fraction, non-finite numbers as `null`.
    ///
    /// The same value always gives the same bytes. `pretty` indents by two spaces, one entry a line.
    package func text(pretty: Bool = false) -> String {
        var out = ""
        write(to: &out, indent: pretty ? 0 : nil)
        return out
    }

    /// The string in quotes, with everything escaped that JSON does not allow as it is.
    package static func quoted(_ string: String) -> String {
        var out = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private func write(to out: inout String, indent: Int?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .number(let value): out += JSONValue.text(of: value)
        case .string(let value): out += JSONValue.quoted(value)
        case .array(let values):
            // Lists of plain numbers stay on one line: a shape or a row of means reads better so.
            let flat = values.allSatisfy { !$0.isContainer }
            JSONValue.list(values, "[", "]", to: &out, indent: flat ? nil : indent, spaced: indent != nil) {
                (value, out, indent) in value.write(to: &out, indent: indent)
            }
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            JSONValue.list(sorted, "{", "}", to: &out, indent: indent, spaced: indent != nil) { (member, out, indent) in
                out += JSONValue.quoted(member.key) + (indent == nil ? ":" : ": ")
                member.value.write(to: &out, indent: indent)
            }
        }
    }

    private var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    private static func list<Item>(
        _ items: [Item],
        _ open: String,
        _ close: String,
        to out: inout String,
        indent: Int?,
        spaced: Bool,
        write: (Item, inout String, Int?) -> Void
    ) {
        out += open
        for (position, item) in items.enumerated() {
            if position > 0 { out += indent == nil && spaced ? ", " : "," }
            if let indent { out += "\n" + String(repeating: " ", count: indent + 2) }
            write(item, &out, indent.map { $0 + 2 })
        }
        if let indent, !items.isEmpty { out += "\n" + String(repeating: " ", count: indent) }
        out += close
    }

    private static func text(of number: Double) -> String {
        guard number.isFinite else { return "null" }
        if let integer = Int64(exactly: number), abs(number) <= 0x1p53, !(number == 0 && number.sign == .minus) {
            return String(integer)
        }
        return "\(number)"
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(Double(value)) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}
