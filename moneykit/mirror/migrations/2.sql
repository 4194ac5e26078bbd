-- What transactions are found by and summed over, how pending ones end, and what is
-- kept beside transactions.

ALTER TABLE transactions ADD COLUMN value TEXT NOT NULL DEFAULT '0'; -- signed, exact
ALTER TABLE transactions ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE transactions ADD COLUMN words TEXT NOT NULL DEFAULT ''; -- in lower case
ALTER TABLE transactions ADD COLUMN seen INTEGER NOT NULL DEFAULT 0; -- the newest version when a page last showed a pending one
ALTER TABLE transactions ADD COLUMN settled INTEGER; -- the transaction that took a pending one's place
ALTER TABLE transactions ADD COLUMN confidence REAL; -- that it did, from 0 to 1

CREATE INDEX transactions_pending ON transactions (link, seen) WHERE pending = 1 AND live = 1;

CREATE INDEX pages_by_version ON pages (link, first);

CREATE INDEX links_held ON links (link) WHERE holder IS NOT NULL;

CREATE INDEX syncs_by_time ON syncs (at);

ALTER TABLE links DROP COLUMN manner;

-- Moments that the operator comes back to.
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a link's products answered beside accounts and transactions: a row a change.
CREATE TABLE answers (
  link    INTEGER NOT NULL,
  product TEXT NOT NULL,
  at      INTEGER NOT NULL,
  body    BLOB NOT NULL, -- the API's JSON
  request TEXT NOT NULL,
  PRIMARY KEY (link, product, at)
) STRICT, WITHOUT ROWID;
