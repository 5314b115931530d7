/// The weights of the epoch with the lowest mean training loss, and those that training had reached: one of the two is in
/// the network, the other one here.
public struct BestEpoch: Sendable {
    /// The mean loss of the best epoch.
    public private(set) var loss: Double
    /// One a tensor of ``Network/allTensors``: between epochs what training goes on from, in an epoch the best weights.
    public let storages: [Storage<Float>]

    /// What a file held: a trainer's ``Trainer/best`` between epochs.
    public init(loss: Double, storages: [Storage<Float>]) {
        self.loss = loss
        self.storages = storages
    }

    /// A copy of a network of which no epoch is known yet.
    init(_ network: Network) {
        self.init(loss: .infinity, storages: network.allTensors.map { $0.storage.copy() })
    }

    /// Takes the numbers of a network whose epoch ended with a lower loss.
    mutating func take(_ network: Network, loss: Double) {
        self.loss = loss
        for (mine, tensor) in zip(storages, network.allTensors) {
            mine.base.update(from: tensor.storage.base, count: mine.count)
        }
    }

    /// Gives a network these numbers.
    func load(into network: Network) {
        for (mine, tensor) in zip(storages, network.allTensors) {
            tensor.storage.base.update(from: mine.base, count: mine.count)
        }
    }

    /// Swaps these numbers with those of a network.
    func exchange(with network: Network) {
        for (mine, tensor) in zip(storages, network.allTensors) {
            let theirs = tensor.storage
            for index in 0..<mine.count { swap(&mine.base[index], &theirs.base[index]) }
        }
    }
}
