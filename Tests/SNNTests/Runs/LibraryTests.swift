import CSNN
import SNNKernel
import Testing

@testable import SNN

@Suite("the library as a whole")
struct LibraryTests {
    @Test("this processor has what the tests were built for")
    func processor() throws {
        try Library.checkProcessor()
        #expect(Library.buildInfo.contains("snn \(Library.version), built for "))
    }

    @Test("the version is that of the header")
    func version() throws {
        let header = try ReadFile.text(Repository.path("Include/snn.h"))
        func number(_ name: String) throws -> String {
            let line = try #require(header.split(separator: "\n").first { $0.hasPrefix("#define \(name) ") })
            return String(try #require(line.split(separator: " ").last))
        }
        let parts = try ["SNN_VERSION_MAJOR", "SNN_VERSION_MINOR", "SNN_VERSION_PATCH"].map(number)
        #expect(Library.version == parts.joined(separator: "."))
        #expect("\(snn_abi_version())" == (try number("SNN_ABI_VERSION")))
    }

    @Test("the plugins go together, and two of a name do not")
    func registry() throws {
        let components = try Library.registry().components
        #expect(Set(components.map { "\($0.kind) \($0.name)" }).count == components.count)
        for component in components {
            #expect(component.summary.hasSuffix(".") && component.summary.count > 5, "\(component.name)")
            #expect(Set(component.parameters.map(\.name)).count == component.parameters.count, "\(component.name)")
            for parameter in component.parameters {
                #expect(!parameter.meaning.isEmpty && !parameter.unit.isEmpty && !parameter.range.isEmpty)
            }
        }
        let twice = failure { try Registry(plugins: builtInPlugins + builtInPlugins) }
        guard case .argument(let sentence)? = twice else {
            Issue.record("two plugins of one name must be SNNError.argument")
            return
        }
        #expect(sentence.contains("two plugins bring the"))
    }

    @Test("the folders of plugins/ are the plugins of the registry")
    func pluginFolders() throws {
        // `SingleSpike` is `single_spike`, `ReLU` is `relu`: they agree but for case and underscores.
        let identifiers = builtInPlugins.map { $0.identifier.filter { $0 != "_" } }
        #expect(identifiers.sorted() == Repository.folders(in: "plugins").map { $0.lowercased() }.sorted())
        for plugin in builtInPlugins {
            #expect(plugin.identifier.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
            for neuron in plugin.neurons {
                let isOwn = neuron.name == plugin.identifier || neuron.name.hasPrefix(plugin.identifier + ".")
                #expect(isOwn, "\(neuron.name) must be named after its plugin \(plugin.identifier)")
            }
        }
    }

    @Test("every component stands in the documents")
    func documented() throws {
        let pages = try ["docs/network.md", "docs/recipes.md"].map { try ReadFile.text(Repository.path($0)) }
        for component in try Library.registry().components {
            // In code quotes, or as the first word of an indented line.
            let isThere = pages.contains {
                $0.contains("`\(component.name)`") || $0.contains("\n    \(component.name) ")
            }
            #expect(isThere, "\(component.kind) '\(component.name)' must stand in docs/network.md or docs/recipes.md")
        }
    }

    @Test("every JSON example of the documents is what the library reads")
    func examples() throws {
        func examples(_ page: String) throws -> [String] {
            try ReadFile.text(Repository.path(page)).split(separator: "```json\n", omittingEmptySubsequences: false)
                .dropFirst().map { String($0.prefix(upTo: $0.firstRange(of: "```")?.lowerBound ?? $0.endIndex)) }
        }
        let networks = try examples("docs/network.md") + examples("docs/equations.md")
        let recipes = try examples("docs/recipes.md")
        #expect(!networks.isEmpty && !recipes.isEmpty)
        for text in networks {
            _ = try Network(try NetworkDocument.read(text), registry: try Library.registry(), seed: 1)
        }
        for text in recipes {
            let recipe = try Recipe.find(text)
            _ = try Network(recipe.network, registry: try Library.registry(), seed: recipe.seed)
        }
    }
}
