import CForeignFixtures
import CSNN
import SNNKernel
import Testing

@testable import SNNForeign

@Suite("Plugins that are refused")
struct RefusalTests {
    @Test("every descriptor that is wrong is refused with the reason")
    func refused() throws {
        var index = 0
        while let case_ = fixture_refused_at(index)?.pointee {
            let words = String(cString: case_.reason)
            do throws(SNNError) {
                _ = try ForeignPlugin.read(case_.plugin)
                Issue.record("case \(index) is taken: \(words)")
            } catch {
                // The first is a null pointer, an argument for callers in C.
                #expect(error.message.contains(words), "case \(index)")
                if case .plugin = error {} else { Issue.record("case \(index): \(error) is no refusal") }
            }
            index += 1
        }
        #expect(index > 60)
    }

    @Test("signatures are read with any spaces and with restrict")
    func signatures() throws {
        let read = try ForeignSignature("int32_t( size_t  n,const float*restrict a ,float * __restrict b,\n\tdouble c)")
        #expect(read.returnsStatus)
        #expect(read.arguments.map(\.text) == ["size_t n", "const float *a", "float *b", "double c"])
        #expect(try ForeignSignature("void(void)").arguments.isEmpty)
        #expect(try ForeignSignature("void()").arguments.isEmpty)
        let many = (0..<300).map { "float x\($0)" }.joined(separator: ", ")
        #expect(throws: SNNError.self) { try ForeignSignature("void(\(many))") }
    }

    @Test("a file that is no plugin is refused with the reason, one that is not there with the places")
    func files() throws {
        func message(_ path: String) -> String {
            do throws(SNNError) {
                _ = try PluginFile.load(try PluginFile.find(path))
                return "taken"
            } catch { return error.message }
        }
        #expect(message("") == "the path of a plugin must not be empty")
        #expect(message("/no/such/file.so") == "there is no plugin /no/such/file.so")
        #expect(message("/tmp/") == "there is no plugin /tmp/")
        #expect(message(#filePath).contains("cannot be loaded"))
        let sought = message("nobody_has_this")
        #expect(sought.contains("nobody_has_this.so, libnobody_has_this.so"))
        #expect(sought.contains("/snn/plugins"))
    }
}
