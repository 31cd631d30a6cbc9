// Layers of environment variables, laid one over another.

import Codecs

/// Variables in the order of their first setting; a later one of the same name wins.
public struct EnvironmentLayer {
    public private(set) var variables: [EnvironmentVariable] = []
    /// Where each name lies, once there are more than a look at each of them is worth. Looked up, never walked, so its
    /// order does not matter.
    private var places: [Bytes: Int] = [:]

    private static let few = 24

    public init(expecting count: Int = 0) {
        variables.reserveCapacity(count)
    }

    /// On top of variables whose names are unique already.
    public init(over unique: [EnvironmentVariable], expecting more: Int) {
        variables.reserveCapacity(unique.count &+ more)
        variables += unique
        if variables.count > EnvironmentLayer.few { index() }
    }

    public mutating func set(_ variable: EnvironmentVariable) {
        if let place = place(of: variable.name) {
            variables[place] = variable
            return
        }
        variables.append(variable)
        if !places.isEmpty {
            places[variable.name] = variables.count &- 1
        } else if variables.count > EnvironmentLayer.few {
            index()
        }
    }

    public mutating func lay(_ more: [EnvironmentVariable]) {
        for variable in more { set(variable) }
    }

    private func place(of name: Bytes) -> Int? {
        if !places.isEmpty { return places[name] }
        for index in variables.indices where variables[index].name == name { return index }
        return nil
    }

    private mutating func index() {
        places.reserveCapacity(variables.count &* 2)
        for index in variables.indices { places[variables[index].name] = index }
    }
}
