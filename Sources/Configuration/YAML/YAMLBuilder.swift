// Builds the tree from events: a stack of open lists and blocks, and the anchors met so far.

import Codecs

struct YAMLBuilder {
    enum Shape { case sequence, mapping }

    private struct Frame {
        var shape: Shape
        var mark: Mark
        var anchor: Bytes?
        /// Of a mapping: keys and values in turn.
        var nodes: [YAMLNode] = []
        var cost = YAMLBuilder.nodeCost
    }

    static let nodeCost = 16

    let limits: YAMLLimits
    private(set) var root: YAMLNode?
    private var frames: [Frame] = []
    private var anchors: [Bytes: YAMLNode] = [:]
    private var documents = 0
    private var expanded = 0

    init(limits: YAMLLimits) {
        self.limits = limits
    }

    mutating func startDocument(at mark: Mark) throws(YAMLError) {
        documents += 1
        guard documents == 1 else {
            throw YAMLError(mark: mark, words: "a second document starts here; a config file holds one")
        }
    }

    mutating func scalar(_ scalar: YAMLScalar, anchor: Bytes?) throws(YAMLError) {
        let cost = YAMLBuilder.nodeCost + scalar.text.count
        add(YAMLNode(content: .scalar(scalar), mark: scalar.mark, cost: cost), anchor: anchor)
    }

    mutating func open(_ shape: Shape, anchor: Bytes?, at mark: Mark) throws(YAMLError) {
        guard frames.count < limits.depth else {
            throw tooDeep(at: mark)
        }
        frames.append(Frame(shape: shape, mark: mark, anchor: anchor))
    }

    mutating func close() throws(YAMLError) {
        guard let frame = frames.popLast() else { return }
        let content: YAMLNode.Content =
            switch frame.shape {
            case .sequence: .sequence(frame.nodes)
            case .mapping: .mapping(YAMLBuilder.pairs(frame.nodes))
            }
        add(YAMLNode(content: content, mark: frame.mark, cost: frame.cost), anchor: frame.anchor)
    }

    mutating func alias(_ anchor: Bytes, at mark: Mark) throws(YAMLError) {
        if frames.contains(where: { $0.anchor == anchor }) {
            throw YAMLError(mark: mark, words: "the alias *\(anchor.text) lies inside of what it stands for")
        }
        guard let node = anchors[anchor] else {
            throw YAMLError(mark: mark, words: "the alias *\(anchor.text) has no anchor &\(anchor.text) before it")
        }
        expanded += node.cost
        guard expanded <= limits.expansion else {
            throw YAMLError(mark: mark, words: "the aliases up to *\(anchor.text) expand to too large a document")
        }
        guard frames.count + YAMLBuilder.depth(node) <= limits.depth else { throw tooDeep(at: mark) }
        add(node, anchor: nil)
    }

    private mutating func add(_ node: YAMLNode, anchor: Bytes?) {
        if let anchor { anchors[anchor] = node }
        guard let last = frames.indices.last else {
            root = node
            return
        }
        frames[last].nodes.append(node)
        frames[last].cost += node.cost
    }

    private static func pairs(_ nodes: [YAMLNode]) -> [YAMLPair] {
        stride(from: 0, to: nodes.count - 1, by: 2).map { YAMLPair(key: nodes[$0], value: nodes[$0 + 1]) }
    }

    private func tooDeep(at mark: Mark) -> YAMLError {
        YAMLError(mark: mark, words: "more than \(limits.depth) lists and blocks lie in each other here")
    }

    private static func depth(_ node: YAMLNode) -> Int {
        switch node.content {
        case .scalar: 0
        case .sequence(let items): 1 + (items.map { depth($0) }.max() ?? 0)
        case .mapping(let pairs): 1 + (pairs.map { max(depth($0.key), depth($0.value)) }.max() ?? 0)
        }
    }
}
