package watch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// past is an event of the link at a minute, newest first in a history.
func past(minute int, e watch.Event) watch.Event {
	e.At, e.RequestID = minutes(minute), fmt.Sprintf("req_%d", minute)
	return e
}

func wentTo(minute int, state moneykit.LinkState, code moneykit.LinkError) watch.Event {
	return past(minute, watch.Event{Kind: watch.StateChanged, Before: watch.State{State: "connected"}, After: watch.State{State: state, Error: code}})
}

func failedAt(minute int, product moneykit.Product) watch.Event {
	return past(minute, watch.Event{Kind: watch.ProductFailed, Product: product, Error: "timeout"})
}

func refreshedAt(minute int, product moneykit.Product) watch.Event {
	return past(minute, watch.Event{Kind: watch.ProductRefreshed, Product: product})
}

const hours, days = 60, 24 * 60 // in minutes

func TestWhyALinkIsStuck(t *testing.T) {
	const accounts, identity, investments, transactions = moneykit.ProductAccounts, moneykit.ProductIdentity, moneykit.ProductInvestments, moneykit.ProductTransactions
	inError := func(code moneykit.LinkError) watch.Snapshot { return found(0, in("error", code)) }
	failing := func(product moneykit.Product, minute int, code moneykit.ProductError) watch.Snapshot {
		return found(0, with(product, status(-2*days, minute, code, "m")))
	}
	refreshing, limited, elsewhere, read := found(0), failing(investments, -5, "timeout"), failing(investments, -5, "timeout"), found(0)
	refreshing.Refresh = &watch.Refresh{Phase: watch.Attempting, Started: minutes(-1)}
	limited.Refresh = &watch.Refresh{Phase: watch.Limited, Products: []moneykit.Product{investments}, RetryAt: minutes(7)}
	elsewhere.Refresh = &watch.Refresh{Phase: watch.Limited, Products: []moneykit.Product{accounts}, RetryAt: minutes(7)}
	read.Err = &moneykit.Error{Call: moneykit.Call{RequestID: "req_e"}, Status: 500, Message: "down"}
	gone := watch.Snapshot{ID: "mk_1", Err: &moneykit.Error{Call: moneykit.Call{RequestID: "req_e"}, Status: 404, Code: moneykit.LinkNotFound}}
	deleted := found(0, in("deleted", ""))
	deleted.Err = read.Err
	recalled := found(0)
	recalled.Recalled = true
	flaps := []watch.Event{wentTo(-1, "connected", ""), wentTo(-2, "error", "timeout"), wentTo(-3, "connected", ""), wentTo(-24*hours, "error", "x")}
	almost := append(slices.Clone(flaps[:3]), wentTo(-24*hours-1, "error", "x"))

	for _, x := range []struct {
		name     string
		link     watch.Snapshot
		history  []watch.Event
		step     watch.Step
		reason   string             // part of it
		until    int                // minutes from now, 0 for none
		products []moneykit.Product // to refresh
		evidence string             // part of a line, and its request id
		request  string
	}{
		{"never read", watch.Snapshot{ID: "mk_1"}, nil, watch.LookAgainStep, "not read yet", 0, nil, "no answer", ""},
		{"never read, and failed", watch.Snapshot{ID: "mk_1", Err: errors.New("no network")}, nil, watch.LookAgainStep, "read of this link failed", 0, nil, "no network", ""},
		{"not there", gone, nil, watch.NewLinkStep, "no link of this id", 0, nil, "404", "req_e"},
		{"a failed read", read, nil, watch.LookAgainStep, "read of this link failed", 0, nil, "down", "req_e"},
		{"a failed read, and the answer before", read, nil, watch.LookAgainStep, "read of this link failed", 0, nil, "showed it connected", "req_0"},
		{"of an earlier run", recalled, nil, watch.LookAgainStep, "earlier run", 0, nil, "showed it connected", "req_0"},
		{"a refresh in flight", refreshing, nil, watch.WaitStep, "in flight", 0, nil, "a refresh is attempting", ""},
		{"deleted", found(0, in("deleted", "")), nil, watch.NewLinkStep, "disconnected", 0, nil, "shows it deleted", "req_0"},
		{"deleted, and a failed read", deleted, nil, watch.NewLinkStep, "disconnected", 0, nil, "shows it deleted", "req_0"},
		{"another state", found(0, in("dormant", "")), nil, watch.ContactStep, "state that", 0, nil, "dormant", "req_0"},
		{"no state", found(0, in("", "")), nil, watch.ContactStep, "state that", 0, nil, "in no state", "req_0"},

		{"connecting", found(0, in("connecting", "")), nil, watch.WaitStep, "being connected", 0, nil, "connecting", "req_0"},
		{"connecting for some time", found(0, in("connecting", "")), []watch.Event{wentTo(-30, "connecting", "")}, watch.WaitStep, "being connected", 0, nil, "from connected to connecting", "req_-30"},
		{"connecting for long", found(0, in("connecting", "")), []watch.Event{wentTo(-31, "connecting", "")}, watch.ContactStep, "30 minutes", 0, nil, "from connected to connecting", "req_-31"},
		{"connecting since it was seen", found(0, in("connecting", "")), []watch.Event{past(-31, watch.Event{Kind: watch.Appeared, After: watch.State{State: "connecting"}})}, watch.ContactStep, "30 minutes", 0, nil, "first seen connecting", "req_-31"},
		{"connecting, as the history does not say", found(0, in("connecting", "")), []watch.Event{wentTo(-1, "error", "x"), wentTo(-31, "connecting", "")}, watch.WaitStep, "being connected", 0, nil, "connecting", "req_0"},
		{"connecting once more", found(0, in("connecting", "")), append([]watch.Event{wentTo(-1, "connecting", "")}, flaps...), watch.WaitStep, "being connected", 0, nil, "to connecting", "req_-1"},
		{"awaiting", found(0, in("awaiting_token_exchange", "")), []watch.Event{wentTo(-90, "awaiting_token_exchange", "")}, watch.WaitStep, "exchange the token", 0, nil, "to awaiting_token_exchange", "req_-90"},

		{"auth_expired", inError("auth_expired"), []watch.Event{wentTo(-9, "error", "auth_expired")}, watch.RelinkStep, "expired", 0, nil, "from connected to in error: auth_expired", "req_-9"},
		{"invalid_credentials", inError("invalid_credentials"), nil, watch.RelinkStep, "username or password", 0, nil, "invalid_credentials", "req_0"},
		{"user_oauth_denied", inError("user_oauth_denied"), nil, watch.RelinkStep, "denied", 0, nil, "user_oauth_denied", "req_0"},
		{"user_input_incorrect", inError("user_input_incorrect"), nil, watch.RelinkStep, "wrong answer", 0, nil, "user_input_incorrect", "req_0"},
		{"incomplete", inError("incomplete"), nil, watch.RelinkStep, "did not finish", 0, nil, "incomplete", "req_0"},
		{"user_setup_required", inError("user_setup_required"), nil, watch.AskStep, "setting up", 0, nil, "user_setup_required", "req_0"},
		{"user_error", inError("user_error"), nil, watch.AskStep, "log in at the bank", 0, nil, "user_error", "req_0"},
		{"system_error", inError("system_error"), nil, watch.ContactStep, "MoneyKit itself", 0, nil, "system_error", "req_0"},
		{"no_accounts", inError("no_accounts"), nil, watch.ContactStep, "no accounts", 0, nil, "no_accounts", "req_0"},
		{"another error", inError("new_error"), nil, watch.ContactStep, "does not name", 0, nil, "new_error", "req_0"},
		{"no error code", inError(""), nil, watch.ContactStep, "does not say", 0, nil, "in error", "req_0"},
		{"institution_error", inError("institution_error"), nil, watch.WaitStep, "by itself", 0, nil, "institution_error", "req_0"},
		{"institution_error for a day", inError("institution_error"), []watch.Event{wentTo(-24*hours, "error", "institution_error")}, watch.WaitStep, "by itself", 0, nil, "to in error", "req_-1440"},
		{"institution_error for longer", inError("institution_error"), []watch.Event{wentTo(-24*hours-1, "error", "institution_error")}, watch.ContactStep, "24 hours", 0, nil, "to in error", "req_-1441"},
		{"institution_error since an attempt", found(0, in("error", "institution_error"), with(accounts, status(1, -25*hours, "timeout", "m"))), nil, watch.ContactStep, "24 hours", 0, nil, "accounts failed: timeout: m", "req_0"},
		{"institution_error, other attempts", found(0, in("error", "institution_error"), with(accounts, status(1, -25*hours, "no_permission", "m"))), nil, watch.WaitStep, "by itself", 0, nil, "institution_error", "req_0"},
		{"institution_error since less, by its history", found(0, in("error", "institution_error"), with(accounts, status(1, -25*hours, "timeout", "m"))), []watch.Event{wentTo(-1, "error", "institution_error")}, watch.WaitStep, "by itself", 0, nil, "to in error", "req_-1"},
		{"institution_error after another", inError("institution_error"), []watch.Event{wentTo(-25*hours, "error", "provider_error")}, watch.WaitStep, "by itself", 0, nil, "institution_error", "req_0"},
		{"provider_error", inError("provider_error"), nil, watch.WaitStep, "provider", 0, nil, "provider_error", "req_0"},
		{"provider_error for longer", inError("provider_error"), []watch.Event{wentTo(-25*hours, "error", "provider_error")}, watch.ContactStep, "provider", 0, nil, "to in error", "req_-1500"},

		{"flapping", found(0), flaps, watch.ContactStep, "again and again", 0, nil, "to in error: x", "req_-1440"},
		{"flapping in error", inError("auth_expired"), flaps, watch.ContactStep, "again and again", 0, nil, "to in error: x", "req_-1440"},
		{"not quite flapping", found(0), almost, watch.NoStep, "without any product", 0, nil, "connected", "req_0"},

		{"rate_limit", failing(accounts, -20, "rate_limit"), nil, watch.WaitStep, "not allowed yet", 40, nil, "accounts failed: rate_limit: m", "req_0"},
		{"rate_limit that is over", failing(accounts, -60, "rate_limit"), nil, watch.RefreshStep, "is allowed", 0, []moneykit.Product{accounts}, "rate_limit", "req_0"},
		{"rate_limit again and again", failing(accounts, -60, "rate_limit"), []watch.Event{failedAt(-1, accounts), failedAt(-2, accounts), failedAt(-3, accounts)}, watch.RefreshStep, "is allowed", 0, []moneykit.Product{accounts}, "rate_limit", "req_0"},
		{"product auth_expired", failing(accounts, -20, "auth_expired"), nil, watch.RelinkStep, "log in again", 0, nil, "auth_expired", "req_0"},
		{"timeout", failing(accounts, -20, "timeout"), nil, watch.WaitStep, "not allowed yet", 40, nil, "timeout", "req_0"},
		{"timeout, once a day", failing(identity, -20, "timeout"), nil, watch.WaitStep, "not allowed yet", 24*hours - 20, nil, "timeout", "req_0"},
		{"timeout without a limit", failing(investments, -20, "timeout"), nil, watch.RefreshStep, "is allowed", 0, []moneykit.Product{investments}, "timeout", "req_0"},
		{"timeout, and MoneyKit said when", limited, nil, watch.WaitStep, "not allowed yet", 7, nil, "timeout", "req_0"},
		{"timeout, and MoneyKit said when of another product", elsewhere, nil, watch.RefreshStep, "is allowed", 0, []moneykit.Product{investments}, "timeout", "req_0"},
		{"product institution_error", failing(transactions, -61, "institution_error"), nil, watch.RefreshStep, "is allowed", 0, []moneykit.Product{transactions}, "institution_error", "req_0"},
		{"product unknown", failing(transactions, -61, "unknown"), nil, watch.RefreshStep, "is allowed", 0, []moneykit.Product{transactions}, "unknown", "req_0"},
		{"not_supported", failing(accounts, -61, "not_supported"), nil, watch.ContactStep, "cannot be had", 0, nil, "not_supported", "req_0"},
		{"no_permission", failing(accounts, -61, "no_permission"), nil, watch.RelinkStep, "permission", 0, nil, "no_permission", "req_0"},
		{"product no_accounts", failing(accounts, -61, "no_accounts"), nil, watch.ContactStep, "no accounts", 0, nil, "no_accounts", "req_0"},
		{"another product error", failing(accounts, -61, "new_error"), nil, watch.ContactStep, "does not name", 0, nil, "new_error", "req_0"},
		{"unavailable", found(0, with(accounts, moneykit.ProductStatus{Unavailable: "not here", ErrorCode: "timeout"})), nil, watch.ContactStep, "cannot be had", 0, nil, "unavailable: not here", "req_0"},
		{"repeated failures", failing(accounts, -61, "timeout"), []watch.Event{failedAt(-1, accounts), refreshedAt(-2, identity), failedAt(-3, accounts), failedAt(-4, accounts)}, watch.ContactStep, "again and again", 0, nil, "accounts failed: timeout", "req_-4"},
		{"repeated failures before a success", failing(accounts, -61, "timeout"), []watch.Event{failedAt(-1, accounts), failedAt(-3, accounts), refreshedAt(-4, accounts), failedAt(-5, accounts)}, watch.RefreshStep, "is allowed", 0, []moneykit.Product{accounts}, "timeout", "req_0"},
		{"repeated failures of different products", failing(accounts, -61, "timeout"), []watch.Event{failedAt(-1, accounts), failedAt(-3, accounts), failedAt(-4, identity)}, watch.RefreshStep, "is allowed", 0, []moneykit.Product{accounts}, "timeout", "req_0"},
		{"repeated failures that are over", found(0, with(accounts, status(-1, -1, "", ""))), []watch.Event{failedAt(-2, accounts), failedAt(-3, accounts), failedAt(-4, accounts)}, watch.NoStep, "without errors", 0, nil, "refreshed", "req_0"},
		{
			"some may be refreshed", found(0, with(accounts, status(1, -59, "timeout", "")), with(transactions, status(1, -60, "timeout", "")), with(investments, status(1, -1, "unknown", ""))), nil,
			watch.RefreshStep, "is allowed", 0,
			[]moneykit.Product{transactions, investments},
			"transactions failed: timeout", "req_0",
		},
		{"none may be refreshed", found(0, with(accounts, status(1, -20, "timeout", "")), with(transactions, status(1, -50, "timeout", ""))), nil, watch.WaitStep, "not allowed yet", 10, nil, "transactions", "req_0"},
		{"a login before a refresh", found(0, with(accounts, status(1, -70, "timeout", "")), with(transactions, status(1, -50, "auth_expired", ""))), nil, watch.RelinkStep, "log in again", 0, nil, "auth_expired", "req_0"},
		{"a refresh before a permission", found(0, with(accounts, status(1, -70, "timeout", "")), with(transactions, status(1, -50, "no_permission", ""))), nil, watch.RefreshStep, "is allowed", 0, []moneykit.Product{accounts}, "no_permission", "req_0"},

		{"healthy", found(0, with(accounts, status(-7*days, -7*days, "", ""))), nil, watch.NoStep, "without errors", 0, nil, "accounts refreshed", "req_0"},
		{"old data", found(0, with(accounts, status(-7*days-1, -7*days-1, "", "")), with(identity, status(0, -1, "", ""))), nil, watch.RefreshStep, "7 days", 0, []moneykit.Product{accounts}, "identity never refreshed", "req_0"},
		{"old data, just attempted", found(0, with(accounts, status(-7*days-1, -1, "", ""))), nil, watch.WaitStep, "7 days", 59, nil, "accounts refreshed", "req_0"},
		{"no data", found(0, with(accounts, status(0, 0, "", ""))), nil, watch.RefreshStep, "no data", 0, []moneykit.Product{accounts}, "never refreshed", "req_0"},
		{"no products", found(0), nil, watch.NoStep, "without any product", 0, nil, "connected", "req_0"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := watch.Why(x.link, x.history, dawn)
			sound(t, d, dawn)
			until := time.Time{}
			if x.until != 0 {
				until = minutes(x.until)
			}
			if d.Step != x.step || !strings.Contains(d.Reason, x.reason) || !d.Until.Equal(until) || !slices.Equal(d.Products, x.products) {
				t.Errorf("%+v", d)
			}
			if !slices.ContainsFunc(d.Evidence, func(e watch.Evidence) bool {
				return strings.Contains(e.Text, strings.ReplaceAll(x.evidence, "_", " ")) && e.RequestID == x.request
			}) {
				t.Errorf("no evidence of %q by %q in %+v", x.evidence, x.request, d.Evidence)
			}
		})
	}
}

