/// A tiny judge of XML: elements nest, attributes are quoted and named once, text holds no bare `<` or `&`.
struct XMLChecker {
    private var rest: Substring
    private var open: [String] = []
    /// Every element's name in the order of opening.
    private(set) var elements: [String] = []

    struct Mistake: Error, CustomStringConvertible { let description: String }

    init(_ text: String) throws {
        rest = text[...]
        if rest.hasPrefix("<?xml") { try skip(past: "?>") }
        while !rest.isEmpty { try rest.first == "<" ? tag() : characters() }
        guard open.isEmpty else { throw Mistake(description: "never closed: \(open)") }
        guard !elements.isEmpty else { throw Mistake(description: "no element") }
    }

    private mutating func skip(past end: String) throws {
        while !rest.isEmpty, !rest.hasPrefix(end) { rest = rest.dropFirst() }
        guard !rest.isEmpty else { throw Mistake(description: "no \(end)") }
        rest = rest.dropFirst(end.count)
    }

    private mutating func characters() throws {
        let text = rest.prefix { $0 != "<" }
        try checkEntities(text)
        if open.isEmpty, text.contains(where: { !$0.isWhitespace }) {
            throw Mistake(description: "text outside of the root: \(text)")
        }
        rest = rest.dropFirst(text.count)
    }

    private func checkEntities(_ text: Substring) throws {
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            guard ["amp;", "lt;", "gt;", "quot;"].contains(where: { part.hasPrefix($0) }) else {
                throw Mistake(description: "a bare & before \(part.prefix(10))")
            }
        }
    }

    private mutating func name() throws -> String {
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == ":" }
        guard !name.isEmpty else { throw Mistake(description: "no name at \(rest.prefix(10))") }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private mutating func tag() throws {
        rest = rest.dropFirst()
        if rest.first == "/" {
            rest = rest.dropFirst()
            let name = try name()
            guard open.popLast() == name else { throw Mistake(description: "</\(name)> closes nothing") }
            return try skip(past: ">")
        }
        guard !open.isEmpty || elements.isEmpty else { throw Mistake(description: "a second root") }
        let name = try name()
        elements.append(name)
        open.append(name)
        var attributes: Set<String> = []
        while true {
            rest = rest.drop(while: \.isWhitespace)
            if rest.hasPrefix("/>") {
                open.removeLast()
                rest = rest.dropFirst(2)
                return
            }
            if rest.first == ">" {
                rest = rest.dropFirst()
                return
            }
            let attribute = try self.name()
            guard attributes.insert(attribute).inserted, rest.hasPrefix("=\"") else {
                throw Mistake(description: "attribute \(attribute) of \(name)")
            }
            rest = rest.dropFirst(2)
            let value = rest.prefix { $0 != "\"" }
            guard !value.contains("<") else { throw Mistake(description: "a bare < in \(attribute)") }
            try checkEntities(value)
            rest = rest.dropFirst(value.count + 1)
        }
    }
}
