package watch

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"till/moneykit"
)

const (
	accounts     = moneykit.ProductAccounts
	numbers      = moneykit.ProductAccountNumbers
	identity     = moneykit.ProductIdentity
	transactions = moneykit.ProductTransactions
)

var began = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

// statuses are the products of a link at one moment.
type statuses map[moneykit.Product]moneykit.ProductStatus

func (s statuses) link() *moneykit.Link {
	l := &moneykit.Link{}
	for product, at := range map[moneykit.Product]**moneykit.ProductStatus{
		accounts: &l.Products.Accounts, numbers: &l.Products.AccountNumbers,
		identity: &l.Products.Identity, transactions: &l.Products.Transactions,
	} {
		if status, has := s[product]; has {
			*at = &status
		}
	}
	return l
}

// The states of a product that was last refreshed an hour before.
var (
	old       = moneykit.ProductStatus{RefreshedAt: began.Add(-time.Hour), LastAttemptedAt: began.Add(-time.Hour)}
	oldFault  = moneykit.ProductStatus{RefreshedAt: began.Add(-2 * time.Hour), LastAttemptedAt: began.Add(-time.Hour), ErrorCode: moneykit.ProductTimeout}
	attempted = moneykit.ProductStatus{RefreshedAt: old.RefreshedAt, LastAttemptedAt: began.Add(time.Second)}
	fresh     = moneykit.ProductStatus{RefreshedAt: began.Add(2 * time.Second), LastAttemptedAt: began.Add(time.Second)}
	fault     = moneykit.ProductStatus{RefreshedAt: old.RefreshedAt, LastAttemptedAt: began.Add(time.Second), ErrorCode: moneykit.ProductInstitutionError, ErrorMessage: "m"}
)

// poll is what a poll saw, nil when it failed, and what the refresh makes of it.
type poll struct {
	after    time.Duration
	saw      statuses
	want     Phase
	failures []moneykit.Product
}

