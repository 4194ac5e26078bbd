package sandbox

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// enums of the contract that the word lists repeat.
func contractEnum(name string) []string {
	var values []string
	for _, value := range loadContract().doc.Components.Schemas[name].Value.Enum {
		values = append(values, value.(string))
	}
	return values
}

func TestCategoryListsAreTheContracts(t *testing.T) {
	s := New()
	for list, schema := range map[string]string{"categories": "BudPrimaryCategory", "subcategories": "BudSubcategory"} {
		if got, want := s.list(list), contractEnum(schema); !slices.Equal(got, want) {
			t.Errorf("%s are %q, the contract has %q", list, got, want)
		}
	}
}

// correct corrects a transaction of a link.
func (a *api) correct(place int, id, category, subcategory string) answer {
	a.Helper()
	body := map[string]any{"category": category}
	if subcategory != "" {
		body["subcategory"] = subcategory
	}
	return a.post("/links/"+a.link(place)+"/transactions/"+id+"/enrichment", body)
}

func merchant(x transactionAnswer) string {
	if x.Enrichment == nil || x.Enrichment.Merchant == nil {
		return ""
	}
	return x.Enrichment.Merchant.ID
}

// frequented returns a transaction in the midst of those at its merchant.
func frequented(t *testing.T, all []transactionAnswer) transactionAnswer {
	t.Helper()
	at := map[string][]transactionAnswer{}
	for _, x := range all {
		at[merchant(x)] = append(at[merchant(x)], x)
	}
	delete(at, "")
	for _, x := range all {
		if same := at[merchant(x)]; len(same) > 6 && same[0].Date != same[3].Date {
			return same[3]
		}
	}
	t.Fatal("no merchant is frequented")
	return transactionAnswer{}
}

func TestCorrectionReachesBack(t *testing.T) {
	a := newAPI(t)
	synced := &ledger{rows: map[string]transactionAnswer{}}
	synced.pullAll(a, 3, 500)
	before := a.table(3)
	chosen := frequented(t, before)
	want := map[string]bool{}
	for _, x := range before {
		if merchant(x) == merchant(chosen) && x.Date <= chosen.Date {
			want[x.TransactionID] = true
		}
	}
	got := into[correctedAnswer](t, a.correct(3, chosen.TransactionID, "charity", "other_charity").want(t, 200))
	if len(got.Transactions) != len(want) || got.Transactions[0].TransactionID != chosen.TransactionID || got.Cursor.Next != nil || got.Link.LinkID != a.link(3) {
		t.Errorf("answered %d transactions, want %d; %+v", len(got.Transactions), len(want), got.Cursor)
	}
	accounts := map[string]bool{}
	for _, x := range got.Transactions {
		accounts[x.AccountID] = true
		if !want[x.TransactionID] || *x.Category != "charity" || x.Enrichment.Category.Value != "charity" || x.Enrichment.Subcategory.Value != "other_charity" {
			t.Errorf("%+v", x)
		}
	}
	if len(got.Accounts) != len(accounts) {
		t.Errorf("%d accounts, want %d", len(got.Accounts), len(accounts))
	}
	kept := map[string]string{}
	for _, x := range before {
		kept[x.TransactionID] = *x.Category
	}
	for _, x := range a.table(3) {
		if corrected := want[x.TransactionID]; corrected != (*x.Category == "charity") || !corrected && *x.Category != kept[x.TransactionID] {
			t.Errorf("%s of %s is now %s", x.TransactionID, x.Date, *x.Category)
		}
	}

	page := into[syncAnswer](t, a.get("/links/"+a.link(3)+"/transactions/sync?cursor="+synced.cursor)).Transactions
	if len(page.Updated) != len(want) || len(page.Created)+len(page.Removed) != 0 {
		t.Errorf("sync tells of %d updates, %d created, %d removed", len(page.Updated), len(page.Created), len(page.Removed))
	}
	synced.pullAll(a, 3, 2)
	synced.equals(a, 3)

	// The subcategory is taken away where none is given, and null is none.
	for _, body := range []string{`{"category": "taxes"}`, `{"category": "taxes", "subcategory": null}`} {
		again := a.post("/links/"+a.link(3)+"/transactions/"+chosen.TransactionID+"/enrichment", body).want(t, 200)
		if again.at("transactions", 0, "enrichment", "subcategory") != nil || again.text("transactions", 0, "category") != "taxes" {
			t.Errorf("%.300s", again.body)
		}
	}
}

