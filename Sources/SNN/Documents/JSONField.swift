import SNNKernel

/// One place in a JSON document, which knows its path: what reads descriptions and recipes.
///
///     let name = try root["layers"].element(2)["name"].string()
///     // throws «layers[2].name must be a string, got 3»
///
/// A key that is absent and a key that is `null` are the same. Every accessor throws ``SNNError/document`` that names
/// the path where the type is wrong, or where a value is missing and no default was given.
package struct JSONField: Sendable {
    /// Where this is, "layers[2].name"; "" at the root.
    package let path: String
    /// What stands there; nil where the key is absent or null.
    package let value: JSONValue?

    /// The root of a document, or a part of one that error sentences call `path`.
    package init(_ value: JSONValue?, path: String = "") {
        self.path = path
        self.value = value == .null ? nil : value
    }

    /// Whether there is a value.
    package var isPresent: Bool { value != nil }

    /// The member `key`; absent where this is absent or no object (call ``object()`` or ``check(keys:)`` first).
    package subscript(key: String) -> JSONField {
        var member: JSONValue?
        if case .object(let members) = value { member = members[key] }
        return JSONField(member, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The element `index` of a list; absent where there is none.
    package func element(_ index: Int) -> JSONField {
        var element: JSONValue?
        if case .array(let values) = value, values.indices.contains(index) { element = values[index] }
        return JSONField(element, path: "\(path)[\(index)]")
    }

    /// The error «path law, got value»; for laws beyond the type, such as a range.
    package func error(_ law: String) -> SNNError { .document(sentence(law)) }

    /// The error «path law, got value» of a value that has the right type but lies outside its range.
    package func rangeError(_ law: String) -> SNNError { .parameter(sentence(law)) }

    private var label: String { path.isEmpty ? "the document" : path }

    private func sentence(_ law: String) -> String {
        guard let value else { return "\(label) \(law), but it is missing" }
        let text = value.text()
        return "\(label) \(law), got \(text.count > 60 ? text.prefix(57) + "..." : text)"
    }

    // MARK: - Values that must be there

    /// A string.
    package func string() throws(SNNError) -> String {
        guard case .string(let text) = value else { throw error("must be a string") }
        return text
    }

    /// A number, always finite.
    package func number() throws(SNNError) -> Double {
        guard case .number(let number) = value, number.isFinite else { throw error("must be a number") }
        return number
    }

    /// A whole number of at most 2^53, which doubles hold exactly.
    package func integer() throws(SNNError) -> Int {
        guard case .number(let number) = value, abs(number) <= 0x1p53, let integer = Int(exactly: number) else {
            throw error("must be an integer")
        }
        return integer
    }

    /// A seed: a whole number from 0 to 2^53, or any 64-bit number as a string.
    package func seed() throws(SNNError) -> UInt64 {
        if case .string(let text) = value, let seed = UInt64(text) { return seed }
        guard case .number(let number) = value, number <= 0x1p53, let seed = UInt64(exactly: number) else {
            throw error("must be an integer from 0 to 2^53, or a 64-bit one as a string")
        }
        return seed
    }

    /// `true` or `false`.
    package func bool() throws(SNNError) -> Bool {
        guard case .bool(let flag) = value else { throw error("must be true or false") }
        return flag
    }

    /// The elements of a list, each with its path.
    package func array() throws(SNNError) -> [JSONField] {
        guard case .array(let values) = value else { throw error("must be a list") }
        return values.indices.map { element($0) }
    }

    /// The members of an object, each with its path, sorted by key so that no work depends on hashing.
    package func object() throws(SNNError) -> [(key: String, field: JSONField)] {
        guard case .object(let members) = value else { throw error("must be an object") }
        return members.keys.sorted().map { ($0, self[$0]) }
    }

    /// A list of numbers.
    package func numbers() throws(SNNError) -> [Double] {
        var numbers: [Double] = []
        for element in try array() { numbers.append(try element.number()) }
        return numbers
    }

    // MARK: - Values that may be absent

    /// A string, or nil where there is none.
    package func optionalString() throws(SNNError) -> String? { isPresent ? try string() : nil }

    /// A number, or nil where there is none.
    package func optionalNumber() throws(SNNError) -> Double? { isPresent ? try number() : nil }

    /// A whole number, or nil where there is none.
    package func optionalInteger() throws(SNNError) -> Int? { isPresent ? try integer() : nil }

    /// A seed, or nil where there is none.
    package func optionalSeed() throws(SNNError) -> UInt64? { isPresent ? try seed() : nil }

    /// `true` or `false`, or nil where there is neither.
    package func optionalBool() throws(SNNError) -> Bool? { isPresent ? try bool() : nil }

    /// The elements of a list, or nil where there is none.
    package func optionalArray() throws(SNNError) -> [JSONField]? { isPresent ? try array() : nil }

    /// The members of an object, or nil where there is none.
    package func optionalObject() throws(SNNError) -> [(key: String, field: JSONField)]? {
        isPresent ? try object() : nil
    }

    // MARK: - Laws

    /// Refuses anything but an object whose keys are all `known`: a misspelt key must not be silently ignored.
    ///
    /// Throws ``SNNError/document`` for another type, ``SNNError/unknownName`` that lists the known keys. An absent
    /// object passes.
    package func check(keys known: [String]) throws(SNNError) {
        for (key, _) in try optionalObject() ?? [] where !known.contains(key) {
            throw .unknown(path.isEmpty ? "key" : "key in \(path):", key, known: known)
        }
    }

    /// One of a few words; throws ``SNNError/unknownName`` that lists them.
    package func choice(of known: [String]) throws(SNNError) -> String {
        let word = try string()
        guard known.contains(word) else { throw .unknown(label, word, known: known) }
        return word
    }
}
