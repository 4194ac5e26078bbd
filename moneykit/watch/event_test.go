package watch_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// dawn is when the tests of what links went through begin.
var dawn = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func minutes(n int) time.Time { return dawn.Add(time.Duration(n) * time.Minute) }

// found is a link as it was read at a minute: connected, unless something else is said.
func found(minute int, details ...func(*moneykit.Link)) watch.Snapshot {
	l := &moneykit.Link{ID: "mk_1", InstitutionID: "bank", InstitutionName: "Bank", State: moneykit.Connected}
	l.RequestID = fmt.Sprintf("req_%d", minute)
	for _, detail := range details {
		detail(l)
	}
	return watch.Snapshot{ID: l.ID, Link: l, At: minutes(minute)}
}

func in(state moneykit.LinkState, code moneykit.LinkError) func(*moneykit.Link) {
	return func(l *moneykit.Link) { l.State, l.ErrorCode = state, code }
}

// with gives a link a product.
func with(product moneykit.Product, status moneykit.ProductStatus) func(*moneykit.Link) {
	return func(l *moneykit.Link) {
		for p, at := range map[moneykit.Product]**moneykit.ProductStatus{
			moneykit.ProductAccounts: &l.Products.Accounts, moneykit.ProductAccountNumbers: &l.Products.AccountNumbers,
			moneykit.ProductIdentity: &l.Products.Identity, moneykit.ProductTransactions: &l.Products.Transactions,
			moneykit.ProductInvestments: &l.Products.Investments, moneykit.ProductEnrichment: &l.Products.Enrichment,
		} {
			if p == product {
				*at = &status
			}
		}
	}
}

// status is that of a product refreshed and attempted at minutes, 0 for never.
func status(refreshed, attempted int, code moneykit.ProductError, message string) moneykit.ProductStatus {
	s := moneykit.ProductStatus{ErrorCode: code, ErrorMessage: message}
	if refreshed != 0 {
		s.RefreshedAt = minutes(refreshed)
	}
	if attempted != 0 {
		s.LastAttemptedAt = minutes(attempted)
	}
	return s
}

// told is an event as a line.
func told(e watch.Event) string {
	line := fmt.Sprintf("%s: %s/%s → %s/%s", e.Kind, e.Before.State, e.Before.Error, e.After.State, e.After.Error)
	if e.Product != "" {
		at := "no time"
		if !e.ProductAt.IsZero() {
			at = fmt.Sprint(e.ProductAt.Sub(dawn).Minutes())
		}
		line = fmt.Sprintf("%s: %s at %s %s %s", e.Kind, e.Product, at, e.Error, e.Message)
	}
	return line
}

