/// Everything that a caller can do wrong, or that the world can do to us.
///
/// Each case carries one sentence that states the law and the value, for example
/// «tau_mem must be > 0 ms, got -3». The C border maps each case to one status code.
public enum SNNError: Error, Equatable, Sendable {
    /// An argument is missing or makes no sense (a null pointer, a zero batch).
    case argument(String)
    /// Sizes do not fit together.
    case shape(String)
    /// A name is unknown; the sentence lists the known ones.
    case unknownName(String)
    /// A parameter is outside its range.
    case parameter(String)
    /// A JSON document is malformed, or a field of it is.
    case document(String)
    /// A file cannot be read or written.
    case file(String)
    /// A file was read, but its content is truncated or damaged.
    case corrupt(String)
    /// A data set is not where it was looked for.
    case dataMissing(String)
    /// The call is right, but not in this state (a step of a closed session).
    case state(String)
    /// A combination that this version does not support, by name.
    case notSupported(String)
    /// A value is NaN or infinite where a finite one is needed.
    case notFinite(String)
    /// Memory was refused, or a byte budget would be exceeded.
    case memory(String)
    /// The processor lacks an instruction set the library was built for.
    case processor(String)
    /// The caller's progress callback asked to stop.
    case cancelled(String)
    /// A plugin was refused, or one of its functions failed.
    case plugin(String)

    /// The sentence for people.
    public var message: String {
        switch self {
        case .argument(let text), .shape(let text), .unknownName(let text), .parameter(let text),
            .document(let text), .file(let text), .corrupt(let text), .dataMissing(let text), .state(let text),
            .notSupported(let text), .notFinite(let text), .memory(let text), .processor(let text),
            .cancelled(let text), .plugin(let text):
            text
        }
    }

    /// The sentence for a name that is not in a list: «unknown neuron 'lfi'; known: lif, relu».
    public static func unknown(_ what: String, _ name: String, known: some Sequence<String>) -> SNNError {
        .unknownName("unknown \(what) '\(name)'; known: \(known.sorted().joined(separator: ", "))")
    }
}

extension SNNError: CustomStringConvertible {
    /// The sentence for people, without the name of the case.
    public var description: String { message }
}

extension SNNError {
    /// The same error with words in front that say where.
    public func prefixed(by words: String) -> SNNError {
        switch self {
        case .argument(let text): .argument(words + text)
        case .shape(let text): .shape(words + text)
        case .unknownName(let text): .unknownName(words + text)
        case .parameter(let text): .parameter(words + text)
        case .document(let text): .document(words + text)
        case .file(let text): .file(words + text)
        case .corrupt(let text): .corrupt(words + text)
        case .dataMissing(let text): .dataMissing(words + text)
        case .state(let text): .state(words + text)
        case .notSupported(let text): .notSupported(words + text)
        case .notFinite(let text): .notFinite(words + text)
        case .memory(let text): .memory(words + text)
        case .processor(let text): .processor(words + text)
        case .cancelled(let text): .cancelled(words + text)
        case .plugin(let text): .plugin(words + text)
        }
    }
}
