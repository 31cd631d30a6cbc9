// What the tests of this folder share.

import Codecs

func netBytes(_ text: String) -> Bytes { Array(text.utf8) }
