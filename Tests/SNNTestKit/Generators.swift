import SNNKernel
import Testing

public func probe(_ x: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(x, "probe", sourceLocation: sourceLocation)
}
