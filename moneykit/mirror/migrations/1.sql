-- Days are counted from 1970-01-01, moments in nanoseconds since then. Money is
-- text; the number beside it only sorts and compares.

CREATE TABLE links (
  link    INTEGER PRIMARY KEY, -- in the order they were met
  id      TEXT NOT NULL UNIQUE,
  body    BLOB,                -- the API's JSON, as it was last read
  read_at INTEGER,
  request TEXT,                -- of that read
  cursor  TEXT NOT NULL DEFAULT '',
  seq     INTEGER NOT NULL DEFAULT 0, -- of the last sync in the history
  more    INTEGER NOT NULL DEFAULT 0, -- it broke off before its end
  manner  TEXT NOT NULL DEFAULT '',   -- how pending transactions settle
  holder  TEXT,                -- who syncs it now
  until   INTEGER              -- how long that is believed
) STRICT;

CREATE TABLE states (
  link    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  state   TEXT NOT NULL,
  error   TEXT NOT NULL,
  request TEXT NOT NULL,
  PRIMARY KEY (link, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  account INTEGER PRIMARY KEY,
  link    INTEGER NOT NULL,
  id      TEXT NOT NULL,
  body    BLOB,
  seen_at INTEGER NOT NULL,
  was     INTEGER, -- the account that had another id before
  UNIQUE (link, id)
) STRICT;

CREATE TABLE balances (
  account   INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  current   TEXT,
  available TEXT,
  owed      TEXT, -- the limit
  currency  TEXT NOT NULL,
  PRIMARY KEY (account, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE syncs (
  link      INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  before    TEXT NOT NULL,
  after     TEXT NOT NULL,
  created   INTEGER NOT NULL DEFAULT 0,
  updated   INTEGER NOT NULL DEFAULT 0,
  removed   INTEGER NOT NULL DEFAULT 0,
  more      INTEGER NOT NULL DEFAULT 0,
  continues INTEGER NOT NULL DEFAULT 0,
  requests  TEXT NOT NULL DEFAULT '', -- ids, a space between two
  PRIMARY KEY (link, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE transactions (
  txn      INTEGER PRIMARY KEY,
  link     INTEGER NOT NULL,
  id       TEXT NOT NULL,
  live     INTEGER NOT NULL, -- 1 in the table, 0 in the history alone
  version  INTEGER NOT NULL, -- the newest
  account  TEXT NOT NULL,
  day      INTEGER NOT NULL,
  pending  INTEGER NOT NULL,
  amount   REAL NOT NULL,    -- signed
  category TEXT NOT NULL,
  UNIQUE (link, id)
) STRICT;

CREATE INDEX transactions_by_day ON transactions (link, live, day DESC, id);

CREATE TABLE versions (
  version INTEGER PRIMARY KEY,
  kind    TEXT NOT NULL,
  prior   INTEGER, -- the version before
  body    BLOB     -- the API's JSON; none of a removed one
) STRICT;

CREATE TABLE pages (
  link    INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  first   INTEGER NOT NULL, -- of the versions that it brought
  last    INTEGER NOT NULL,
  request TEXT NOT NULL,
  PRIMARY KEY (link, seq, first)
) STRICT, WITHOUT ROWID;
