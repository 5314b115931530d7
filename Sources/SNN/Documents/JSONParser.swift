import SNNKernel

/// Reads one JSON document from UTF-8 bytes.
///
/// Our own, because hostile nesting must not overflow the stack of a host program and a repeated key must not pass
/// unseen: in a weights file it would be two tensors of one name.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    /// No document of ours nests deeper than a dozen levels; one level costs a few hundred bytes of stack.
    private static let depthLimit = 128

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The whole text as one value; only white space may follow it.
    mutating func document() throws(SNNError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("nothing may follow the document") }
        return result
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(SNNError) -> JSONValue {
        guard depth < Self.depthLimit else { throw failure("JSON must nest at most \(Self.depthLimit) levels deep") }
        skipSpace()
        guard let first = current else { throw failure("the JSON text ends where a value must follow") }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw failure("a JSON value must start here")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(SNNError) -> JSONValue {
        let letters = Array("\(text)".utf8)
        guard bytes[position...].starts(with: letters) else { throw failure("a JSON value must start here") }
        position += letters.count
        return value
    }

    private mutating func object(depth: Int) throws(SNNError) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a key in quotes must follow") }
            let key = try string()
            guard members[key] == nil else { throw failure("a key must appear once, got '\(key)' twice") }
            skipSpace()
            guard take(":") else { throw failure("a colon must follow the key '\(key)'") }
            members[key] = try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("a comma or '}' must follow") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(SNNError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(values) }
        repeat {
            values.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("a comma or ']' must follow") }
        return .array(values)
    }

    private mutating func string() throws(SNNError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let result = String(validating: text, as: UTF8.self) else {
                    throw failure("a string must be valid UTF-8")
                }
                return result
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20:
                position -= 1
                throw failure("control characters in a string must be escaped")
            default: text.append(byte)
            }
        }
        throw failure("the JSON text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(SNNError) {
        guard let kind = current else { throw failure("the JSON text ends inside a string") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xD800..<0xDC00 ~= code, take("\\"), take("u") {
                let low = try hexadecimal()
                if 0xDC00..<0xE000 ~= low { code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) }
            }
            // Half a surrogate pair is no character, so the initialiser refuses it.
            guard let scalar = Unicode.Scalar(code) else { throw failure("\\u must name a character") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("the escape must be one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
        }
    }

    private mutating func hexadecimal() throws(SNNError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("four hexadecimal digits must follow \\u") }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits must follow \\u")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }

    private mutating func number() throws(SNNError) -> Double {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw failure("a number must be within the range of a double, got \(text.prefix(40))")
        }
        return value
    }

    private mutating func digits() throws(SNNError) {
        let start = position
        while let byte = current, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        guard position > start else { throw failure("a digit must follow") }
    }

    private func failure(_ law: String) -> SNNError {
        let before = bytes[..<min(position, bytes.count)]
        let line = 1 + before.count { $0 == 0x0A }
        let column = 1 + before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
        let rest = bytes[min(position, bytes.count)...].prefix(20).prefix { $0 >= 0x20 }
        let got = rest.isEmpty ? "the end" : "«\(String(decoding: rest, as: UTF8.self))»"
        return .document("line \(line), column \(column): \(law), got \(got)")
    }
}