// A transaction that names no merchant has no similar ones.
func TestCorrectionOfOne(t *testing.T) {
	a := newAPI(t)
	all := a.table(3)
	i := slices.IndexFunc(all, func(x transactionAnswer) bool { return merchant(x) == "" })
	if got := into[correctedAnswer](t, a.correct(3, all[i].TransactionID, "transfers", "").want(t, 200)); len(got.Transactions) != 1 {
		t.Errorf("%d transactions", len(got.Transactions))
	}
}

// What the customer corrected stays as it is, whatever the bank does next.
func TestCorrectionSurvives(t *testing.T) {
	for name, opts := range map[string][]Option{"updated": nil, "replaced": {WithPendingReplaced()}} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t, opts...)
			corrected := map[string]string{}
			for i, x := range a.table(3)[:120] {
				category := []string{"charity", "taxes", "insurance"}[i%3]
				for _, also := range into[correctedAnswer](t, a.correct(3, x.TransactionID, category, "").want(t, 200)).Transactions {
					corrected[also.TransactionID] = category
				}
			}
			pending := map[string]string{}
			for _, x := range a.table(3) {
				if x.Pending {
					pending[x.RawDescription] = *x.Category
				}
			}
			for range 25 {
				a.clock.Move(25 * time.Hour)
				a.authorize()
				a.refresh(3, accountsProduct, transactionsProduct).want(t, 202)
				a.clock.Move(3 * time.Second)
			}
			found := 0
			for _, x := range a.table(3) {
				if category, known := corrected[x.TransactionID]; known && *x.Category != category {
					t.Errorf("%s was corrected to %s and is now %s", x.TransactionID, category, *x.Category)
				}
				if category, was := pending[x.RawDescription]; was {
					found++
					if x.Pending || *x.Category != category {
						t.Errorf("%s was pending in %s: %+v", x.RawDescription, category, x)
					}
				}
			}
			if len(pending) == 0 || found != len(pending) {
				t.Errorf("%d were pending, %d of them found", len(pending), found)
			}
		})
	}
}

// A correction between the refresh of the accounts, which settles what is
// pending, and that of the transactions, which shows it, is not lost.
func TestCorrectionOfWhatIsBeingSettled(t *testing.T) {
	for name, opts := range map[string][]Option{"updated": nil, "replaced": {WithPendingReplaced()}} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t, opts...)
			a.clock.Move(2 * time.Hour)
			a.authorize()
			a.refresh(3, accountsProduct).want(t, 202)
			a.clock.Move(3 * time.Second)
			pending := map[string]bool{}
			for _, x := range a.table(3) {
				if x.Pending {
					pending[x.RawDescription] = true
					a.correct(3, x.TransactionID, "taxes", "").want(t, 200)
				}
			}
			a.refresh(3, transactionsProduct).want(t, 202)
			a.clock.Move(3 * time.Second)
			for _, x := range a.table(3) {
				if pending[x.RawDescription] && (x.Pending || *x.Category != "taxes") {
					t.Errorf("%s is %s, pending %t", x.RawDescription, *x.Category, x.Pending)
				}
			}
			if len(pending) == 0 {
				t.Error("nothing was pending")
			}
		})
	}
}

func TestCorrectionsAreChecked(t *testing.T) {
	a := newAPI(t)
	id := a.table(3)[0].TransactionID
	foreign := a.table(8)[0].TransactionID
	a.correct(3, "txn_none", "charity", "").refused(t, 404, "link_error.not_found")
	a.correct(3, foreign, "charity", "").refused(t, 404, "link_error.not_found")
	for body, at := range map[string]string{
		`{}`:                      "category",
		`{"category": null}`:      "category",
		`{"category": "gold"}`:    "category",
		`{"category": "Charity"}`: "category",
		`{"category": "charity", "subcategory": "charity "}`: "subcategory",
		`{"category": "charity", "subcategory": ""}`:         "subcategory",
		`{"category": "charity", "subcategory": "income"}`:   "subcategory",
	} {
		got := a.post("/links/"+a.link(3)+"/transactions/"+id+"/enrichment", body).refused(t, 422, "api_error.request.validation_failed")
		if found := fmt.Sprint(got.at("validation_errors", 0, "location")); found != "[body "+at+"]" {
			t.Errorf("%s is wrong at %s", body, found)
		}
	}
	for _, category := range contractEnum("BudPrimaryCategory") {
		a.correct(3, id, category, "").want(t, 200)
	}
	for _, subcategory := range contractEnum("BudSubcategory") {
		a.correct(3, id, "general", subcategory).want(t, 200)
	}
}
