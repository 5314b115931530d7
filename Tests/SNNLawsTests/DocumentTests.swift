import Testing

@testable import SNNLaws

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Test("docs/laws.md lists every law once, in the order to work through")
func documentedLaws() throws {
    let page = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/laws.md"
    let file = try #require(fopen(page, "r"))
    defer { fclose(file) }
    var names: [String] = []
    var line = [CChar](repeating: 0, count: 1 << 12)
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        guard text.hasPrefix("| `") else { continue }
        names.append(String(text.dropFirst(3).prefix { $0 != "`" }))
    }
    #expect(names == Law.allCases.reversed().map(\.rawValue))
}
