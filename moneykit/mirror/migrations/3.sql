-- What was seen to happen to links: the newest, as many as are kept.
CREATE TABLE events (
  place   INTEGER PRIMARY KEY, -- in the order they were kept
  link    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  request TEXT NOT NULL,
  body    BLOB NOT NULL        -- JSON of whoever saw it
) STRICT;

CREATE INDEX events_by_link ON events (link, place);
