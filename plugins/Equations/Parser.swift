import SNNKernel

/// Reads a text, statement by statement.
///
/// The grammar stands in docs/equations.md.
struct Parser {
    /// Parentheses and calls within one another.
    static let mostDepth = 64
    /// Names that a text may not declare: their meaning is given.
    static let reserved: Set<String> = Set(Unit.named.keys)
        .union(Function.allCases.map(\.rawValue))
        .union(["i", "dt", "spike", "when", "and", "t"])

    private var tokens: ArraySlice<Token>
    private var depth = 0
    private var statements = Statements()
    /// `v = ...` and the like wait until every row is known: of a row it is a reset, else a definition.
    private var assignments: [(name: String, operation: Reset.Operation, value: Expression, place: Place)] = []
    private var starts: [(name: String, value: Expression, place: Place)] = []

    /// The statements of a text.
    ///
    /// Errors: ``SNNError/document(_:)`` with the place.
    static func statements(of text: String) throws(SNNError) -> Statements {
        var parser = Parser(tokens: try Lexer.tokens(of: text)[...])
        while !parser.tokens.isEmpty { try parser.statement() }
        return try parser.sorted()
    }

    private init(tokens: ArraySlice<Token>) { self.tokens = tokens }

    // MARK: Tokens

    private var next: Token { tokens.first ?? Token(kind: .end, place: Place()) }

    private func sign(_ ahead: Int = 0) -> String? {
        guard tokens.count > ahead, case .sign(let text) = tokens[tokens.startIndex + ahead].kind else { return nil }
        return text
    }
    private func name(_ ahead: Int = 0) -> String? {
        guard tokens.count > ahead, case .name(let text) = tokens[tokens.startIndex + ahead].kind else { return nil }
        return text
    }
    private mutating func drop(_ count: Int = 1) { tokens = tokens.dropFirst(count) }

    private mutating func expect(_ wanted: String) throws(SNNError) {
        guard sign() == wanted else { throw next.place.error("expected '\(wanted)', found \(next.shown)") }
        drop()
    }
    private mutating func endStatement() throws(SNNError) {
        guard next.kind == .end else { throw next.place.error("expected an operator, found \(next.shown)") }
        drop()
    }

    // MARK: Statements

    private mutating func statement() throws(SNNError) {
        guard next.kind != .end else { return drop() }
        let place = next.place
        guard let first = name() else {
            throw place.error("a statement begins with a name, found \(next.shown)")
        }
        if first == "spike" { return try spike(place) }
        if first.count > 1, first.hasPrefix("d"), sign(1) == "/", name(2) == "dt" {
            drop(3)
            try expect("=")
            return try row(String(first.dropFirst()), isDifferential: true, place)
        }
        drop()
        switch sign() {
        case "'":
            drop()
            try expect("=")
            try row(first, isDifferential: false, place)
        case "(":
            drop()
            guard case .number(0) = next.kind else {
                throw next.place.error("only the start \(first)(0) can be given, found \(next.shown)")
            }
            drop()
            try expect(")")
            try expect("=")
            starts.append((first, try expression(), place))
            try endStatement()
        case "=":
            drop()
            if let declaration = try declaration(first, place) {
                statements.declarations.append(declaration)
            } else {
                assignments.append((first, .set, try expression(), place))
            }
            try endStatement()
        case "+=", "-=", "*=":
            let operation = Reset.Operation(rawValue: sign() ?? "") ?? .add
            drop()
            assignments.append((first, operation, try expression(), place))
            try endStatement()
        default:
            throw next.place.error(
                "expected '=', '-=', '+=', '*=', \"'\" or '(0)' after '\(first)', found \(next.shown)"
            )
        }
    }

    private mutating func row(_ name: String, isDifferential: Bool, _ place: Place) throws(SNNError) {
        try checkFree(name, place)
        guard !statements.rows.contains(where: { $0.name == name }) else {
            throw place.error("'\(name)' has an equation already")
        }
        guard statements.rows.count < Statements.mostRows else {
            throw place.error("a neuron has at most \(Statements.mostRows) equations")
        }
        let rule = try expression()
        statements.rows.append(Row(name: name, isDifferential: isDifferential, rule: rule, place: place))
        try endStatement()
    }

    private mutating func spike(_ place: Place) throws(SNNError) {
        drop()
        guard name() == "when" else { throw next.place.error("expected 'when' after 'spike', found \(next.shown)") }
        drop()
        guard statements.condition == nil else { throw place.error("a neuron has one 'spike when'") }
        let left = try expression()
        guard let sign = sign(), sign == ">=" || sign == ">" else {
            throw next.place.error("expected '>=' or '>', found \(next.shown)")
        }
        drop()
        let right = try expression()
        statements.condition = Condition(left: left, right: right, isStrict: sign == ">", place: place)
        try endStatement()
    }

