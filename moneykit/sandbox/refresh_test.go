package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRefreshIsLazyAndShowsItsSteps(t *testing.T) {
	a := newAPI(t, WithRefreshTime(10*time.Second, 10*time.Second))
	before := a.show(1).Products.Transactions
	a.refresh(1, transactionsProduct).want(t, 202)

	a.clock.Move(2 * time.Second)
	if now := a.show(1).Products.Transactions; !now.LastAttemptedAt.Equal(*before.LastAttemptedAt) {
		t.Errorf("attempted too early: %v", now.LastAttemptedAt)
	}
	a.clock.Move(2 * time.Second)
	now := a.show(1).Products.Transactions
	if !now.LastAttemptedAt.Equal(noon.Add(3*time.Second)) || !now.RefreshedAt.Equal(*before.RefreshedAt) {
		t.Errorf("in flight: attempted %v, refreshed %v", now.LastAttemptedAt, now.RefreshedAt)
	}
	a.clock.Move(10 * time.Minute)
	if now = a.show(1).Products.Transactions; !now.RefreshedAt.Equal(noon.Add(10 * time.Second)) {
		t.Errorf("refreshed %v", now.RefreshedAt)
	}
}

func TestRefreshMakesNewBalances(t *testing.T) {
	a := newAPI(t)
	path := "/links/" + a.link(1) + "/accounts"
	before := a.get(path)
	a.refresh(1, accountsProduct)
	if again := a.get(path); fmt.Sprint(again.at("accounts")) != fmt.Sprint(before.at("accounts")) {
		t.Error("the balances moved before the refresh was done")
	}
	a.clock.Move(2 * time.Second)
	after := a.get(path)
	moved := false
	for i := range 3 {
		moved = moved || after.at("accounts", i, "balances", "current") != before.at("accounts", i, "balances", "current")
	}
	if !moved {
		t.Errorf("the same balances: %v", after.at("accounts"))
	}
}

func TestRefreshLimits(t *testing.T) {
	for _, limited := range []struct {
		name product
		wait time.Duration
	}{
		{accountsProduct, time.Hour},
		{transactionsProduct, time.Hour},
		{accountNumbersProduct, 24 * time.Hour},
		{identityProduct, 24 * time.Hour},
	} {
		t.Run(string(limited.name), func(t *testing.T) {
			a := newAPI(t)
			a.refresh(3, limited.name).want(t, 202)
			a.clock.Move(limited.wait - 90*time.Second - 500*time.Millisecond)
			a.authorize()
			got := a.refresh(3, investmentsProduct, limited.name).refused(t, 429, "api_error.rate_limit_exceeded")
			if got.header.Get("Retry-After") != "91" {
				t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
			}
			if !strings.Contains(got.text("error_message"), string(limited.name)) {
				t.Errorf("message %q", got.text("error_message"))
			}
			if a.box.linkAt(2).product(investmentsProduct).InFlight {
				t.Error("the other product is refreshed all the same")
			}
			a.clock.Move(91 * time.Second)
			a.refresh(3, limited.name).want(t, 202)
		})
	}
}

func TestSeededFailureThenSuccess(t *testing.T) {
	a := newAPI(t)
	before := a.show(8).Products.Transactions
	a.refresh(8, transactionsProduct).want(t, 202)
	a.clock.Move(2 * time.Second)
	failed := a.show(8).Products.Transactions
	if failed.ErrorCode == nil || *failed.ErrorCode != "institution_error" || failed.ErrorMessage == nil {
		t.Fatalf("no error: %+v", failed)
	}
	if !failed.RefreshedAt.Equal(*before.RefreshedAt) || !failed.LastAttemptedAt.After(*before.LastAttemptedAt) {
		t.Errorf("refreshed %v, attempted %v", failed.RefreshedAt, failed.LastAttemptedAt)
	}
	a.clock.Move(time.Hour)
	a.authorize()
	a.refresh(8, transactionsProduct).want(t, 202)
	a.clock.Move(2 * time.Second)
	if done := a.show(8).Products.Transactions; done.ErrorCode != nil || !done.RefreshedAt.After(*before.RefreshedAt) {
		t.Errorf("the second one failed too: %+v", done)
	}
}

func TestPendingIsSettledByTheNextRefresh(t *testing.T) {
	a := newAPI(t, WithRefreshTime(time.Second, time.Second))
	changed, settled := 0, 0
	for range 8 {
		before := map[string]transactionAnswer{}
		for _, x := range a.table(1) {
			before[x.TransactionID] = x
		}
		a.clock.Move(time.Hour)
		a.authorize()
		a.refresh(1, accountsProduct, transactionsProduct).want(t, 202)
		a.clock.Move(time.Second)
		today := a.clock.Now().Format(time.DateOnly)
		fresh, pending := 0, 0
		for _, x := range a.table(1) {
			old, known := before[x.TransactionID]
			switch {
			case !known:
				fresh++
				if x.Pending {
					pending++
				}
				if x.Pending && x.Date != today {
					t.Errorf("pending since %s on %s", x.Date, today)
				}
			case old.Pending && x.Pending:
				t.Errorf("%s is still pending", x.TransactionID)
			case old.Pending:
				settled++
				if old.Amount != x.Amount {
					changed++
				}
				if old.Description == x.Description {
					t.Errorf("description %q is not cleaned up", x.Description)
				}
			}
		}
		if fresh < 2 || pending < 1 {
			t.Errorf("%d new transactions, %d of them pending", fresh, pending)
		}
	}
	if settled < 8 || changed*4 < settled || changed == settled {
		t.Errorf("%d settled, %d of them with another amount", settled, changed)
	}
}
