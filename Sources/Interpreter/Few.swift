// A table for the few: connections, transfers, permanent secrets, of which there are one or two. It is walked, which
// takes less than hashing; and a dictionary costs a tenth of a millisecond when its kind is used for the first time,
// which is most of what the first dial waits for.

struct Few<Key: Equatable, Value> {
    private var pairs: [(key: Key, value: Value)] = []

    var count: Int { pairs.count }
    var values: [Value] { pairs.map(\.value) }

    subscript(key: Key) -> Value? {
        get { pairs.first { $0.key == key }?.value }
        set {
            let index = pairs.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append((key, value))
            case (nil, nil): break
            }
        }
    }
}
