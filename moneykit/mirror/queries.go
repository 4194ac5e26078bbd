package mirror

// All that is asked of the file.
const (
	rememberLink = `INSERT INTO links (id) VALUES (?) ON CONFLICT DO NOTHING`
	knownLinks   = `SELECT id FROM links ORDER BY link`
	linkHead     = `SELECT link, seq, cursor, more FROM links WHERE id = ?`
	advance      = `UPDATE links SET cursor = ?, more = ?, seq = ? WHERE link = ?`

	currentVersion = `SELECT t.txn, t.live, t.version, v.body, t.settled IS NOT NULL FROM transactions t JOIN versions v ON v.version = t.version WHERE t.link = ? AND t.id = ?`
	lastVersion    = `SELECT coalesce(max(version), 0) FROM versions`
	addVersion     = `INSERT INTO versions (version, kind, prior, body) VALUES (?, ?, ?, ?)`
	addPage        = `INSERT INTO pages (link, seq, first, last, request) VALUES (?, ?, ?, ?, ?)`
	addTransaction = `INSERT INTO transactions (version, account, day, pending, amount, value, currency, category, words, seen, link, id, live)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING`
	setTransaction = `UPDATE transactions SET live = 1, version = ?, account = ?, day = ?, pending = ?, amount = ?, value = ?, currency = ?,
		category = ?, words = ?, seen = ?, settled = NULL, confidence = NULL WHERE txn = ?`
	setGone = `UPDATE transactions SET live = 0, version = ?, seen = ? WHERE txn = ?`

	sameBody = `UPDATE versions SET body = ? WHERE version = ?`

	beginSync = `INSERT INTO syncs (link, seq, at, before, after, continues) VALUES (?, ?, ?, ?, '', ?)`
	growSync  = `UPDATE syncs SET at = max(at, ?), after = ?, created = created + ?, updated = updated + ?, removed = removed + ?,
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
	(SELECT coalesce(max(version), 0) FROM versions), (SELECT count(*) FROM syncs), (SELECT coalesce(max(at), 0) FROM syncs)`

// For files of before there were these columns. A transaction that is gone keeps
// what it was in its last version but one.
const (
	versionsAfter = `SELECT t.txn, coalesce(v.body, p.body) FROM transactions t JOIN versions v ON v.version = t.version
		LEFT JOIN versions p ON p.version = v.prior WHERE t.txn > ? ORDER BY t.txn LIMIT ?`
	setColumns = `UPDATE transactions SET value = ?, currency = ?, words = ?,
		seen = CASE WHEN pending = 1 AND live = 1 THEN coalesce((SELECT p.last FROM pages p
			WHERE p.link = transactions.link AND p.first <= transactions.version ORDER BY p.first DESC LIMIT 1), 0) ELSE 0 END WHERE txn = ?`
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

// About what happened to links. The next place is the one after the newest, so that
// places have no gaps.
const (
	addEvent   = `INSERT INTO events (link, at, request, body) SELECT link, ?2, ?3, ?4 FROM links WHERE id = ?1`
	dropEvents = `DELETE FROM events WHERE place <= (SELECT max(place) FROM events) - ?`
	allEvents  = `SELECT e.place, l.id, e.at, e.request, e.body FROM events e JOIN links l USING (link)
		WHERE e.place < ? ORDER BY e.place DESC LIMIT ?`
	eventsOf = `SELECT e.place, l.id, e.at, e.request, e.body FROM links l JOIN events e USING (link)
		WHERE l.id = ?3 AND e.place < ?1 ORDER BY e.place DESC LIMIT ?2`
)

// About accounts. A link has those that the last read of them showed; it has none
// when they were all seen at 0.
const (
	accountsBefore = `SELECT body, seen_at FROM accounts WHERE link = ? ORDER BY account`
	putAccount     = `INSERT INTO accounts (link, id, body, seen_at, was) VALUES (?1, ?2, ?3, ?4, (SELECT account FROM accounts WHERE link = ?1 AND id = ?5))
		ON CONFLICT DO UPDATE SET body = excluded.body, seen_at = excluded.seen_at, was = coalesce(excluded.was, was)`
	noAccounts = `UPDATE accounts SET seen_at = 0 WHERE link = ?`
	addBalance = `INSERT INTO balances (account, at, current, available, owed, currency)
		SELECT a.account, ?3, ?4, ?5, ?6, ?7 FROM accounts a WHERE a.link = ?1 AND a.id = ?2
		AND (?4, ?5, ?6, ?7) IS NOT (SELECT current, available, owed, currency FROM balances b WHERE b.account IN (a.account, a.was) ORDER BY at DESC LIMIT 1)
		ON CONFLICT DO UPDATE SET current = excluded.current, available = excluded.available, owed = excluded.owed, currency = excluded.currency`
	accountsOf = `SELECT a.body, a.seen_at FROM links l JOIN accounts a USING (link) WHERE l.id = ?1 AND a.seen_at > 0
		AND a.seen_at = (SELECT max(seen_at) FROM accounts WHERE link = l.link) ORDER BY a.account`
	// An account is followed to what it was before its id changed.
	balancesOf = `WITH RECURSIVE ids (account) AS (
			SELECT a.account FROM links l JOIN accounts a USING (link) WHERE l.id = ? AND a.id = ?
			UNION SELECT a.was FROM ids JOIN accounts a USING (account) WHERE a.was IS NOT NULL)
		SELECT b.at, b.current, b.available, b.owed, b.currency FROM ids JOIN balances b USING (account) ORDER BY b.at`
)

// About what products answered.
const (
	newestAnswer = `SELECT a.at, a.body, a.request FROM links l JOIN answers a USING (link) WHERE l.id = ? AND a.product = ? ORDER BY a.at DESC LIMIT 1`
	addAnswer    = `INSERT INTO answers (link, product, at, body, request) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET body = excluded.body, request = excluded.request`
	sameAnswer  = `UPDATE answers SET at = ?, request = ? WHERE link = ? AND product = ? AND at = ?`
	dropAnswers = `DELETE FROM answers WHERE product = ?`
)

// What moved an account. A posted transaction settled with the last of its versions
// before which it was pending.
const (
	flowOf = `SELECT t.day, t.pending, t.value FROM links l JOIN transactions t USING (link)
		WHERE l.id = ?1 AND t.account = ?2 AND t.live = 1 AND t.currency = ` + currencyOf + ` ORDER BY t.day`
	settledOf = `WITH RECURSIVE chain (txn, version) AS (
			SELECT t.txn, t.version FROM links l JOIN transactions t USING (link)
			WHERE l.id = ?1 AND t.account = ?2 AND t.live = 1 AND t.pending = 0 AND t.currency = ` + currencyOf + `
			UNION ALL SELECT c.txn, v.prior FROM chain c JOIN versions v USING (version) WHERE v.prior IS NOT NULL)
		SELECT max(s.at), t.day, t.value FROM chain c JOIN transactions t USING (txn) JOIN versions v ON v.version = c.version
		JOIN versions p ON p.version = v.prior JOIN pages ON pages.link = t.link
			AND pages.first = (SELECT max(g.first) FROM pages g WHERE g.link = t.link AND g.first <= v.version)
		JOIN syncs s ON s.link = pages.link AND s.seq = pages.seq
		WHERE CASE WHEN json_valid(CAST(p.body AS TEXT)) THEN json_extract(CAST(p.body AS TEXT), '$.pending') END
		GROUP BY t.txn ORDER BY 1, t.txn`
	currencyOf = `(SELECT b.currency FROM accounts a JOIN balances b ON b.account IN (a.account, a.was)
		WHERE a.link = l.link AND a.id = ?2 ORDER BY b.at DESC LIMIT 1)`
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
	by, other := map[Order]string{ByAmount: "t.amount", ByDescription: "t.words", ByAccount: "t.account", ByCategory: "t.category"}[order]
	if !other {
		if reverse {
			newest = "t.day, t.id DESC"
		}
		return findWhere + " ORDER BY " + newest
	}
	if reverse {
		by += " DESC"
	}
	return findWhere + " ORDER BY " + by + ", " + newest
}

// About who syncs.
const (
	oneLease  = `SELECT holder, until FROM links WHERE id = ?`
	allLeases = `SELECT id, holder, until FROM links WHERE holder IS NOT NULL ORDER BY link`
	takeLease = `INSERT INTO links (id, holder, until) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET holder = ?2, until = ?3
		WHERE coalesce(holder, '') = ?4 AND coalesce(until, 0) = ?5`
	giveLease = `UPDATE links SET holder = NULL, until = NULL WHERE id = ? AND holder = ?`
)

// About pending ones that vanish.
const (
	doubtfulPending = `SELECT t.txn, t.version, t.seen, 0, v.body FROM transactions t JOIN versions v USING (version)
		WHERE t.link = ?1 AND t.pending = 1 AND t.live = 1 AND t.seen < ` + newestOf + ` ORDER BY t.txn`
	doubtfulGone = `SELECT t.txn, v.prior, t.seen, 0, p.body FROM transactions t JOIN versions v USING (version) JOIN versions p ON p.version = v.prior
		WHERE t.link = ?1 AND t.live = 0 AND t.pending = 1 AND t.seen < ` + newestOf + ` AND t.settled IS NULL AND v.kind = 'gone'
		AND t.day >= min((SELECT max(day) FROM transactions WHERE link = ?1 AND live = 1),
			(SELECT at FROM syncs WHERE link = ?1 ORDER BY seq DESC LIMIT 1) / ?3) - ?2 ORDER BY t.txn`
	newestOf = `(SELECT last FROM pages WHERE link = ?1 ORDER BY seq DESC, first DESC LIMIT 1)`
	// The first version of each transaction tells the sync that brought it.
	cameSince = `WITH RECURSIVE versions_of (txn, version, kind, prior) AS (
			SELECT t.txn, v.version, v.kind, v.prior FROM transactions t JOIN versions v USING (version)
			WHERE t.link = ?1 AND t.live = 1 AND t.day >= ?2 AND t.pending = 0
			UNION ALL SELECT o.txn, v.version, v.kind, v.prior FROM versions_of o JOIN versions v ON v.version = o.prior WHERE o.kind <> 'settled'
		) SELECT o.txn, o.version, 0, p.seq, v.body FROM versions_of o JOIN versions v USING (version)
		JOIN pages p ON p.link = ?1 AND o.version BETWEEN p.first AND p.last
			AND p.seq >= (SELECT coalesce(max(seq), 0) FROM pages WHERE link = ?1 AND first <= ?3)
		WHERE o.prior IS NULL AND o.version > ?3`
	settledVersion = `WITH RECURSIVE versions_of (link, version, kind, prior) AS (
			SELECT t.link, v.version, v.kind, v.prior FROM transactions p JOIN transactions t ON t.txn = p.settled JOIN versions v ON v.version = t.version
			WHERE p.txn = ?
			UNION ALL SELECT o.link, v.version, v.kind, v.prior FROM versions_of o JOIN versions v ON v.version = o.prior WHERE o.kind <> 'settled'
		) SELECT o.version, p.seq FROM versions_of o JOIN pages p ON p.link = o.link AND o.version BETWEEN p.first AND p.last WHERE o.kind = 'settled'`

	setKind    = `UPDATE versions SET kind = ?, prior = ? WHERE version = ?`
	setSettled = `UPDATE transactions SET live = 0, settled = ?, confidence = ? WHERE txn = ?`
	setSeen    = `UPDATE transactions SET seen = ? WHERE txn = ?`
	seeListed  = `UPDATE transactions SET seen = ?1 WHERE link = ?2 AND pending = 1 AND live = 1 AND seen < ?1`
	// What a page shows is seen when it ends.
	seePage   = `UPDATE transactions SET seen = ?1 WHERE link = ?2 AND pending = 1 AND live = 1 AND seen > ?1`
	countSync = `UPDATE syncs SET created = created + ?, updated = updated + ?, removed = removed + ?, requests = trim(requests || ' ' || ?)
		WHERE link = ? AND seq = ?`
	confidenceOf = `SELECT t.confidence, v.kind = 'gone' FROM links l JOIN transactions t USING (link) JOIN versions v USING (version) WHERE l.id = ? AND t.id = ?`
)

// About threads.
const (
	threadEnd = `SELECT coalesce(s.version, t.version) FROM links l JOIN transactions t USING (link) LEFT JOIN transactions s ON s.txn = t.settled
		WHERE l.id = ? AND t.id = ?`
	threadStep = `SELECT v.kind, p.body, v.body, v.prior, s.seq, s.at, g.request FROM links l JOIN versions v
		JOIN pages g ON g.link = l.link AND v.version BETWEEN g.first AND g.last JOIN syncs s ON s.link = g.link AND s.seq = g.seq
		LEFT JOIN versions p ON p.version = v.prior WHERE l.id = ? AND v.version = ?`
	newestVersion = `SELECT t.version FROM links l JOIN transactions t USING (link) WHERE l.id = ? AND t.id = ?`
)

// rewindLink is for a link of which something was kept while the clock was ahead.
func rewindLink() []string {
	return []string{
		`UPDATE links SET read_at = ?2 WHERE link = ?1 AND read_at > ?2`,
		`UPDATE OR REPLACE states SET at = ?2 WHERE link = ?1 AND at > ?2`,
		`UPDATE accounts SET seen_at = ?2 WHERE link = ?1 AND seen_at > ?2`,
		`UPDATE OR REPLACE balances SET at = ?2 WHERE at > ?2 AND account IN (SELECT account FROM accounts WHERE link = ?1)`,
		`UPDATE OR REPLACE answers SET at = ?2 WHERE link = ?1 AND at > ?2`,
	}
}
