import SNN
import SNNKernel

/// Predictions as a table and as JSON: what was asked for, and the label where it is known.
struct PredictionView {
    let network: Network
    let wanted: Set<PredictCommand.Result>
    let data: Dataset
    let hasLabels: Bool

    /// Prints a table; the class and its probability first.
    func show(_ predictions: [Prediction]) {
        let spiking = network.nodes.indices.filter { network.nodes[$0].spikes }
        var header = ["sample", "label", "class", "probability"]
        header += spiking.map { "spikes \(network.nodes[$0].name)" }
        header += ["", "scores"]
        var table = Table(header, Array(repeating: .right, count: 4 + spiking.count))
        for prediction in predictions {
            var cells = [String(prediction.sample), hasLabels ? name(Int(data.label(prediction.sample))) : ""]
            cells.append(wanted.contains(.class) ? name(prediction.winner) : "")
            cells.append(
                wanted.contains(.probabilities) ? Double(prediction.probabilities[prediction.winner]).fixed(3) : ""
            )
            cells += spiking.map { wanted.contains(.spikeCounts) ? prediction.spikes[$0].grouped : "" }
            cells.append(wanted.contains(.class) && isWrong(prediction) ? "wrong" : "")
            cells.append(
                wanted.contains(.scores)
                    ? prediction.scores.map { Double($0).short }.joined(separator: "  ") : ""
            )
            table.add(cells)
        }
        table.show()
        guard hasLabels, predictions.count > 1 else { return }
        let right = predictions.filter { !isWrong($0) }.count
        Console.result("\(right.grouped) of \(predictions.count.grouped) right")
    }

    /// One prediction.
    func json(_ prediction: Prediction) -> JSONValue {
        var members: [String: JSONValue] = ["sample": .number(Double(prediction.sample))]
        if hasLabels { members["label"] = .number(Double(data.label(prediction.sample))) }
        if wanted.contains(.class) { members["class"] = .number(Double(prediction.winner)) }
        if wanted.contains(.scores) { members["scores"] = numbers(prediction.scores) }
        if wanted.contains(.probabilities) { members["probabilities"] = numbers(prediction.probabilities) }
        if wanted.contains(.spikeCounts) {
            let counts = zip(network.nodes, prediction.spikes).filter(\.0.spikes).map {
                ($0.name, JSONValue.number(Double($1)))
            }
            members["spike_counts"] = .object(Dictionary(counts, uniquingKeysWith: { first, _ in first }))
        }
        return .object(members)
    }

    private func isWrong(_ prediction: Prediction) -> Bool {
        hasLabels && prediction.winner != Int(data.label(prediction.sample))
    }

    private func name(_ label: Int) -> String {
        guard let names = data.classNames, names.indices.contains(label), names[label] != String(label) else {
            return String(label)
        }
        return "\(label) \(names[label])"
    }

    private func numbers(_ list: [Float]) -> JSONValue { .array(list.map { .number(Double($0)) }) }
}
