import Delivery

extension LateReport {
    /// Those of a batch that still tell something when it is to be stored.
    ///
    /// Two reports about one recipient may be read at the same time, and both find that nothing is known yet.
    static func news(_ batch: [LateReport], in reader: any QueueReader) throws(StoreError) -> [LateReport] {
        var told: Set<Dispatch> = []
        var news: [LateReport] = []
        for late in batch {
            if late.event != nil {
                guard told.insert(late.dispatch).inserted else { continue }
                let known = try reader.dispatch(of: late.dispatch.recipient)
                guard known?.outcome != late.dispatch.outcome else { continue }
            }
            news.append(late)
        }
        return news
    }
}
