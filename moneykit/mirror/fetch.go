package mirror

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"till/moneykit"
)

const (
	// ahead is how many pages are fetched before they are committed, together.
	ahead = 20
	// maxEmpty is how many pages in a row may bring nothing and promise more.
	maxEmpty = 100
	// shown is how many requests of empty pages a LoopError names.
	shown = 5
)

// LoopError says that a sync would never end: a cursor came again, or pages brought
// nothing for ever. What came before is kept.
type LoopError struct {
	Link       moneykit.LinkID
	Empty      bool     // pages brought nothing, and no cursor came again
	RequestIDs []string // both that gave the cursor, or the last of the empty pages
}

func (e *LoopError) Error() string {
	why := "its cursors repeat"
	if e.Empty {
		why = "pages without end bring nothing"
	}
	return fmt.Sprintf("mirror: the sync of %s does not end: %s (requests %s)", e.Link, why, strings.Join(e.RequestIDs, ", "))
}

// fetched is a page, or why there is none.
type fetched struct {
	page Page
	err  error
}

// fetch reads pages from MoneyKit one after another, and closes pages at the end.
func (m *Mirror) fetch(ctx context.Context, link moneykit.LinkID, head Head, pages chan<- fetched) {
	defer close(pages)
	defer func() { // who waits for the pages gets an error in place of the program's end
		if p := recover(); p != nil {
			pages <- fetched{err: fmt.Errorf("mirror: reading broke off: %v", p)}
		}
	}()
	trail := map[string]string{head.Cursor: ""} // cursors, and the request that gave each
	empty, last := 0, []string(nil)             // pages in a row, and the last requests
	for cursor := head.Cursor; ; {
		got, err := m.client.SyncTransactions(ctx, link, cursor, pageSize)
		if err != nil {
			pages <- fetched{err: err}
			return
		}
		// The contract lets the last page come without a cursor.
		next := cmp.Or(got.Cursor.Next, cursor)
		page := Page{
			Seq: head.Seq + 1, Before: cursor, After: next, More: got.HasMore,
			Created: got.Transactions.Created, Updated: got.Transactions.Updated,
			Removed: got.Transactions.Removed, RequestID: got.RequestID,
		}
		if empty++; len(page.Created)+len(page.Updated)+len(page.Removed) > 0 {
			empty = 0
		}
		last = append(last[max(0, len(last)+1-shown):], page.RequestID)
		before, again := trail[next]
		switch {
		case got.HasMore && again:
			pages <- fetched{err: &LoopError{Link: link, RequestIDs: strings.Fields(before + " " + page.RequestID)}}
			return
		case got.HasMore && empty > maxEmpty:
			pages <- fetched{err: &LoopError{Link: link, Empty: true, RequestIDs: strings.Fields(strings.Join(last, " "))}}
			return
		}
		trail[next] = page.RequestID
		select {
		case pages <- fetched{page: page}:
		case <-ctx.Done():
			return
		}
		if !got.HasMore {
			return
		}
		cursor = next
	}
}

// applyAll commits pages as they come; those that have come meanwhile, together.
func (m *Mirror) applyAll(ctx context.Context, link moneykit.LinkID, pages <-chan fetched) (Sync, error) {
	done := Sync{}
	for first := range pages {
		batch, failed := gather(first, pages)
		if len(batch) > 0 {
			for i := range batch { // the moment from which they can be seen
				batch[i].At = time.Now()
			}
			applied, err := m.store.Apply(ctx, link, batch...)
			if err != nil {
				return done, err
			}
			done = applied
		}
		if failed != nil {
			return done, failed
		}
	}
	return done, ctx.Err()
}

// gather takes the pages that are there already.
func gather(next fetched, pages <-chan fetched) (batch []Page, failed error) {
	for {
		if next.err != nil {
			return batch, next.err
		}
		batch = append(batch, next.page)
		if len(batch) == ahead {
			return batch, nil
		}
		var more bool
		select {
		case next, more = <-pages:
			if !more {
				return batch, nil
			}
		default:
			return batch, nil
		}
	}
}