func TestRefreshFollowsThePolls(t *testing.T) {
	const second = time.Second
	for _, x := range []struct {
		name    string
		asked   []moneykit.Product
		before  statuses
		polls   []poll
		brought []moneykit.Product
	}{
		{"done", []moneykit.Product{accounts}, statuses{accounts: old}, []poll{
			{1 * second, statuses{accounts: old}, Accepted, nil},
			{2 * second, statuses{accounts: attempted}, Attempting, nil},
			{3 * second, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"done at once", []moneykit.Product{accounts}, statuses{accounts: old}, []poll{
			{1 * second, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"the first refresh ever", []moneykit.Product{accounts}, statuses{accounts: {}}, []poll{
			{1 * second, statuses{accounts: {}}, Accepted, nil},
			{2 * second, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"failed", []moneykit.Product{accounts}, statuses{accounts: old}, []poll{
			{1 * second, statuses{accounts: attempted}, Attempting, nil},
			{2 * second, statuses{accounts: fault}, Failed, []moneykit.Product{accounts}},
		}, nil},
		{"an error from before is none of this refresh", []moneykit.Product{accounts}, statuses{accounts: oldFault}, []poll{
			{1 * second, statuses{accounts: oldFault}, Accepted, nil},
			{2 * second, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"products with different fates", []moneykit.Product{accounts, transactions, identity}, statuses{accounts: old, transactions: old, identity: old}, []poll{
			{1 * second, statuses{accounts: attempted, transactions: old, identity: old}, Attempting, nil},
			{2 * second, statuses{accounts: fresh, transactions: attempted, identity: old}, Attempting, nil},
			{3 * second, statuses{accounts: fresh, transactions: fault, identity: attempted}, Attempting, []moneykit.Product{transactions}},
			{4 * second, statuses{accounts: fresh, transactions: fault, identity: fresh}, Failed, []moneykit.Product{transactions}},
		}, []moneykit.Product{accounts, identity}},
		{"a product that was not asked for does not count", []moneykit.Product{accounts}, statuses{accounts: old, identity: old}, []poll{
			{1 * second, statuses{accounts: old, identity: fresh}, Accepted, nil},
			{2 * second, statuses{accounts: old, identity: fault}, Accepted, nil},
			{3 * second, statuses{accounts: fresh, identity: old}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"a product that the link lost", []moneykit.Product{accounts, identity}, statuses{accounts: old, identity: old}, []poll{
			{1 * second, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"failed polls in between", []moneykit.Product{accounts}, statuses{accounts: old}, []poll{
			{1 * second, statuses{accounts: attempted}, Attempting, nil},
			{2 * second, nil, Attempting, nil},
			{3 * second, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
		{"timed out", []moneykit.Product{accounts, identity}, statuses{accounts: old, identity: old}, []poll{
			{giveUpAfter - 1, statuses{accounts: fresh, identity: attempted}, Attempting, nil},
			{giveUpAfter, statuses{accounts: fresh, identity: attempted}, TimedOut, nil},
		}, []moneykit.Product{accounts}},
		{"timed out without an answer", []moneykit.Product{accounts}, statuses{accounts: old}, []poll{
			{giveUpAfter - 1, nil, Accepted, nil},
			{giveUpAfter, nil, TimedOut, nil},
		}, nil},
		{"done at the last moment", []moneykit.Product{accounts}, statuses{accounts: old}, []poll{
			{giveUpAfter, statuses{accounts: fresh}, Done, nil},
		}, []moneykit.Product{accounts}},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := newRefresh(began, x.asked).remember(x.before.link())
			r.Phase = Accepted
			for i, p := range x.polls {
				var link *moneykit.Link
				if p.saw != nil {
					link = p.saw.link()
				}
				now := began.Add(p.after)
				earlier := r
				r = r.seen(now, link)
				if failed := slices.Sorted(maps.Keys(r.Failures)); r.Phase != p.want || !slices.Equal(failed, p.failures) {
					t.Fatalf("poll %d: %s %v, want %s %v", i, r.Phase, failed, p.want, p.failures)
				}
				if over := r.Phase.Over(); over != (i == len(x.polls)-1) || over != r.Ended.Equal(now) || over == r.Ended.IsZero() {
					t.Fatalf("poll %d: %s, ended %v", i, r.Phase, r.Ended)
				}
				if !r.Phase.Over() && r.Brought(accounts) || earlier.Phase.Over() {
					t.Errorf("poll %d: brought before its end", i)
				}
			}
			last := x.polls[len(x.polls)-1].after
			if took := r.Took(began.Add(time.Hour)); took != last {
				t.Errorf("took %v", took)
			}
			for _, p := range moneykit.Products() {
				if r.Brought(p) != slices.Contains(x.brought, p) {
					t.Errorf("brought %s: %v", p, r.Brought(p))
				}
			}
			if status, failed := r.Failures[transactions]; failed && !reflect.DeepEqual(status, fault) {
				t.Errorf("failure %+v", status)
			}
		})
	}
}

func TestRefusedRefresh(t *testing.T) {
	limit := func(after time.Duration) error {
		return fmt.Errorf("wrapped: %w", &moneykit.Error{Status: 429, Code: moneykit.RateLimitExceeded, RetryAfter: after})
	}
	ago := func(d time.Duration) moneykit.ProductStatus {
		return moneykit.ProductStatus{LastAttemptedAt: began.Add(-d)}
	}
	for _, x := range []struct {
		name   string
		asked  []moneykit.Product
		before statuses
		err    error
		want   Phase
		retry  time.Duration // from began, 0 for unknown
	}{
		{"MoneyKit says when", []moneykit.Product{accounts}, statuses{accounts: ago(time.Minute)}, limit(7 * time.Minute), Limited, 7 * time.Minute},
		{"once an hour", []moneykit.Product{accounts}, statuses{accounts: ago(20 * time.Minute)}, limit(0), Limited, 40 * time.Minute},
		{"once a day", []moneykit.Product{identity}, statuses{identity: ago(20 * time.Minute)}, limit(0), Limited, 24*time.Hour - 20*time.Minute},
		{"numbers too", []moneykit.Product{numbers}, statuses{numbers: ago(23 * time.Hour)}, limit(0), Limited, time.Hour},
		{"the longest counts", []moneykit.Product{accounts, transactions}, statuses{accounts: ago(50 * time.Minute), transactions: ago(10 * time.Minute)}, limit(0), Limited, 50 * time.Minute},
		{"only what was asked for", []moneykit.Product{accounts}, statuses{accounts: ago(50 * time.Minute), identity: ago(0)}, limit(0), Limited, 10 * time.Minute},
		{"not in the past", []moneykit.Product{accounts}, statuses{accounts: ago(3 * time.Hour)}, limit(0), Limited, 0},
		{"never attempted", []moneykit.Product{accounts}, statuses{accounts: {}}, limit(0), Limited, 0},
		{"a server's error", []moneykit.Product{accounts}, statuses{accounts: old}, &moneykit.Error{Status: 500}, Failed, 0},
		{"a wrong state", []moneykit.Product{accounts}, statuses{accounts: old}, &moneykit.Error{Status: 422, Code: moneykit.LinkBadState}, Failed, 0},
		{"no answer", []moneykit.Product{accounts}, statuses{accounts: old}, &moneykit.ConnectionError{Err: errors.New("x")}, Failed, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := newRefresh(began.Add(-time.Second), x.asked).remember(x.before.link())
			r.sent = true
			r = r.refused(began, x.err)
			if r.Phase != x.want || !errors.Is(r.Err, x.err) || !r.Ended.Equal(began) || r.Took(began.Add(time.Hour)) != time.Second {
				t.Errorf("%+v", r)
			}
			want := time.Time{}
			if x.retry > 0 {
				want = began.Add(x.retry)
			}
			if !r.RetryAt.Equal(want) {
				t.Errorf("retry at %v, want %v", r.RetryAt, want)
			}
			for _, p := range x.asked {
				if r.Brought(p) {
					t.Errorf("brought %s", p)
				}
			}
		})
	}
}

func TestPollsEaseOff(t *testing.T) {
	var r Refresh
	var waits []time.Duration
	for range 20 {
		waits = append(waits, r.interval())
		r = r.seen(r.Started, nil)
	}
	if waits[0] != time.Second || waits[19] != 10*time.Second || !slices.IsSorted(waits) {
		t.Errorf("%v", waits)
	}
}