    private func checkFree(_ name: String, _ place: Place) throws(SNNError) {
        guard !Self.reserved.contains(name) else { throw place.error("'\(name)' has a meaning of its own") }
    }

    /// `name = -0.5 ms (> 0) : words`, or nil where something else than a number follows.
    private mutating func declaration(_ name: String, _ place: Place) throws(SNNError) -> Declaration? {
        let rest = tokens
        let isNegative = sign() == "-"
        if isNegative { drop() }
        guard case .number(let value) = next.kind else {
            tokens = rest
            return nil
        }
        drop()
        let (unit, unitText) = try self.unit()
        let isDone = next.kind == .end || sign() == "("
        guard isDone || { if case .words = next.kind { true } else { false } }() else {
            tokens = rest
            return nil
        }
        var result = Declaration(
            name: name,
            value: isNegative ? -value : value,
            unit: unit,
            unitText: unitText,
            meaning: "parameter of the equations",
            place: place
        )
        if sign() == "(" { try range(of: &result) }
        if case .words(let words) = next.kind {
            if !words.isEmpty { result.meaning = words }
            drop()
        }
        return result
    }

    /// `ms`, `ms^2`, `/ms`, `ms/s`: units behind a number, and how they were written; without one «1».
    private mutating func unit() throws(SNNError) -> (Unit, String) {
        var unit = Unit()
        var text = ""
        while true {
            let isDivided = sign() == "/"
            if isDivided {
                guard let word = name(1), Unit.named[word] != nil else { break }
                drop()
            }
            guard let word = name(), let one = Unit.named[word] else {
                guard let word = name() else { break }
                throw next.place.error(
                    "'\(word)' is no unit; known: \(Unit.named.keys.sorted().joined(separator: ", ")), and potentials and currents have none"
                )
            }
            drop()
            var power = 1
            if sign() == "^" {
                drop()
                power = try exponent()
            }
            text += (isDivided ? (text.isEmpty ? "1/" : "/") : (text.isEmpty ? "" : " ")) + word
            if power != 1 { text += "^\(power)" }
            for _ in 0..<abs(power) {
                let times = (power > 0) != isDivided
                unit.scale = times ? unit.scale * one.scale : unit.scale / one.scale
                unit.exponent += times ? one.exponent : -one.exponent
            }
            guard abs(unit.exponent) <= Unit.mostExponent else { throw next.place.error("too high a power of time") }
        }
        return (unit, text.isEmpty ? "1" : text)
    }

    /// `(> 0 and <= 5)`, in the unit of the parameter.
    private mutating func range(of result: inout Declaration) throws(SNNError) {
        try expect("(")
        while true {
            guard let comparison = sign(), [">", ">=", "<", "<="].contains(comparison) else {
                throw next.place.error("expected a range such as '> 0', found \(next.shown)")
            }
            drop()
            let isNegative = sign() == "-"
            if isNegative { drop() }
            guard case .number(let number) = next.kind else {
                throw next.place.error("expected a number, found \(next.shown)")
            }
            drop()
            let end = isNegative ? -number : number
            switch comparison {
            case ">": result.above = end
            case ">=": result.atLeast = end
            case "<": result.below = end
            default: result.atMost = end
            }
            guard name() == "and" || sign() == "," else { break }
            drop()
        }
        try expect(")")
    }

    // MARK: Formulas

    private mutating func expression() throws(SNNError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.mostDepth else {
            throw next.place.error("parentheses within more than \(Self.mostDepth) others")
        }
        let place = next.place
        var terms: [Expression.Term] = []
        var isNegative = false
        if sign() == "-" || sign() == "+" {
            isNegative = sign() == "-"
            drop()
        }
        terms.append(Expression.Term(isNegative: isNegative, expression: try product()))
        while let operation = sign(), operation == "+" || operation == "-" {
            drop()
            terms.append(Expression.Term(isNegative: operation == "-", expression: try product()))
        }
        if terms.count == 1, !isNegative { return terms[0].expression }
        return Expression(kind: .sum(terms), place: place)
    }

    private mutating func product() throws(SNNError) -> Expression {
        let place = next.place
        var factors = [Expression.Factor(isDivisor: false, expression: try power())]
        while let operation = sign(), operation == "*" || operation == "/" {
            drop()
            factors.append(Expression.Factor(isDivisor: operation == "/", expression: try power()))
        }
        return factors.count == 1 ? factors[0].expression : Expression(kind: .product(factors), place: place)
    }

