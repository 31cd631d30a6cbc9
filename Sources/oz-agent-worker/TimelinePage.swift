// The timeline's page: its parts and a session put together into one file that needs nothing else.

import Codecs
import TimelineImage

enum TimelinePage {
    /// The session as JSON that holds no `<`.
    static func page(with session: Bytes) -> Bytes {
        var script = Bytes()
        var number: Int32 = 0
        while let part = part(OZ_TIMELINE_SCRIPT, number) {
            script += part
            number += 1
        }
        var page = part(OZ_TIMELINE_PAGE, 0) ?? []
        page = replaced(page, "/*STYLE*/", part(OZ_TIMELINE_STYLE, 0) ?? [])
        page = replaced(page, "/*SCRIPT*/", script)
        return replaced(page, "/*SESSION*/", session)
    }

    private static func part(_ part: oz_timeline_part, _ number: Int32) -> Bytes? {
        var length = 0
        guard let bytes = oz_timeline_part(part, number, &length) else { return nil }
        return Bytes(UnsafeBufferPointer(start: bytes, count: length))
    }

    /// The one place that the mark names.
    private static func replaced(_ page: Bytes, _ mark: String, _ content: Bytes) -> Bytes {
        let mark = Bytes(text: mark)
        guard let place = page.firstRange(of: mark) else { return page }
        return page[..<place.lowerBound] + content + page[place.upperBound...]
    }
}
