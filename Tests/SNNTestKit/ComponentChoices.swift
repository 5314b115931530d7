import SNNKernel
import Testing

extension ComponentChoice: CustomTestStringConvertible {
    /// Name and parameters, as a test report shows them.
    public var testDescription: String {
        let list = parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.description)" }
        return ([name] + list).joined(separator: ", ")
    }

    /// The same with more parameters.
    public func with(_ more: [String: ParameterValue]) -> ComponentChoice {
        ComponentChoice(name, parameters.merging(more) { $1 })
    }
}