    private mutating func power() throws(SNNError) -> Expression {
        let place = next.place
        let base = try primary()
        guard sign() == "^" else { return base }
        drop()
        let power = try exponent()
        return Expression(kind: .power(base, power), place: place)
    }

    /// A whole number, perhaps negative, of size at most 16.
    private mutating func exponent() throws(SNNError) -> Int {
        let place = next.place
        let isNegative = sign() == "-"
        if isNegative { drop() }
        guard case .number(let number) = next.kind, number == number.rounded(), number <= 16 else {
            throw place.error("an exponent is a whole number from -16 to 16, found \(next.shown)")
        }
        drop()
        return isNegative ? -Int(number) : Int(number)
    }

    private mutating func primary() throws(SNNError) -> Expression {
        let place = next.place
        switch next.kind {
        case .number(let number):
            drop()
            // A unit right behind a number belongs to it: 20 ms.
            guard let word = name(), Unit.named[word] != nil else {
                return Expression(kind: .number(number), place: place)
            }
            let behind = try unitPower()
            return Expression(
                kind: .product([
                    Expression.Factor(
                        isDivisor: false,
                        expression: Expression(kind: .number(number), place: place)
                    ),
                    Expression.Factor(isDivisor: false, expression: behind),
                ]),
                place: place
            )
        case .name(let word):
            if Unit.named[word] != nil { return try unitPower() }
            drop()
            guard sign() == "(" else { return Expression(kind: .name(word), place: place) }
            return try call(word, place)
        case .sign("("):
            drop()
            let inner = try expression()
            try expect(")")
            return inner
        case .sign("-"):
            throw place.error("put a negative factor in parentheses")
        default:
            throw place.error("expected a number, a name or '(', found \(next.shown)")
        }
    }

    /// One unit, perhaps with an exponent.
    private mutating func unitPower() throws(SNNError) -> Expression {
        let place = next.place
        guard let word = name(), let unit = Unit.named[word] else { throw place.error("expected a unit") }
        drop()
        let one = Expression(kind: .unit(unit), place: place)
        guard sign() == "^" else { return one }
        drop()
        return Expression(kind: .power(one, try exponent()), place: place)
    }

    private mutating func call(_ word: String, _ place: Place) throws(SNNError) -> Expression {
        guard let function = Function(rawValue: word) else {
            let known = Function.allCases.map(\.rawValue).joined(separator: ", ")
            throw place.error("'\(word)' is no function; known: \(known)")
        }
        try expect("(")
        var arguments = [try expression()]
        while sign() == "," {
            drop()
            arguments.append(try expression())
        }
        try expect(")")
        guard arguments.count == function.argumentCount else {
            throw place.error("\(word) takes \(function.argumentCount) arguments, got \(arguments.count)")
        }
        return Expression(kind: .call(function, arguments), place: place)
    }

    // MARK: What the names are

    /// Gives assignments and starts to the rows they belong to, and refuses names that are given twice.
    private consuming func sorted() throws(SNNError) -> Statements {
        var result = statements
        var taken = Set(result.rows.map(\.name))
        for declaration in statements.declarations where taken.contains(declaration.name) {
            // `v = 0` of a row is what a spike does to it.
            let value = declaration.expression
            assignments.append((declaration.name, .set, value, declaration.place))
        }
        result.declarations.removeAll { taken.contains($0.name) }
        for declaration in result.declarations {
            try checkFree(declaration.name, declaration.place)
            guard taken.insert(declaration.name).inserted else {
                throw declaration.place.error("'\(declaration.name)' is declared twice")
            }
        }
        assignments.sort { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) }
        for (name, operation, value, place) in assignments {
            if result.rows.contains(where: { $0.name == name }) {
                result.resets.append(Reset(row: name, operation: operation, value: value, place: place))
                continue
            }
            guard operation == .set else {
                throw place.error("'\(name)' has no equation d\(name)/dt = ... that a spike could change")
            }
            try checkFree(name, place)
            guard taken.insert(name).inserted else { throw place.error("'\(name)' is given twice") }
            result.definitions[name] = value
        }
        for (name, value, place) in starts {
            guard let index = result.rows.firstIndex(where: { $0.name == name }) else {
                throw place.error("'\(name)' has no equation d\(name)/dt = ...")
            }
            guard result.rows[index].start == nil else { throw place.error("\(name)(0) is given twice") }
            result.rows[index].start = value
        }
        return result
    }
}
