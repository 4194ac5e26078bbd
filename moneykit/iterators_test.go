package moneykit_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"till/moneykit"
)

// walks are the iterators of the client, each as one of ids.
func walks(ctx context.Context, c *moneykit.Client) map[string]iter.Seq2[string, error] {
	return map[string]iter.Seq2[string, error]{
		"links": names(c.Links(ctx, 500), func(l moneykit.LinkRef) string { return string(l.ID) }),
		"institutions": names(c.Institutions(ctx, moneykit.InstitutionsQuery{Name: "x"}),
			func(i moneykit.Institution) string { return string(i.ID) }),
		"transactions": names(c.Transactions(ctx, linkID, moneykit.TransactionsQuery{PageSize: 2}),
			func(t moneykit.Transaction) string { return string(t.ID) }),
		"investment_transactions": names(c.InvestmentTransactions(ctx, linkID, moneykit.TransactionsQuery{PageSize: 2}),
			func(t moneykit.InvestmentTransaction) string { return string(t.ID) }),
		"user transactions": names(c.UserTransactions(ctx, "user_1", moneykit.UserTransactionsQuery{PageSize: 2}),
			func(t moneykit.Transaction) string { return string(t.ID) }),
	}
}

func names[T any](walk iter.Seq2[T, error], id func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range walk {
			if !yield(id(item), err) {
				return
			}
		}
	}
}

// page makes an answer for each walk: ids, where it goes on, and of how many.
func page(kind, next string, total int, ids ...string) string {
	items, kind := []string(nil), strings.TrimPrefix(kind, "user ")
	for _, id := range ids {
		items = append(items, map[string]string{
			"links":                   fmt.Sprintf(`{"link_id":%q,"created_at":"2026-03-09T12:00:00Z"}`, id),
			"institutions":            fmt.Sprintf(`{"institution_id":%q}`, id),
			"transactions":            fmt.Sprintf(`{"transaction_id":%q,"account_id":"a","amount":"1","type":"debit","currency":"USD","date":"2026-03-09","pending":false}`, id),
			"investment_transactions": fmt.Sprintf(`{"investment_transaction_id":%q,"account_id":"a","amount":"1","date":"2026-03-09"}`, id),
		}[kind])
	}
	return fmt.Sprintf(`{%q:[%s],"next_cursor":%q,"cursors":{"next":%q},"total":%d}`, kind, strings.Join(items, ","), next, next, total)
}

// byNumber are the walks that ask for pages by their number, and where the third
// one is.
var byNumber = map[string]string{
	"transactions":            "/links/mk_link_4711/transactions?page=3&size=2",
	"investment_transactions": "/links/mk_link_4711/investments/transactions?page=3&size=2",
	"user transactions":       "/users/user_1/transactions?page=3&size=2",
}

func TestWalks(t *testing.T) {
	for kind := range walks(t.Context(), nil) {
		t.Run(kind, func(t *testing.T) {
			a := &api{handle: sequence(
				answer(200, page(kind, "c1", 5, "a", "b")), answer(200, page(kind, "c2", 5, "c", "d")), answer(200, page(kind, "", 5, "e")),
			)}
			var got []string
			for id, err := range walks(t.Context(), inMemory(t, a))[kind] {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, id)
			}
			same(t, "all", got, []string{"a", "b", "c", "d", "e"})
			calls, _ := a.asked()
			if len(calls) != 3 {
				t.Fatalf("%d calls", len(calls))
			}
			if third := byNumber[kind]; third != "" {
				same(t, "the third page", calls[2].uri, third)
			} else if !strings.Contains(calls[1].uri, "cursor=c1") || !strings.Contains(calls[2].uri, "cursor=c2") {
				t.Errorf("%v %v", calls[1].uri, calls[2].uri)
			}
		})
		t.Run(kind+" stop early", func(t *testing.T) {
			a := &api{handle: answer(200, page(kind, "c1", 50, "a", "b"))}
			for _, err := range walks(t.Context(), inMemory(t, a))[kind] {
				must(err)
				break
			}
			if calls, _ := a.asked(); len(calls) != 1 {
				t.Errorf("%d calls", len(calls))
			}
		})
		t.Run(kind+" yield an error once", func(t *testing.T) {
			a := &api{handle: sequence(answer(200, page(kind, "c1", 50, "a")), answer(500, ""))}
			var got []string
			var errs []error
			for id, err := range walks(t.Context(), inMemory(t, a))[kind] {
				got, errs = append(got, id), append(errs, err)
			}
			same(t, "items", got, []string{"a", ""})
			if e := (*moneykit.Error)(nil); errs[0] != nil || !errors.As(errs[1], &e) || e.Status != 500 {
				t.Errorf("%v", errs)
			}
		})
		t.Run(kind+" may be empty", func(t *testing.T) {
			for id, err := range walks(t.Context(), inMemory(t, &api{handle: answer(200, page(kind, "", 0))}))[kind] {
				t.Error(id, err)
			}
		})
	}
}

func TestACursorThatDoesNotAdvance(t *testing.T) {
	for _, kind := range []string{"links", "institutions"} {
		a := &api{handle: answer(200, page(kind, "same", 0, "a"))}
		items, errs := 0, []error(nil)
		for _, err := range walks(t.Context(), inMemory(t, a))[kind] {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			items++
		}
		same(t, "items", items, 2)
		if len(errs) != 1 {
			t.Fatalf("%v", errs)
		}
		e := (*moneykit.ResponseError)(nil)
		if !errors.As(errs[0], &e) || e.RequestID != "req_2" || !strings.Contains(e.Reason, "cursor") {
			t.Errorf("%v", errs[0])
		}
	}
	sync := func(cursor, next string, more bool) error {
		c := inMemory(t, &api{handle: answer(200, fmt.Sprintf(`{"cursor":{"next":%s},"has_more":%t}`, next, more))})
		_, err := c.SyncTransactions(t.Context(), linkID, cursor, 0)
		return err
	}
	for _, x := range []struct {
		cursor, next string
		more, ok     bool
	}{
		{"", `"a"`, true, true},
		{"a", `"a"`, true, false},
		{"a", `null`, true, false},
		{"", `null`, true, false},
		{"a", `"a"`, false, true}, // nothing new
		{"a", `null`, false, true},
	} {
		if err := sync(x.cursor, x.next, x.more); (err == nil) != x.ok {
			t.Errorf("%+v: %v", x, err)
		}
	}
}

// A total that the pages never reach does not keep a walk going.
func TestNumberedWalksEndWithAnEmptyPage(t *testing.T) {
	for kind := range byNumber {
		a := &api{handle: sequence(answer(200, page(kind, "", 1<<40, "a")), answer(200, page(kind, "", 1<<40)), answer(500, ""))}
		count := 0
		for _, err := range walks(t.Context(), inMemory(t, a))[kind] {
			must(err)
			count++
		}
		calls, _ := a.asked()
		same(t, kind+", items and calls", []int{count, len(calls)}, []int{1, 2})
	}
}
