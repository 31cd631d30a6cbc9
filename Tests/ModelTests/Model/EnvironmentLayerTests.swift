// Layers of variables: few are looked through, many are looked up, and nobody can tell which.

import Codecs
import Effects
import Testing

struct EnvironmentLayerTests {
    private func variable(_ name: Int, _ value: Int) -> EnvironmentVariable {
        EnvironmentVariable(name: Bytes(decimal: name), value: .literal(Bytes(decimal: value)))
    }

    /// By the rule alone: the place of the first, the value of the last.
    private func plain(_ variables: [EnvironmentVariable]) -> [EnvironmentVariable] {
        var result: [EnvironmentVariable] = []
        for variable in variables {
            if let index = result.firstIndex(where: { $0.name == variable.name }) {
                result[index] = variable
            } else {
                result.append(variable)
            }
        }
        return result
    }

    @Test(arguments: [0, 1, 7, 23, 24, 25, 26, 60, 400]) func laterOnesWin(_ count: Int) {
        var dice = Dice(seed: UInt64(count) + 1)
        let given = (0..<count * 2).map { variable(dice.below(count + 1), $0) }
        var layer = EnvironmentLayer()
        layer.lay(given)
        #expect(layer.variables == plain(given))
        let more = (0..<40).map { variable(dice.below(count * 2 + 1), 1_000 + $0) }
        var over = EnvironmentLayer(over: layer.variables, expecting: 3)
        over.lay(more)
        layer.lay(more)
        #expect(layer.variables == plain(given + more))
        #expect(over.variables == layer.variables)
    }
}