func TestEventsBetween(t *testing.T) {
	const timeout, fault = moneykit.ProductTimeout, moneykit.ProductInstitutionError
	accounts := func(refreshed, attempted int, code moneykit.ProductError, message string) func(*moneykit.Link) {
		return with(moneykit.ProductAccounts, status(refreshed, attempted, code, message))
	}
	type details []func(*moneykit.Link)
	for _, x := range []struct {
		name          string
		before, after details
		want          []string
	}{
		{"equal answers", details{accounts(1, 1, timeout, "m")}, details{accounts(1, 1, timeout, "m")}, nil},
		{"a state", details{in("connecting", "")}, nil, []string{"state changed: connecting/ → connected/"}},
		{"a state that nobody knows", details{in("dormant", "")}, nil, []string{"state changed: dormant/ → connected/"}},
		{"an error", nil, details{in("error", "auth_expired")}, []string{"state changed: connected/ → error/auth_expired"}},
		{"another error", details{in("error", "auth_expired")}, details{in("error", "system_error")}, []string{"state changed: error/auth_expired → error/system_error"}},
		{"deleted", details{in("error", "auth_expired")}, details{in("deleted", "")}, []string{"link gone: error/auth_expired → deleted/"}},
		{"deleted, and then forgotten", details{in("deleted", "auth_expired")}, details{in("deleted", "")}, nil},
		{"there again", details{in("deleted", "")}, nil, []string{"state changed: deleted/ → connected/"}},
		{"refreshed", details{accounts(1, 1, "", "")}, details{accounts(2, 2, "", "")}, []string{"product refreshed: accounts at 2  "}},
		{"refreshed for the first time", details{accounts(0, 0, "", "")}, details{accounts(2, 0, "", "")}, []string{"product refreshed: accounts at 2  "}},
		{"refreshed after a failure", details{accounts(1, 2, timeout, "m")}, details{accounts(3, 3, "", "")}, []string{"product refreshed: accounts at 3  "}},
		{"an attempt alone", details{accounts(1, 1, "", "")}, details{accounts(1, 2, "", "")}, nil},
		{"failed", details{accounts(1, 1, "", "")}, details{accounts(1, 2, timeout, "m")}, []string{"product failed: accounts at 2 timeout m"}},
		{"failed once more", details{accounts(1, 2, timeout, "m")}, details{accounts(1, 3, timeout, "m")}, []string{"product failed: accounts at 3 timeout m"}},
		{"the attempt was seen before its error", details{accounts(1, 2, "", "")}, details{accounts(1, 2, fault, "m")}, []string{"product failed: accounts at 2 institution_error m"}},
		{"another message of the same attempt", details{accounts(1, 2, timeout, "m")}, details{accounts(1, 2, timeout, "n")}, nil},
		{"failed without an attempt", details{accounts(1, 0, "", "")}, details{accounts(1, 0, timeout, "m")}, []string{"product failed: accounts at no time timeout m"}},
		{"another message without an attempt", details{accounts(1, 0, timeout, "m")}, details{accounts(1, 0, timeout, "n")}, []string{"product failed: accounts at no time timeout n"}},
		{"the same error without an attempt", details{accounts(1, 0, timeout, "m")}, details{accounts(1, 0, timeout, "m")}, nil},
		{"an error that is gone", details{accounts(1, 2, timeout, "m")}, details{accounts(1, 2, "", "")}, nil},
		{"a message without an error", details{accounts(1, 2, "", "")}, details{accounts(1, 3, "", "m")}, nil},
		{"refreshed, and then failed", details{accounts(1, 1, "", "")}, details{accounts(2, 3, timeout, "m")}, []string{
			"product refreshed: accounts at 2  ", "product failed: accounts at 3 timeout m",
		}},
		{"a refresh that moved back", details{accounts(3, 3, "", "")}, details{accounts(2, 3, "", "")}, nil},
		{"an attempt that moved back", details{accounts(1, 3, "", "")}, details{accounts(1, 2, timeout, "m")}, nil},
		{"a product that was lost", details{accounts(1, 1, "", "")}, nil, nil},
		{"a product that was gained", nil, details{accounts(1, 2, timeout, "m")}, nil},
		{"all at once", details{
			with(moneykit.ProductEnrichment, status(1, 1, "", "")), with(moneykit.ProductTransactions, status(1, 1, "", "")), accounts(1, 1, "", ""),
		}, details{
			in("error", "provider_error"),
			with(moneykit.ProductEnrichment, status(9, 9, "", "")), with(moneykit.ProductTransactions, status(1, 8, timeout, "m")), accounts(7, 7, "", ""),
		}, []string{
			"state changed: connected/ → error/provider_error", "product refreshed: accounts at 7  ",
			"product failed: transactions at 8 timeout m", "product refreshed: enrichment at 9  ",
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			before, after := found(10, x.before...), found(20, x.after...)
			var got []string
			for _, e := range watch.Between(before, after) {
				got = append(got, told(e))
				e.Kind, e.Product, e.ProductAt, e.Error, e.Message = "", "", time.Time{}, "", ""
				want := watch.Event{
					Link: "mk_1", InstitutionID: "bank", Institution: "Bank", Since: minutes(10), At: minutes(20), RequestID: "req_20",
					Before: watch.State{State: before.Link.State, Error: before.Link.ErrorCode}, After: watch.State{State: after.Link.State, Error: after.Link.ErrorCode},
				}
				if e != want {
					t.Errorf("%+v, want %+v", e, want)
				}
			}
			if !reflect.DeepEqual(got, x.want) {
				t.Errorf("%q, want %q", got, x.want)
			}
		})
	}
}

func TestEventsOfAFirstAnswer(t *testing.T) {
	unread := watch.Snapshot{ID: "mk_1"}
	after := found(20, in("error", "incomplete"), with(moneykit.ProductAccounts, status(1, 2, "timeout", "m")))
	want := []watch.Event{{
		Link: "mk_1", InstitutionID: "bank", Institution: "Bank", Kind: watch.Appeared, At: minutes(20), RequestID: "req_20",
		After: watch.State{State: moneykit.InError, Error: moneykit.Incomplete},
	}}
	if got := watch.Between(unread, after); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := watch.Between(after, unread); got != nil {
		t.Errorf("without an answer: %+v", got)
	}
	if got := watch.Between(unread, unread); got != nil {
		t.Errorf("without any answer: %+v", got)
	}
}

// Answers come in their order, whatever this machine's clock made of it.
func TestEventsOfAClockThatWentBack(t *testing.T) {
	events := watch.Between(found(20), found(10, in("error", "auth_expired")))
	if len(events) != 1 || events[0].Kind != watch.StateChanged || !events[0].Since.After(events[0].At) {
		t.Errorf("%+v", events)
	}
}
