import Testing

@testable import SNNKernel

@Suite("Storage")
struct StorageTests {
    @Test("memory starts at a cache line, is zero and ends in a zeroed margin", arguments: [0, 1, 15, 16, 1000])
    func fresh(_ count: Int) {
        for storage in [Storage<Float>(count), Storage<Float>(overwriting: count)] {
            #expect(
                Int(bitPattern: storage.base) % 64 == 0 && storage.count == count && storage.elements.count == count
            )
            #expect((storage.base + count).vector() == SIMD16<Float>(repeating: 0))
        }
        #expect(Storage<Float>(count).array.allSatisfy { $0 == 0 })
    }

    @Test("a copy is independent")
    func copies() {
        let storage = Storage<Int16>(of: [1, 2, 3])
        let twin = storage.copy()
        storage.base[1] = 9
        #expect(twin.array == [1, 2, 3] && storage.array == [1, 9, 3])
    }

    @Test("vectors are read at any place, and stored as many lanes as asked", arguments: [0, 1, 7, 15, 16])
    func vectors(_ lanes: Int) {
        let storage = Storage<Float>(of: (0..<40).map { Float($0) })
        let vector = (storage.base + 3).vector()
        for lane in 0..<16 { #expect(vector[lane] == Float(3 + lane)) }
        (storage.base + 20).store(vector, lanes: lanes)
        let expected = (0..<40).map { 20..<20 + lanes ~= $0 ? Float($0 - 17) : Float($0) }
        #expect(storage.array == expected)
    }
}
