/// Rows of text in columns, for people.
struct Table {
    /// How a column stands.
    enum Alignment: Sendable {
        case left
        case right
    }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// - Parameters:
    ///   - header: one title a column; all empty where the table needs none.
    ///   - alignments: one a column; columns beyond stand left.
    init(_ header: [String], _ alignments: [Alignment] = []) {
        self.header = header
        self.alignments = alignments
    }

    /// Adds a row; missing cells stay empty.
    mutating func add(_ cells: [String]) {
        rows.append(header.indices.map { $0 < cells.count ? cells[$0] : "" })
    }

    /// Whether there are no rows.
    var isEmpty: Bool { rows.isEmpty }

    /// The lines, without spaces at their ends; columns without any text are left out.
    func lines(indent: Int = 0) -> [String] {
        let hasHeader = header.contains { !$0.isEmpty }
        let columns = header.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let all = (hasHeader ? [header] : []) + rows
        let widths = header.indices.map { column in all.reduce(0) { max($0, $1[column].count) } }
        return all.map { row in
            var line = String(repeating: " ", count: indent)
            for (place, column) in columns.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                let isRight = column < alignments.count && alignments[column] == .right
                line += (place == 0 ? "" : "  ") + (isRight ? padding + row[column] : row[column] + padding)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Prints it as a result.
    func show(indent: Int = 0) {
        for line in lines(indent: indent) { Console.result(line) }
    }
}
