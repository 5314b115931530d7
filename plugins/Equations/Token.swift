import SNNKernel

/// Where something stands in a text; both count from 1, columns in characters.
struct Place: Hashable, Sendable, CustomStringConvertible {
    var line = 1
    var column = 1

    var description: String { "line \(line), column \(column)" }

    /// A text that cannot be read, or means nothing.
    func error(_ words: String) -> SNNError { .document("\(self): \(words)") }
}

/// The words and signs of a text.
struct Token: Sendable {
    enum Kind: Equatable, Sendable {
        case name(String)
        case number(Double)
        /// `+ - * / ^ ( ) , = > < >= <= += -= *= '`.
        case sign(String)
        /// What follows a colon, up to the end of the statement.
        case words(String)
        /// `;`, the end of a line, or the end of the text.
        case end
    }

    let kind: Kind
    let place: Place

    /// As people read it in an error.
    var shown: String {
        switch kind {
        case .name(let name): "'\(name)'"
        case .number(let number): number.plain
        case .sign(let sign): "'\(sign)'"
        case .words: "':'"
        case .end: "the end of the statement"
        }
    }
}

/// Cuts a text into tokens; comments and line ends within parentheses go.
struct Lexer {
    /// Most bytes of a text.
    static let mostBytes = 16384

    private let bytes: [UInt8]
    private var position = 0
    private var place = Place()
    private var openParentheses = 0
    private var tokens: [Token] = []

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// The tokens of a text, the last of which is an end.
    ///
    /// Errors: ``SNNError/document(_:)`` with the place.
    static func tokens(of text: String) throws(SNNError) -> [Token] {
        guard text.utf8.count <= mostBytes else {
            throw .document("the text must have at most \(mostBytes) bytes, got \(text.utf8.count)")
        }
        var lexer = Lexer(text)
        try lexer.run()
        return lexer.tokens
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        if bytes[position] == UInt8(ascii: "\n") {
            place = Place(line: place.line + 1, column: 1)
        } else if bytes[position] & 0xC0 != 0x80 {
            place.column += 1
        }
        position += 1
    }

    private mutating func take(while condition: (UInt8) -> Bool) -> String {
        let first = position
        while let byte = next, condition(byte) { advance() }
        return String(decoding: bytes[first..<position], as: UTF8.self)
    }

    private mutating func run() throws(SNNError) {
        while let byte = next {
            let start = place
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): advance()
            case UInt8(ascii: "#"): _ = take { $0 != UInt8(ascii: "\n") }
            case UInt8(ascii: "\n"):
                advance()
                if openParentheses == 0 { tokens.append(Token(kind: .end, place: start)) }
            case UInt8(ascii: ";"):
                advance()
                openParentheses = 0
                tokens.append(Token(kind: .end, place: start))
            case UInt8(ascii: ":"):
                advance()
                let words = take {
                    $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "#")
                }
                tokens.append(Token(kind: .words(trimmed(words)), place: start))
            case _ where Self.startsName(byte):
                let name = take { Self.startsName($0) || Self.isDigit($0) }
                tokens.append(Token(kind: .name(name), place: start))
            case _ where Self.isDigit(byte) || byte == UInt8(ascii: "."): try number(start)
            default: try sign(byte, start)
            }
        }
        tokens.append(Token(kind: .end, place: place))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func startsName(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            || byte == UInt8(ascii: "_")
    }

    private func trimmed(_ words: String) -> String {
        var rest = words[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    /// Digits, a point, an exponent: `12`, `0.5`, `1e-3`.
    private mutating func number(_ start: Place) throws(SNNError) {
        var digits = take { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
        if let e = next, e == UInt8(ascii: "e") || e == UInt8(ascii: "E") {
            let after = position + 1 < bytes.count ? bytes[position + 1] : 0
            let isSigned = after == UInt8(ascii: "-") || after == UInt8(ascii: "+")
            let digit = isSigned ? (position + 2 < bytes.count ? bytes[position + 2] : 0) : after
            if Self.isDigit(digit) {
                advance()
                digits += "e"
                if isSigned {
                    advance()
                    digits += after == UInt8(ascii: "-") ? "-" : ""
                }
                digits += take(while: Self.isDigit)
            }
        }
        guard let value = Double(digits), Float(value).isFinite else {
            throw start.error("'\(digits.prefix(40))' is no number that float32 holds")
        }
        tokens.append(Token(kind: .number(value), place: start))
    }

    private mutating func sign(_ byte: UInt8, _ start: Place) throws(SNNError) {
        let one = Character(Unicode.Scalar(byte))
        let follows = position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "=")
        guard "+-*/^(),=><'".contains(one) else {
            let shown = String(decoding: bytes[position...].prefix(4), as: UTF8.self).prefix(1)
            throw start.error("the character «\(shown)» has no meaning here")
        }
        if one == "(" { openParentheses += 1 }
        if one == ")" { openParentheses = max(0, openParentheses - 1) }
        advance()
        var text = String(one)
        if follows, "+-*><=".contains(one) {
            advance()
            text += "="
        }
        tokens.append(Token(kind: .sign(text), place: start))
    }
}
