package mirror

// All that is asked of the file.
const (
	rememberLink = `INSERT INTO links (id) VALUES (?) ON CONFLICT DO NOTHING`
	knownLinks   = `SELECT id FROM links ORDER BY link`
	linkHead     = `SELECT link, seq, cursor, more FROM links WHERE id = ?`
	advance      = `UPDATE links SET cursor = ?, more = ?, seq = ? WHERE link = ?`

	currentVersion = `SELECT t.txn, t.live, t.version, v.body FROM transactions t JOIN versions v ON v.version = t.version WHERE t.link = ? AND t.id = ?`
	lastVersion    = `SELECT coalesce(max(version), 0) FROM versions`
	addVersion     = `INSERT INTO versions (version, kind, prior, body) VALUES (?, ?, ?, ?)`
	addPage        = `INSERT INTO pages (link, seq, first, last, request) VALUES (?, ?, ?, ?, ?)`
	addTransaction = `INSERT INTO transactions (version, account, day, pending, amount, value, currency, category, words, seen, link, id, live)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING`
	setTransaction = `UPDATE transactions SET live = 1, version = ?, account = ?, day = ?, pending = ?, amount = ?, value = ?, currency = ?,
		category = ?, words = ?, seen = ?, settled = NULL, confidence = NULL WHERE txn = ?`
	setGone = `UPDATE transactions SET live = 0, version = ? WHERE txn = ?`

	sameBody = `UPDATE versions SET body = ? WHERE version = ?`

	beginSync = `INSERT INTO syncs (link, seq, at, before, after, continues) VALUES (?, ?, ?, ?, '', ?)`
	growSync  = `UPDATE syncs SET after = ?, created = created + ?, updated = updated + ?, removed = removed + ?,
		requests = trim(requests || ' ' || ?) WHERE link = ? AND seq = ?`
	endSync  = `UPDATE syncs SET more = ? WHERE link = ? AND seq = ?`
	oneSync  = `SELECT seq, at, before, after, created, updated, removed, more, continues, requests FROM syncs WHERE link = ? AND seq = ?`
	allSyncs = `SELECT s.seq, s.at, s.before, s.after, s.created, s.updated, s.removed, s.more, s.continues, s.requests
		FROM syncs s JOIN links l USING (link) WHERE l.id = ? ORDER BY s.seq DESC`

	changesOfSync = `SELECT v.kind, p.body, v.body FROM links l JOIN pages USING (link)
		JOIN versions v ON v.version BETWEEN pages.first AND pages.last LEFT JOIN versions p ON p.version = v.prior
		WHERE l.id = ? AND pages.seq = ? ORDER BY v.version`

	transactionsOf = `SELECT v.body FROM links l JOIN transactions t USING (link) JOIN versions v ON v.version = t.version
		WHERE l.id = ?1 AND t.live = 1 AND (?2 = '' OR t.account = ?2) AND t.day <= ?3 AND (t.day < ?3 OR t.id > ?4)
		ORDER BY t.day DESC, t.id LIMIT ?5`
)

const mirrorStats = `SELECT (SELECT count(*) FROM links), (SELECT count(*) FROM transactions WHERE live = 1),
	(SELECT count(*) FROM versions), (SELECT count(*) FROM syncs), (SELECT coalesce(max(at), 0) FROM syncs)`

// For files of before there were these columns. A transaction that is gone keeps
// what it was in its last version but one.
const (
	versionsAfter = `SELECT t.txn, coalesce(v.body, p.body) FROM transactions t JOIN versions v ON v.version = t.version
		LEFT JOIN versions p ON p.version = v.prior WHERE t.txn > ? ORDER BY t.txn LIMIT ?`
	setColumns = `UPDATE transactions SET value = ?, currency = ?, words = ?,
		seen = (SELECT coalesce(max(p.seq), 0) FROM pages p WHERE p.link = transactions.link AND p.first <= transactions.version) WHERE txn = ?`
)

