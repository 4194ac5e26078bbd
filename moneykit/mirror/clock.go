package mirror

import "time"

// inFuture reports whether a moment that was kept is still to come: this computer's
// clock was ahead then.
func inFuture(kept int64) bool { return kept > time.Now().UnixNano() }

// rewind lets what is kept of a link as of later than at be from just before at, so
// that what is read then is the newest.
func (c *conn) rewind(link int64, at time.Time) error {
	for _, query := range rewindLink() {
		if err := c.exec(query, link, at.UnixNano()-1); err != nil {
			return err
		}
	}
	return nil
}