// What a link in error rests on is also what its products say, and what happened last.
func TestEvidenceOfALinkInError(t *testing.T) {
	link := found(0, in("error", "auth_expired"), with(moneykit.ProductAccounts, status(-9, -9, "", "")),
		with(moneykit.ProductTransactions, status(-90, -8, "auth_expired", "m")), with(moneykit.ProductIdentity, moneykit.ProductStatus{Unavailable: "not here"}))
	history := []watch.Event{
		wentTo(-8, "error", "auth_expired"), failedAt(-8, moneykit.ProductTransactions), refreshedAt(-9, moneykit.ProductAccounts),
		wentTo(-20, "connected", ""), wentTo(-30, "error", "timeout"), refreshedAt(-40, moneykit.ProductAccounts),
	}
	d := watch.Why(link, history, dawn)
	sound(t, d, dawn)
	got := make([]string, len(d.Evidence))
	for i, e := range d.Evidence {
		got[i] = fmt.Sprint(e.Text, " ", e.RequestID)
	}
	want := []string{
		"identity unavailable: not here req_0",
		"the last answer shows it in error: auth expired req_0",
		"it went from connected to in error: auth expired req_-8",
		"transactions failed: auth expired: m req_0",
		"transactions failed: timeout req_-8",
		"accounts refreshed req_-9",
		"it went from connected to connected req_-20",
		"it went from connected to in error: timeout req_-30",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// sound wants of a diagnosis what is right for every link.
func sound(t *testing.T, d watch.Diagnosis, now time.Time) {
	t.Helper()
	if d.Step == "" || len(d.Evidence) == 0 || !strings.HasSuffix(d.Reason, ".") || strings.Contains(d.Reason, "hostile") {
		t.Errorf("%+v", d)
	}
	if !d.Until.IsZero() && (d.Step != watch.WaitStep || d.Until.Before(now)) || (len(d.Products) > 0) != (d.Step == watch.RefreshStep) {
		t.Errorf("%+v", d)
	}
	for i, e := range d.Evidence {
		if e.Text == "" || i > 0 && !d.Evidence[i-1].At.IsZero() && (e.At.IsZero() || e.At.After(d.Evidence[i-1].At)) {
			t.Errorf("line %d of %+v", i, d.Evidence)
		}
	}
}

// Whatever a link went through, there is one next step.
func TestWhyOfAnyLink(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	steps := map[watch.Step]int{}
	for range 20_000 {
		link, history := anyLink(rng), []watch.Event{}
		for range rng.IntN(6) {
			history = append(history, anyEvent(rng))
		}
		slices.SortStableFunc(history, func(a, b watch.Event) int { return b.At.Compare(a.At) })
		before := fmt.Sprintf("%+v %+v", link, history)
		d := watch.Why(link, history, dawn)
		sound(t, d, dawn)
		if again := watch.Why(link, history, dawn); !reflect.DeepEqual(d, again) || before != fmt.Sprintf("%+v %+v", link, history) {
			t.Errorf("%+v, and then %+v", d, again)
		}
		if steps[d.Step]++; t.Failed() {
			t.Fatalf("%+v %+v %+v, seed %d", link, link.Link, history, seed)
		}
	}
	if len(steps) != 8 {
		t.Errorf("%v, seed %d", steps, seed)
	}
}

func one[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func anyState(rng *rand.Rand) (moneykit.LinkState, moneykit.LinkError) {
	return one[moneykit.LinkState](rng, "connecting", "awaiting_token_exchange", "connected", "connected", "error", "error", "deleted", "", "hostile."),
		one[moneykit.LinkError](rng, "", "system_error", "provider_error", "institution_error", "user_error", "auth_expired", "user_oauth_denied", "hostile.")
}

func anyProductError(rng *rand.Rand) moneykit.ProductError {
	return one[moneykit.ProductError](rng, "", "", "rate_limit", "auth_expired", "not_supported", "timeout", "unknown", "no_accounts", "institution_error", "no_permission", "hostile.")
}

func anyLink(rng *rand.Rand) watch.Snapshot {
	state, code := anyState(rng)
	s := found(rng.IntN(10)-5, in(state, code))
	s.Recalled = rng.IntN(20) == 0
	s.Err = one(rng, nil, nil, nil, nil, errors.New("hostile."), error(&moneykit.Error{Status: 404, Code: moneykit.LinkNotFound}))
	for _, p := range moneykit.Products() {
		if rng.IntN(3) == 0 {
			st := status(rng.IntN(20*days)-19*days, rng.IntN(4*days)-3*days, anyProductError(rng), one(rng, "", "hostile"))
			st.Unavailable = one(rng, "", "", "", "", "", "hostile")
			with(p, st)(s.Link)
		}
	}
	switch rng.IntN(12) {
	case 0:
		s.Link = nil
	case 1:
		s.Refresh = &watch.Refresh{Phase: one(rng, watch.Accepted, watch.Done, watch.Failed)}
	case 2:
		s.Refresh = &watch.Refresh{Phase: watch.Limited, Products: moneykit.Products(), RetryAt: minutes(rng.IntN(days) - days/2)}
	}
	return s
}

func anyEvent(rng *rand.Rand) watch.Event {
	e := watch.Event{Kind: one(rng, watch.StateChanged, watch.Appeared, watch.Gone, watch.ProductFailed, watch.ProductRefreshed, "hostile")}
	e.Before.State, e.Before.Error = anyState(rng)
	e.After.State, e.After.Error = anyState(rng)
	e.Product, e.Error = one(rng, moneykit.Products()...), anyProductError(rng)
	return past(rng.IntN(3*days)-5*days/2, e)
}
