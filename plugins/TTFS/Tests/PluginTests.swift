import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

@Suite("Plugin ttfs")
struct TTFSPluginTests {
    @Test("the plugin keeps every law, as it comes")
    func conformance() throws { try checkPlugin(PluginEntry.self) }
}
