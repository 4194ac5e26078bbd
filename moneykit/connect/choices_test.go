package connect_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
)

func asking(products map[moneykit.Product]moneykit.ProductSettings) moneykit.LinkSessionRequest {
	return moneykit.LinkSessionRequest{InstitutionID: credentialsBank, Settings: &moneykit.LinkSessionSettings{Products: products}}
}

func TestPermission(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(asking(map[moneykit.Product]moneykit.ProductSettings{
			moneykit.ProductTransactions:   {RequirePermission: true, Reason: "to see your spending"},
			moneykit.ProductIdentity:       {RequirePermission: true, Required: true},
			moneykit.ProductAccountNumbers: {},
		}))
		want := []connect.AskedProduct{
			{Product: moneykit.ProductAccountNumbers},
			{Product: moneykit.ProductIdentity},
			{Product: moneykit.ProductTransactions, Optional: true, Reason: "to see your spending"},
		}
		if q := k.asks(connect.AskPermission); !slices.Equal(q.Products, want) || q.Institution.ID != credentialsBank {
			w.Errorf("%+v", q)
		}
		k.run.Answer(connect.Answer{})
		k.logsIn("user_good", "pass_good")
		k.shares()
		k.asksAgain(connect.AskPermission, "permission_required")
		k.run.Answer(connect.Answer{Products: []moneykit.Product{moneykit.ProductIdentity}})
		k.shares()
		if p := k.ends(connect.Connected).Last.Products; p.Transactions != nil || p.Identity == nil || p.AccountNumbers == nil {
			w.Errorf("%+v", p)
		}
	})
}

// To permit nothing is not to permit everything.
func TestPermissionOfNothing(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(asking(map[moneykit.Product]moneykit.ProductSettings{
			moneykit.ProductTransactions: {RequirePermission: true}, moneykit.ProductIdentity: {RequirePermission: true},
		}))
		k.asks(connect.AskPermission)
		k.run.Answer(connect.Answer{})
		k.logsIn("user_good", "pass_good")
		k.shares()
		if p := k.ends(connect.Connected).Last.Products; p.Transactions != nil || p.Identity != nil {
			w.Errorf("%+v", p)
		}
	})
}

// What needs no permission is shown all the same.
func TestWhatIsSharedIsReadBeforeTheLogin(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(asking(map[moneykit.Product]moneykit.ProductSettings{moneykit.ProductTransactions: {Prefetch: true}}))
		if q := k.asks(connect.AskPermission); len(q.Products) != 1 || q.Products[0].Optional {
			w.Errorf("%+v", q)
		}
		k.run.Answer(connect.Answer{Products: []moneykit.Product{moneykit.ProductTransactions}})
		k.logsIn("user_good", "pass_good")
		k.shares()
		k.ends(connect.Connected)
	})
}

func (w *world) accounts(id moneykit.LinkID) int {
	w.Helper()
	accounts, err := w.client.Accounts(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return len(accounts.Accounts)
}

func TestAccounts(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
		k.logsIn("user_good", "pass_good")
		offered := k.asks(connect.AskAccounts).Accounts
		if len(offered) < 3 || offered[0].ID == "" || offered[0].Name == "" || offered[0].Mask == "" || offered[0].Type == "" {
			w.Fatalf("%+v", offered)
		}
		k.run.Answer(connect.Answer{})
		k.asksAgain(connect.AskAccounts, "no_accounts")
		k.run.Answer(connect.Answer{Accounts: []string{offered[0].ID, offered[2].ID}})
		if s := k.ends(connect.Connected); w.accounts(s.Link) != 2 {
			w.Errorf("%d accounts", w.accounts(s.Link))
		}
	})
}

func TestOnlyOneAccount(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank, Features: &moneykit.ConnectFeatures{PermitOnlyOneAccount: true}})
		k.logsIn("user_good", "pass_good")
		k.shares()
		offered := k.asksAgain(connect.AskAccounts, "too_many_accounts").Accounts
		k.run.Answer(connect.Answer{Accounts: []string{offered[1].ID}})
		if s := k.ends(connect.Connected); w.accounts(s.Link) != 1 {
			w.Errorf("%d accounts", w.accounts(s.Link))
		}
	})
}

func TestBack(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{})
		k.chooses(credentialsBank)
		k.logsIn("user_good", "mfa_device")
		if q := k.asks(connect.AskCode); !q.Back {
			w.Error("no way back")
		}
		k.run.Back()
		if q := k.asks(connect.AskInstitution); q.Back || q.Refusal != nil {
			w.Errorf("%+v", q)
		}
		k.run.Answer(connect.Answer{Institution: instantBank})
		if s := k.ends(connect.Connected); s.Last.InstitutionID != instantBank {
			w.Errorf("%+v", s.Last)
		}
	})
}

