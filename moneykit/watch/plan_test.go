package watch_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

const (
	accounts     = moneykit.ProductAccounts
	identity     = moneykit.ProductIdentity
	transactions = moneykit.ProductTransactions
)

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

// attempted is a link whose products were last attempted so long before noon.
func attempted(id moneykit.LinkID, state moneykit.LinkState, ago map[moneykit.Product]time.Duration) watch.Snapshot {
	return failed(id, state, ago, "")
}

// failed is such a link where that attempt failed.
func failed(id moneykit.LinkID, state moneykit.LinkState, ago map[moneykit.Product]time.Duration, code moneykit.ProductError) watch.Snapshot {
	link := &moneykit.Link{ID: id, State: state}
	for product, at := range map[moneykit.Product]**moneykit.ProductStatus{
		accounts: &link.Products.Accounts, identity: &link.Products.Identity, transactions: &link.Products.Transactions,
	} {
		if d, has := ago[product]; has {
			*at = &moneykit.ProductStatus{LastAttemptedAt: noon.Add(-d), ErrorCode: code}
		}
	}
	return watch.Snapshot{ID: id, Link: link}
}

// planned is a Watcher that knows a link of each sort.
func planned(t *testing.T) *watch.Watcher {
	w := watch.New(newClient(t, &server{}))
	const day, hour, minute = 24 * time.Hour, time.Hour, time.Minute
	w.Add("unread")
	w.Recall(
		attempted("free", moneykit.Connected, map[moneykit.Product]time.Duration{accounts: 2 * hour, transactions: 2 * hour}),
		attempted("half", moneykit.Connected, map[moneykit.Product]time.Duration{accounts: hour, transactions: 20 * minute}),
		attempted("none", moneykit.Connected, map[moneykit.Product]time.Duration{accounts: 30 * minute, transactions: 20 * minute}),
		attempted("other", moneykit.Connected, map[moneykit.Product]time.Duration{identity: 2 * day}),
		attempted("broken", moneykit.InError, map[moneykit.Product]time.Duration{accounts: 2 * hour}),
		attempted("new", moneykit.Connecting, nil),
		attempted("gone", moneykit.Deleted, nil),
		attempted("last", moneykit.Connected, map[moneykit.Product]time.Duration{accounts: day}),
	)
	return w
}

func TestPlanOfARefresh(t *testing.T) {
	links := []moneykit.LinkID{"last", "unread", "free", "unknown", "half", "none", "other", "broken", "new", "gone", "free"}
	plan := planned(t).Plan(watch.RefreshJob, links, []moneykit.Product{accounts, transactions}, noon)
	both := []moneykit.Product{accounts, transactions}
	want := watch.Plan{
		Kind: watch.RefreshJob, Products: both,
		Tasks: []watch.Task{
			{Link: "last", Products: []moneykit.Product{accounts}},
			{Link: "free", Products: both},
			{Link: "half", Products: []moneykit.Product{accounts}, Limited: []moneykit.Product{transactions}},
		},
		Skipped: []watch.Skipped{
			{Link: "unread", Why: watch.SkipUnread},
			{Link: "unknown", Why: watch.SkipUnread},
			{Link: "none", Why: watch.SkipLimit, Until: noon.Add(30 * time.Minute)},
			{Link: "other", Why: watch.SkipNoProduct},
			{Link: "broken", Why: watch.SkipState},
			{Link: "new", Why: watch.SkipState},
			{Link: "gone", Why: watch.SkipDeleted},
		},
		Requests: 19, Takes: 10 * time.Second,
	}
	if !reflect.DeepEqual(plan, want) {
		t.Errorf("got\n%+v, want\n%+v", plan, want)
	}
}

