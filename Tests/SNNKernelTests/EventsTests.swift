import Testing

@testable import SNNKernel

@Suite("Event lists")
struct EventsTests {
    /// The events of a pixel of a row, as (position, value).
    private func events(_ list: EventList, row: Int, pixel: Int) -> [[Float]] {
        let place = row * list.pixels + pixel
        return (Int(list.starts.base[place])..<Int(list.starts.base[place + 1])).map {
            [Float(list.positions.base[$0]), list.value($0)]
        }
    }

    private func events(_ list: EventList) -> [[[[Float]]]] {
        (0..<list.rows).map { row in (0..<list.pixels).map { events(list, row: row, pixel: $0) } }
    }

    /// The list by definition.
    private func naive(_ values: [Float], rows: Int, shape: Shape) -> [[[[Float]]]] {
        (0..<rows).map { row in
            (0..<shape.pixels).map { pixel in
                (0..<shape.channels).compactMap { channel in
                    let position = pixel * shape.channels + channel
                    let value = values[row * shape.count + position]
                    return value == 0 ? nil : [Float(position), value]
                }
            }
        }
    }

    private static let shapes = [
        Shape(1), Shape(5), Shape(64), Shape(130), Shape(height: 3, width: 4, channels: 2),
        Shape(height: 7, width: 5, channels: 3),
    ]

    @Test("bits and counts are listed by row, pixel and position", arguments: shapes)
    func rasters(_ shape: Shape) {
        var numbers = TestNumbers(12)
        for share in [0.0, 0.2, 1.0] {
            let bits = numbers.bits(3 * 2 * shape.count, share: share)
            let counts = bits.map { $0 == 0 ? 0 : Int(numbers.next() % 9) - 4 }
            let ofBits = EventList(.raster(.bits(bits, steps: 3, batch: 2)), shape: shape)
            #expect(events(ofBits) == naive(bits.map { Float($0) }, rows: 6, shape: shape))
            #expect(ofBits.rows == 6 && ofBits.count == bits.reduce(0, +))
            // The scale is for the sum, not for the list.
            let ofCounts = EventList(.raster(.counts(counts, steps: 3, batch: 2, scale: 0.25)), shape: shape)
            #expect(events(ofCounts) == naive(counts.map { Float($0) }, rows: 6, shape: shape))
        }
    }

    @Test("values are listed a step, constant values once a window", arguments: shapes)
    func values(_ shape: Shape) {
        var numbers = TestNumbers(13)
        let list = zip(numbers.floats(4 * shape.count), numbers.bits(4 * shape.count, share: 0.6)).map {
            $0 * Float($1)
        }
        let perStep = EventList(.values(.perStep(list, steps: 2, batch: 2)), shape: shape)
        #expect(events(perStep) == naive(list, rows: 4, shape: shape))
        let constant = EventList(.values(.constant(list, steps: 50, batch: 4)), shape: shape)
        #expect(constant.rows == 4 && events(constant) == naive(list, rows: 4, shape: shape))
    }

    @Test("negative zero is silent")
    func negativeZero() {
        #expect(EventList(.values(.constant([-0.0, 0, 1], steps: 1, batch: 1)), shape: Shape(3)).count == 1)
    }
}
