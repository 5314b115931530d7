import Testing

@testable import SNNKernel

@Suite("Activity")
struct ActivityTests {
    @Test("a shape counts its neurons and reads as rows, columns, channels")
    func shapes() {
        let image = Shape(height: 4, width: 3, channels: 2)
        #expect(image.count == 24 && image.pixels == 12 && !image.isFlat && image.description == "[4, 3, 2]")
        #expect(Shape(7).isFlat && Shape(7).count == 7 && Shape(7).description == "[7]")
    }

    @Test(
        "the events of any range are those within it, in ascending order, across words",
        arguments: [
            0..<0, 0..<1, 0..<64, 63..<64, 63..<65, 64..<65, 1..<200, 60..<130, 128..<192, 127..<129, 200..<200,
        ]
    )
    func eventsInRange(_ range: Range<Int>) {
        var numbers = TestNumbers(9)
        let steps = 3
        let list = numbers.bits(steps * 200, share: 0.5)
        let signed = list.map { $0 == 0 ? 0 : Int(numbers.next() % 7) - 3 }
        let rasters = [
            (Raster.bits(list, steps: steps, batch: 4), list), (Raster.counts(signed, steps: steps, batch: 4), signed),
        ]
        for (raster, list) in rasters {
            for t in 0..<steps {
                var found: [[Int]] = []
                raster.forEachEvent(step: t, in: range) { found.append([$0, $1]) }
                let expected = range.filter { list[t * 200 + $0] != 0 }.map { [$0, list[t * 200 + $0]] }
                #expect(found == expected, "step \(t)")
            }
        }
    }

    @Test("every pair of ends of a row of 130 bits gives the events between them")
    func everyRange() {
        var numbers = TestNumbers(10)
        let list = numbers.bits(130, share: 0.3)
        let raster = Raster.bits(list, steps: 1, batch: 1)
        for low in 0...130 {
            for high in low...130 {
                var sum = 0
                raster.forEachEvent(step: 0, in: low..<high) { index, _ in sum += index + 1 }
                let expected = (low..<high).filter { list[$0] == 1 }.reduce(0) { $0 + $1 + 1 }
                #expect(sum == expected, "\(low)..<\(high)")
            }
        }
    }

    @Test("full words lose no bit at either end")
    func fullWords() {
        let raster = Raster.bits([Int](repeating: 1, count: 192), steps: 1, batch: 1)
        for range in [0..<192, 0..<64, 64..<128, 1..<191, 63..<128] {
            var found: [Int] = []
            raster.forEachEvent(step: 0, in: range) { index, _ in found.append(index) }
            #expect(found == Array(range))
        }
    }

    @Test("spikes of samples are the magnitudes of their counts over the window")
    func spikes() {
        let raster = Raster.counts([1, -2, 0, 3, 0, 0, -1, 1], steps: 2, batch: 2)
        #expect(raster.spikes(samples: 0..<1) == 3)
        #expect(raster.spikes(samples: 1..<2) == 5)
        #expect(raster.spikes(samples: 0..<2) == 8)
        #expect(raster.spikes(samples: 1..<1) == 0)
        #expect(Raster.bits([1, 0, 1, 1], steps: 2, batch: 1).spikes(samples: 0..<1) == 3)
    }

    @Test("a step is written with its scale; constant values are the same at every step")
    func writing() {
        let raster = Activity.raster(.counts([1, 0, -2, 4], steps: 2, batch: 1, scale: 0.25))
        let row = Storage<Float>(of: [9, 9])
        raster.write(step: 1, to: row.base)
        #expect(row.array == [-0.5, 1] && raster.array == [0.25, 0, -0.5, 1])
        let constant = Activity.values(.constant([3, 4], steps: 5, batch: 1))
        constant.write(step: 4, to: row.base)
        #expect(row.array == [3, 4] && constant.isConstant && constant.steps == 5 && constant.array.count == 10)
        #expect(!raster.isConstant && raster.batch == 1 && raster.count == 2)
    }
}