// What no refresh can bring is not asked for.
func TestPlanLeavesOutWhatIsNotPermitted(t *testing.T) {
	all := map[moneykit.Product]time.Duration{accounts: 2 * time.Hour, transactions: 2 * time.Hour}
	some := attempted("some", moneykit.Connected, all)
	some.Link.Products.Accounts.Unavailable = "not here"
	later := failed("later", moneykit.Connected, map[moneykit.Product]time.Duration{accounts: 2 * time.Hour}, moneykit.ProductNoPermission)
	later.Link.Products.Transactions = &moneykit.ProductStatus{LastAttemptedAt: noon.Add(-time.Minute)}
	gone := attempted("unavailable", moneykit.Connected, all)
	gone.Link.Products.Accounts.Unavailable, gone.Link.Products.Transactions.Unavailable = "not here", "nor there"
	w := watch.New(newClient(t, &server{}))
	w.Recall(some, later, gone,
		failed("denied", moneykit.Connected, all, moneykit.ProductNoPermission),
		failed("unsupported", moneykit.Connected, all, moneykit.ProductNotSupported),
		failed("timeout", moneykit.Connected, all, moneykit.ProductTimeout),
	)
	both := []moneykit.Product{accounts, transactions}
	plan := w.Plan(watch.RefreshJob, []moneykit.LinkID{"some", "later", "unavailable", "denied", "unsupported", "timeout"}, both, noon)
	tasks := []watch.Task{
		{Link: "some", Products: both[1:], Denied: both[:1]},
		{Link: "timeout", Products: both},
	}
	skipped := []watch.Skipped{
		{Link: "later", Why: watch.SkipLimit, Until: noon.Add(59 * time.Minute)},
		{Link: "unavailable", Why: watch.SkipNotPermitted},
		{Link: "denied", Why: watch.SkipNotPermitted},
		{Link: "unsupported", Why: watch.SkipNotPermitted},
	}
	if !reflect.DeepEqual(plan.Tasks, tasks) || !reflect.DeepEqual(plan.Skipped, skipped) {
		t.Errorf("%+v", plan)
	}
}

func TestPlansOfChanges(t *testing.T) {
	links := []moneykit.LinkID{"free", "unread", "broken", "new", "gone", "none"}
	for kind, want := range map[watch.JobKind][2][]moneykit.LinkID{
		watch.DisconnectJob: {{"free", "broken", "new", "none"}, {"unread", "gone"}},
		watch.ResetJob:      {{"free", "none"}, {"unread", "broken", "new", "gone"}},
	} {
		plan := planned(t).Plan(kind, links, nil, noon)
		var got [2][]moneykit.LinkID
		for _, task := range plan.Tasks {
			got[0] = append(got[0], task.Link)
		}
		for _, s := range plan.Skipped {
			got[1] = append(got[1], s.Link)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
		if plan.Requests != 2*len(want[0]) || plan.Takes != time.Duration(len(want[0]))*time.Second/2 {
			t.Errorf("%s: %d requests, %v", kind, plan.Requests, plan.Takes)
		}
	}
}

func TestPlanLeavesOutWhatIsBeingRefreshed(t *testing.T) {
	running(t, &server{latency: time.Minute}, func(t *testing.T, w *watch.Watcher) {
		for _, id := range many(20) {
			w.Put(attemptedLink(id))
		}
		if err := w.Refresh("mk_0003", accounts); err != nil {
			t.Fatal(err)
		}
		plan := w.Plan(watch.RefreshJob, many(20), []moneykit.Product{accounts}, noon)
		if want := []watch.Skipped{{Link: "mk_0003", Why: watch.SkipInFlight}}; !slices.Equal(plan.Skipped, want) {
			t.Errorf("skipped %v", plan.Skipped)
		}
		if plan.Takes < 30*time.Second { // 8 links at once
			t.Errorf("takes %v", plan.Takes)
		}
		if reset := w.Plan(watch.ResetJob, many(20), nil, noon); len(reset.Tasks) != 20 {
			t.Errorf("resets %d", len(reset.Tasks))
		}
	})
}

func attemptedLink(id moneykit.LinkID) *moneykit.Link {
	return attempted(id, moneykit.Connected, map[moneykit.Product]time.Duration{accounts: 2 * time.Hour, transactions: 2 * time.Hour}).Link
}

func BenchmarkPlan(b *testing.B) {
	w := watch.New(newClient(b, &server{}))
	links := make([]moneykit.LinkID, 100_000)
	for i := range links {
		links[i] = many(1)[0] + moneykit.LinkID(time.Duration(i).String())
		w.Recall(watch.Snapshot{ID: links[i], Link: attemptedLink(links[i])})
	}
	for b.Loop() {
		w.Plan(watch.RefreshJob, links, []moneykit.Product{accounts, transactions}, noon)
	}
}
