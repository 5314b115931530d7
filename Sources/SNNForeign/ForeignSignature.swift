import SNNKernel

/// The argument list of a foreign function, read from its text: `void(size_t n, const float *current, float *v)`.
struct ForeignSignature: Sendable {
    /// The types a function may take.
    enum Kind: String, Sendable {
        case size = "size_t"
        case int32 = "int32_t"
        case int64 = "int64_t"
        case int
        case float, double
        case host = "snn_host"
    }

    /// One argument.
    struct Argument: Sendable {
        let name: String
        let kind: Kind
        let isPointer: Bool
        let isConstant: Bool

        /// As C writes it.
        var text: String { "\(isConstant ? "const " : "")\(kind.rawValue) \(isPointer ? "*" : "")\(name)" }
    }

    let arguments: [Argument]
    /// Whether it returns 0 for success.
    let returnsStatus: Bool

    /// Most arguments of a function.
    static let mostArguments = 256

    /// Reads the text.
    ///
    /// Errors: ``SNNError/plugin(_:)`` that names the argument.
    init(_ text: String) throws(SNNError) {
        guard let open = text.firstIndex(of: "("), text.last == ")" else {
            throw .plugin("its signature must be «result(type name, ...)», got «\(text.prefix(100))»")
        }
        let result = text[..<open].split(separator: " ").joined(separator: " ")
        guard ["void", "int", "int32_t"].contains(result) else {
            throw .plugin("it must return void, int or int32_t, got '\(result)'")
        }
        returnsStatus = result != "void"
        let list = text[text.index(after: open)...].dropLast()
        var arguments: [Argument] = []
        for (place, part) in list.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let words = part.split { $0.isWhitespace }.joined(separator: " ")
            if words == "void" || words.isEmpty, list.firstIndex(of: ",") == nil { break }
            guard place < Self.mostArguments else {
                throw .plugin("it must take at most \(Self.mostArguments) arguments")
            }
            let argument = try Self.argument(words, place: place + 1)
            guard !arguments.contains(where: { $0.name == argument.name }) else {
                throw .plugin("argument \(place + 1): '\(argument.name)' stands twice")
            }
            arguments.append(argument)
        }
        self.arguments = arguments
    }

    private static func argument(_ text: String, place: Int) throws(SNNError) -> Argument {
        let words = text.replacing("*", with: " * ").split(separator: " ").filter {
            !["restrict", "__restrict", "__restrict__"].contains($0)
        }
        var types = words.dropLast()
        let isConstant = types.contains("const")
        types.removeAll { $0 == "const" }
        let isPointer = types.last == "*"
        if isPointer { types.removeLast() }
        guard let name = words.last, isName(name), types.count == 1,
            let kind = types.first.flatMap({ Kind(rawValue: String($0)) })
        else {
            throw .plugin(
                "argument \(place): «\(text)» must be a type of size_t, int32_t, int64_t, float, double or snn_host, "
                    + "at most one star, and a name"
            )
        }
        return Argument(name: String(name), kind: kind, isPointer: isPointer, isConstant: isConstant)
    }

    /// Whether a text is a letter followed by letters, digits and underscores, at most 63 in all.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 63 else { return false }
        func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
        return isLetter(first) && text.utf8.allSatisfy { isLetter($0) || $0 == 0x5F || (0x30...0x39).contains($0) }
    }
}