func TestLeave(t *testing.T) {
	in(t, func(w *world) {
		before := len(w.box.LinkIDs())
		k := w.walks(moneykit.LinkSessionRequest{})
		k.asks(connect.AskInstitution)
		k.run.Leave()
		if s := k.ends(connect.Left); s.Exit != nil || s.Link != "" || s.Last != nil {
			w.Errorf("%+v", s)
		}
		again := w.follows(k.run.Again(w.Context()))
		again.chooses(instantBank)
		again.ends(connect.Connected)
		if after := len(w.box.LinkIDs()); after != before+1 {
			w.Errorf("%d links, were %d", after, before)
		}
	})
}

func TestDuplicateInstitution(t *testing.T) {
	in(t, func(w *world) {
		w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank}).ends(connect.Connected)
		once := moneykit.LinkSessionRequest{Features: &moneykit.ConnectFeatures{DuplicateInstitutionRejected: true}}
		k := w.walks(once)
		k.chooses(instantBank)
		k.asksAgain(connect.AskInstitution, "duplicate_institution")
		k.run.Answer(connect.Answer{Institution: oauthBank})
		k.asks(connect.AskOAuth)
		k.run.Answer(connect.Answer{})
		k.shares()
		k.ends(connect.Connected)

		once.InstitutionID = instantBank // without a choice there is no other try
		w.walks(once).leftWith("duplicate_institution")
	})
}

func TestSessionsThatEndMeanwhile(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{})
		k.asks(connect.AskInstitution)
		if err := w.box.Advance(w.Context(), time.Hour); err != nil {
			w.Fatal(err)
		}
		k.run.Answer(connect.Answer{Institution: instantBank})
		k.leftWith("session_expired")
	})
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
		k.logsIn("user_good", "pass_good")
		k.asks(connect.AskAccounts)
		w.wire.at("POST /sandbox/connect", status(404, `{"error_code":"session_not_found","displayed_message":"Used."}`))
		k.run.Answer(connect.Answer{})
		k.leftWith("session_not_found")
	})
}

func TestLinkDeletedMeanwhile(t *testing.T) {
	in(t, func(w *world) {
		id := w.expired(credentialsBank)
		k := w.walks(moneykit.LinkSessionRequest{ExistingLinkID: id})
		k.asks(connect.AskCredentials)
		if _, err := w.client.DeleteLink(w.Context(), id); err != nil {
			w.Fatal(err)
		}
		k.run.Answer(connect.Answer{Username: "user_good", Password: moneykit.NewSecret("pass_good")})
		k.leftWith("link_deleted")
	})
}

func TestAnswersThatNobodyAskedFor(t *testing.T) {
	in(t, func(w *world) {
		w.wire.at("POST /sandbox/connect", slowly)
		k := w.walks(moneykit.LinkSessionRequest{})
		early := k.run.State()
		k.run.Answer(connect.Answer{Institution: instantBank})
		k.run.Leave()
		if s := k.run.State(); s.Version != early.Version {
			w.Errorf("version %d, was %d", s.Version, early.Version)
		}
		k.asks(connect.AskInstitution)
		k.run.Answer(connect.Answer{Institution: credentialsBank})
		k.run.Answer(connect.Answer{Institution: instantBank})
		k.run.Back()
		k.run.Leave()
		k.asks(connect.AskCredentials)
		if k.run.Paste(moneykit.NewSecret("mk_ex_1")) {
			w.Error("there is no page whose Connect could have been another")
		}
		k.run.Cancel()
		over := k.run.State()
		k.run.Answer(connect.Answer{})
		k.run.Back()
		if s := k.run.State(); s.Version != over.Version || s.Phase != connect.Failed {
			w.Errorf("%+v", s)
		}
	})
}

// slowly lets time pass before the Sandbox answers, so that the test goes on
// until it waits itself.
func slowly(*http.Request) (*http.Response, error) {
	time.Sleep(time.Second)
	return nil, nil
}

func TestAnswerOfManyAtOnce(t *testing.T) {
	in(t, func(w *world) {
		w.wire.at("POST /sandbox/connect", slowly)
		k := w.walks(moneykit.LinkSessionRequest{})
		k.asks(connect.AskInstitution)
		for range 20 {
			go k.run.Answer(connect.Answer{Institution: credentialsBank})
		}
		synctest.Wait()
		k.asks(connect.AskCredentials)
		k.run.Cancel()
	})
}