// About links themselves.
const (
	linkRead   = `SELECT link, coalesce(read_at, 0) FROM links WHERE id = ?`
	setLink    = `UPDATE links SET body = ?, read_at = ?, request = ? WHERE link = ?`
	linksAfter = `SELECT link, body, read_at, request, (SELECT state FROM states s WHERE s.link = links.link ORDER BY at DESC LIMIT 1) FROM links WHERE link > ? AND body IS NOT NULL ORDER BY link LIMIT ?`
	// A state that is the one before is no news.
	addState = `INSERT INTO states (link, at, state, error, request) SELECT ?1, ?2, ?3, ?4, ?5
		WHERE (?3, ?4) IS NOT (SELECT state, error FROM states WHERE link = ?1 ORDER BY at DESC LIMIT 1)`
	statesOf = `SELECT s.at, s.state, s.error, s.request FROM states s JOIN links l USING (link) WHERE l.id = ? ORDER BY s.at DESC`
)

// About accounts. A link has those that the last read of them showed.
const (
	putAccount = `INSERT INTO accounts (link, id, body, seen_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET body = excluded.body, seen_at = excluded.seen_at`
	addBalance = `INSERT INTO balances (account, at, current, available, owed, currency)
		SELECT a.account, ?3, ?4, ?5, ?6, ?7 FROM accounts a WHERE a.link = ?1 AND a.id = ?2
		AND (?4, ?5, ?6, ?7) IS NOT (SELECT current, available, owed, currency FROM balances b WHERE b.account = a.account ORDER BY at DESC LIMIT 1)
		ON CONFLICT DO NOTHING`
	accountsOf = `SELECT a.body, a.seen_at FROM links l JOIN accounts a USING (link) WHERE l.id = ?1
		AND a.seen_at = (SELECT max(seen_at) FROM accounts WHERE link = l.link) ORDER BY a.account`
	balancesOf = `SELECT b.at, b.current, b.available, b.owed, b.currency FROM links l JOIN accounts a USING (link) JOIN balances b USING (account)
		WHERE l.id = ? AND a.id = ? ORDER BY b.at`
)

// Over all links.
const (
	newsSince = `SELECT s.seq, s.at, s.before, s.after, s.created, s.updated, s.removed, s.more, s.continues, s.requests, l.id
		FROM syncs s JOIN links l USING (link) WHERE s.at >= ?1 AND s.at <= ?2
		AND (s.at < ?2 OR ?4 = 0 OR l.id > ?3 OR l.id = ?3 AND s.seq < ?4) ORDER BY s.at DESC, l.id, s.seq DESC LIMIT ?5`
	markOf  = `SELECT at FROM marks WHERE name = ?`
	setMark = `INSERT INTO marks (name, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at`
)

// To find transactions. A search for several words looks for the first of them.
const (
	findWhere = `SELECT t.txn, t.day, t.value, t.currency, t.category, CASE WHEN ?11 THEN t.words END
		FROM links l JOIN transactions t USING (link)
		WHERE l.id = ?1 AND t.live = 1 AND t.day BETWEEN ?2 AND ?3 AND (?4 = '' OR t.account = ?4)
		AND abs(t.amount) BETWEEN ?5 AND ?6 AND (?7 = '' OR (t.amount < 0) = (?7 = 'debit'))
		AND (?8 = '' OR t.pending = (?8 = 'pending')) AND (?9 = '' OR t.category = ?9) AND (?10 = '' OR instr(t.words, ?10) > 0)`
	transactionAt = `SELECT v.body FROM transactions t JOIN versions v USING (version) WHERE t.txn = ? AND t.live = 1`
)

// findTransactions is the query for an order.
func findTransactions(order Order, reverse bool) string {
	newest := "t.day DESC, t.id"
	if order == ByDate || order == "" {
		if reverse {
			newest = "t.day, t.id DESC"
		}
		return findWhere + " ORDER BY " + newest
	}
	by := map[Order]string{ByAmount: "t.amount", ByDescription: "t.words", ByAccount: "t.account", ByCategory: "t.category"}[order]
	if reverse {
		by += " DESC"
	}
	return findWhere + " ORDER BY " + by + ", " + newest
}
