import SNNKernel
import Testing

@testable import SNN

@Suite("JSON documents")
struct JSONValueTests {
    @Test(
        "text and value convert into each other",
        arguments: [
            "null", "true", "[]", "{}", "[1,2.5,-3e-05]", "{\"a\":[{\"b\":null}],\"c\":\"d\"}",
            "\"\\\"\\\\\\n\\u0001\"", "-0.0",
            "9007199254740992", "1e+300", "\"Grüße 😀\"",
        ]
    )
    func roundTrip(_ text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
        #expect(try JSONValue(parsing: JSONValue(parsing: text).text(pretty: true)) == JSONValue(parsing: text))
    }

    @Test("keys are sorted, integers have no fraction, non-finite numbers are null")
    func writing() {
        let value: JSONValue = ["b": 2, "a": .array([.number(.nan), .number(.infinity), 3.0, 0.1])]
        #expect(value.text() == "{\"a\":[null,null,3,0.1],\"b\":2}")
        #expect(value.text(pretty: true) == "{\n  \"a\": [null, null, 3, 0.1],\n  \"b\": 2\n}")
    }

    @Test("escapes are read, a surrogate pair as one character")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""\u0041\/\b\f\n\r\t\ud83d\ude00""#) == "A/\u{8}\u{c}\n\r\t😀")
    }

    @Test(
        "malformed text is refused with its place",
        arguments: [
            ("", "line 1, column 1"), ("{", "a key in quotes"), ("[1,]", "a JSON value must start"),
            ("{\"a\" 1}", "a colon"),
            ("[1 2]", "a comma or ']'"), ("{\"a\":1 \"b\":2}", "a comma or '}'"), ("tru", "must start here"),
            ("01", "nothing may follow"),
            ("1.", "a digit"), ("-", "a digit"), ("1e", "a digit"), ("+1", "must start here"),
            ("1e999", "range of a double"),
            ("NaN", "must start here"), ("\"a", "ends inside a string"), ("\"\\", "ends inside a string"),
            ("\"\\x\"", "the escape"), ("\"\\u12g4\"", "hexadecimal"), ("\"\\ud800\"", "must name a character"),
            ("\"\n\"", "control characters"), ("{\"a\":1,\"a\":2}", "must appear once"),
            ("[1] x", "nothing may follow"),
            ("[\n\n  ?]", "line 3, column 3"), ("{\"a\":1,}", "a key in quotes"), ("'a'", "must start here"),
        ]
    )
    func malformed(_ text: String, _ part: String) {
        #expect {
            try JSONValue(parsing: text)
        } throws: { error in
            guard case .document(let sentence)? = error as? SNNError else { return false }
            return sentence.contains(part)
        }
    }

    @Test("hostile nesting is refused, not followed")
    func nesting() throws {
        #expect(throws: SNNError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(throws: SNNError.self) { try JSONValue(parsing: String(repeating: "{\"a\":", count: 100_000)) }
        let deep = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
        #expect(try JSONValue(parsing: deep).text() == deep)
    }

    @Test("any damage to a document gives a value or an error")
    func mutations() {
        let text = #"{"layers":[{"name":"h\u00e4\n","n":1.5e-3}],"on":[true,false,null],"s":"😀"}"#
        forEachMutation(of: Array(text.utf8)) { mutated, _ in
            _ = try? JSONValue(parsing: String(decoding: mutated, as: UTF8.self))
        }
    }
}

@Suite("fields of JSON documents")
struct JSONFieldTests {
    private func field() throws -> JSONField {
        JSONField(
            try JSONValue(parsing: #"{"layers":[{"name":"a"},{},{"name":3}],"n":2,"x":1.5,"on":true,"nothing":null}"#)
        )
    }

    private func sentence(_ body: () throws(SNNError) -> some Any) -> String {
        do throws(SNNError) {
            _ = try body()
            return "no error"
        } catch { return error.message }
    }

    @Test("values are read with their type")
    func values() throws {
        let root = try field()
        #expect(try root["layers"].element(0)["name"].string() == "a")
        #expect(try root["n"].integer() == 2)
        #expect(try root["n"].number() == 2)
        #expect(try root["x"].optionalNumber() == 1.5)
        #expect(try root["on"].bool())
        #expect(try root["layers"].array().count == 3)
        #expect(try root.object().map(\.key) == ["layers", "n", "nothing", "on", "x"])
        #expect(try root["nothing"].optionalString() == nil)
        #expect(try root["absent"]["deeper"].element(4).optionalArray() == nil)
    }

    @Test("a wrong type names the path and the value")
    func wrongTypes() throws {
        let root = try field()
        #expect(
            sentence { () throws(SNNError) in try root["layers"].element(2)["name"].string() }
                == "layers[2].name must be a string, got 3"
        )
        #expect(
            sentence { () throws(SNNError) in try root["layers"].element(1)["name"].string() }
                == "layers[1].name must be a string, but it is missing"
        )
        #expect(sentence { () throws(SNNError) in try root["x"].integer() } == "x must be an integer, got 1.5")
        #expect(sentence { () throws(SNNError) in try root.array() }.hasPrefix("the document must be a list, got {"))
        #expect(sentence { () throws(SNNError) in try root["n"].optionalBool() } == "n must be true or false, got 2")
    }

    @Test("an unknown key is refused and the known ones are listed")
    func unknownKeys() throws {
        let root = try field()
        #expect(
            sentence { () throws(SNNError) in try root["layers"].element(0).check(keys: ["size", "kind"]) }
                == "unknown key in layers[0]: 'name'; known: kind, size"
        )
        try root["absent"].check(keys: [])
        #expect(
            sentence { () throws(SNNError) in try root["layers"].element(0)["name"].choice(of: ["b", "c"]) }
                == "unknown layers[0].name 'a'; known: b, c"
        )
    }

    @Test("a seed is a small number or any 64-bit one as a string")
    func seeds() throws {
        #expect(try JSONField("18446744073709551615").seed() == .max)
        #expect(try JSONField(7).seed() == 7)
        #expect(throws: SNNError.self) { try JSONField(-1).seed() }
        #expect(throws: SNNError.self) { try JSONField(1e300).seed() }
        #expect(throws: SNNError.self) { try JSONField("x").seed() }
        #expect(throws: SNNError.self) { try JSONField(1e300).integer() }
    }
}
