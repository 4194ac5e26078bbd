package moneykit_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// found calls an operation with an answer and returns what drifted in it.
func found(t *testing.T, status int, body string, call func(context.Context, *moneykit.Client) error) []moneykit.Drift {
	t.Helper()
	c := inMemory(t, &api{handle: answer(status, body)}, moneykit.WithRetries(0))
	if err := call(t.Context(), c); err != nil && status < 400 {
		t.Fatal(err)
	}
	return c.Drift()
}

func sync1(ctx context.Context, c *moneykit.Client) error {
	_, err := c.SyncTransactions(ctx, linkID, "", 0)
	return err
}

func userLinks(ctx context.Context, c *moneykit.Client) error {
	_, err := c.UserLinks(ctx, "user_1")
	return err
}

func numbers(ctx context.Context, c *moneykit.Client) error {
	_, err := c.AccountNumbers(ctx, linkID)
	return err
}

func TestDriftIsFoundWhereItIs(t *testing.T) {
	created := func(members string) string { return `{"transactions":{"created":[{},{` + members + `},{}]}}` }
	for _, x := range []struct {
		name, body string
		call       func(context.Context, *moneykit.Client) error
		kind       moneykit.DriftKind
		field      string
		shape      string
		count      int
	}{
		{"a field of the answer", link("mood", `"Sunny 17"`), get, moneykit.UnknownField, "mood", "string aaaaa 99", 1},
		{"a field inside", link("products", `{"identity":{"mood":17.5}}`), get, moneykit.UnknownField, "products.identity.mood", "number 99.9", 1},
		{"a product", link("products", `{"crypto":{"a":{"b":1}}}`), get, moneykit.UnknownField, "products.crypto", "object", 1},
		{"a field of each transaction", created(`"mood":true},{"mood":false`), sync1, moneykit.UnknownField, "transactions.created[].mood", "boolean", 2},
		{"a field under an id", `{"links":{"somebodysid":{"mood":null},"mk_2":{"mood":null}}}`, userLinks, moneykit.UnknownField, "links{}.mood", "null", 2},
		{"a list", link("mood", ` [ [1] ]`), get, moneykit.UnknownField, "mood", "array of arrays", 1},
		{"a list of texts", link("mood", `[ "ab","c" ]`), get, moneykit.UnknownField, "mood", "array of string aa", 1},
		{"an empty list", link("mood", `[ ]`), get, moneykit.UnknownField, "mood", "array of nothing", 1},
		{"a list of objects", link("mood", `[{"a":1,"a":2}]`), get, moneykit.UnknownField, "mood", "array of object", 1},
		{"a long text", link("mood", `"`+strings.Repeat("x", 25)+`"`), get, moneykit.UnknownField, "mood", "string " + strings.Repeat("a", 24) + "…", 1},
		{"a long name", link(strings.Repeat("é", 40), `1`), get, moneykit.UnknownField, strings.Repeat("é", 32) + "…", "number 9", 1},
		{"an account that embeds one", `{"accounts":[{"mood":1,"numbers":{}}]}`, numbers, moneykit.UnknownField, "accounts[].mood", "number 9", 1},
		{"a field of its numbers", `{"accounts":[{"numbers":{"ach":[{"mood":1}]}}]}`, numbers, moneykit.UnknownField, "accounts[].numbers.ach[].mood", "number 9", 1},
		{"a case in a list", link("available_products", `["accounts","crypto_7"]`), get, moneykit.UnknownCase, "available_products[]", "aaaaaa_9", 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			got := found(t, 200, x.body, x.call)
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			d := got[0]
			same(t, "finding", []any{d.Kind, d.Field, d.Shape, d.Count, d.RequestID}, []any{x.kind, x.field, x.shape, x.count, "req_1"})
		})
	}
}

// TestUnknownCasesOfEveryEnumAreFound puts one in each place of an answer that
// an enum stands in.
func TestUnknownCasesOfEveryEnumAreFound(t *testing.T) {
	enums := map[string]bool{}
	eachAnswer(t, func(op operation, fresh func() any, places map[string]reflect.Type) {
		for place, goType := range places {
			if moneykit.Vocabulary[goType] == nil {
				continue
			}
			enums[goType.Name()] = true
			body, err := json.Marshal(replaced(fresh(), strings.Split(place, "."), "Brandnew_case"))
			must(err)
			for _, d := range found(t, op.status, string(body), func(ctx context.Context, c *moneykit.Client) error {
				_, err := op.call(ctx, c)
				return err
			}) {
				same(t, op.name, []any{d.Kind, d.Field, d.Shape}, []any{moneykit.UnknownCase, place, "aaaaaaaa_aaaa"})
				delete(places, place)
			}
			if places[place] != nil {
				t.Errorf("%s, %s: not found", op.name, place)
			}
		}
	})
	for _, name := range []string{"LinkState", "LinkError", "Product", "ProductError", "TransactionType", "Country", "Provider", "PhoneType"} {
		if !enums[name] {
			t.Errorf("no place for %s", name)
		}
	}
}

func TestUnknownErrorCodesAreFound(t *testing.T) {
	got := found(t, 418, `{"error_code":"api_error.teapot_2","error_message":"m"}`, get)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	same(t, "finding", []string{string(got[0].Kind), got[0].Operation, got[0].Field, got[0].Shape}, []string{"enum case", "GET /links/{id}", "error_code", "aaa_aaaaa.aaaaaa_9"})
	for _, body := range []string{`{"error_code":"link_error.deleted","error_message":"m"}`, `<html>`, ``} {
		if got := found(t, 410, body, get); len(got) != 0 {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestDriftIsCountedOverTime(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	a := &api{handle: sequence(answer(200, link("mood", `"a"`)), answer(200, link("mood", `1`)), answer(200, link("b", `1`)))}
	c := inMemory(t, a, moneykit.WithClock(func() time.Time { return now }))
	for range 3 {
		must(get(t.Context(), c))
		now = now.Add(time.Minute)
	}
	began := now.Add(-3 * time.Minute)
	same(t, "drift, the newest first", c.Drift(), []moneykit.Drift{
		{Kind: "field", Operation: "GET /links/{id}", Field: "b", Shape: "number 9", Count: 1, First: began.Add(2 * time.Minute), Last: began.Add(2 * time.Minute), RequestID: "req_3"},
		{Kind: "field", Operation: "GET /links/{id}", Field: "mood", Shape: "number 9", Count: 2, First: began, Last: began.Add(time.Minute), RequestID: "req_2"},
	})
}

// TestShapesTellNoValue gives random texts.
func TestShapesTellNoValue(t *testing.T) {
	alphabet := []rune("abzAZ019 -_.:/+@$€\"\\äß漢\x00\n\t\u202e😀'#%")
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		text := make([]rune, random.IntN(40))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		value, err := json.Marshal(string(text))
		must(err)
		for _, body := range []string{link("mood", string(value)), link("mood", "["+string(value)+"]"), link("state", string(value))} {
			for _, d := range found(t, 200, body, get) {
				shape := strings.TrimPrefix(strings.TrimPrefix(d.Shape, "array of "), "string ")
				if strings.Trim(shape, "a9 -_.:/+@…") != "" || len([]rune(shape)) > 25 {
					t.Fatalf("%q of %q", d.Shape, string(text))
				}
			}
		}
	}
}

func TestDeepDriftCostsLittle(t *testing.T) {
	body := link()[:len(link())-1] + `,"mood":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`
	for _, d := range found(t, 200, body, get) {
		same(t, "shape", d.Shape, "array of arrays")
	}
}

func TestDriftReportsAreBounded(t *testing.T) {
	var members []string
	for i := range 600 {
		members = append(members, fmt.Sprintf(`"mood_%d":1`, i))
	}
	a := &api{handle: answer(200, link()[:len(link())-1]+`,`+strings.Join(members, ",")+`}`)}
	c := inMemory(t, a)
	must(errors.Join(get(t.Context(), c), get(t.Context(), c)))
	got := c.Drift()
	same(t, "findings", len(got), 500)
	for _, d := range got {
		same(t, "count", d.Count, 2)
	}
}

func TestClientsShareADriftReport(t *testing.T) {
	report := moneykit.NewDriftReport()
	a := &api{handle: answer(200, link("mood", "1", "state", `"new"`))}
	var callers sync.WaitGroup
	for range 2 {
		c := inMemory(t, a, moneykit.WithDriftReport(report), moneykit.WithRateLimit(0, 0))
		for range 8 {
			callers.Go(func() {
				for range 25 {
					if err := get(t.Context(), c); err != nil {
						t.Error(err)
					}
					report.Found()
				}
			})
		}
	}
	callers.Wait()
	got := report.Found()
	slices.SortFunc(got, func(a, b moneykit.Drift) int { return cmp.Compare(a.Field, b.Field) })
	same(t, "findings", []any{len(got), got[0].Field, got[0].Count, got[1].Field, got[1].Count}, []any{2, "mood", 400, "state", 400})
}

// TestConformingAnswersDoNotDrift walks the tests' own answers and all that the
// embedded Sandbox tells.
func TestConformingAnswersDoNotDrift(t *testing.T) {
	report := moneykit.NewDriftReport()
	for _, op := range operations() {
		_, err := op.call(t.Context(), inMemory(t, &api{handle: answer(op.status, op.answer)}, moneykit.WithDriftReport(report)))
		must(err)
	}
	box := sandbox.New(sandbox.WithLinks(19), sandbox.WithClient(testID, testSecret))
	c := build(t, moneykit.WithTransport(box.Transport()), moneykit.WithDriftReport(report), moneykit.WithRateLimit(0, 0))
	ids := box.LinkIDs()
	same(t, "links", len(ids), 19)
	answered := map[string]int{}
	for _, id := range ids {
		for _, op := range operations() {
			if op.method != "GET" || !strings.HasPrefix(op.uri, "/links/"+string(linkID)) {
				continue
			}
			_, err := readAny(t.Context(), c, op.name, moneykit.LinkID(id))
			if refused := (*moneykit.Error)(nil); err != nil && !errors.As(err, &refused) {
				t.Errorf("%s: %v", op.name, err)
			}
			if err == nil {
				answered[op.name]++
			}
		}
	}
	for _, name := range []string{"Link", "Accounts", "Account", "AccountNumbers", "Identities", "TransactionsPage", "SyncTransactions", "Holdings", "InvestmentTransactionsPage"} {
		if answered[name] == 0 {
			t.Errorf("the Sandbox answered no %s", name)
		}
	}
	for _, name := range []string{"Introspect", "InstitutionsPage", "Institution", "LinksPage", "UserLinks", "UserAccounts", "UserTransactionsPage"} {
		if _, err := readAny(t.Context(), c, name, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, d := range report.Found() {
		t.Errorf("%+v", d)
	}
}

// readAny calls a reading operation with ids that the Sandbox knows.
func readAny(ctx context.Context, c *moneykit.Client, name string, id moneykit.LinkID) (any, error) {
	none := moneykit.TransactionsQuery{PageSize: 1000}
	switch name {
	case "Link":
		return c.Link(ctx, id)
	case "Accounts":
		return c.Accounts(ctx, id)
	case "Account":
		all, err := c.Accounts(ctx, id)
		if err != nil || len(all.Accounts) == 0 {
			return nil, err
		}
		return c.Account(ctx, id, all.Accounts[0].ID)
	case "AccountNumbers":
		return c.AccountNumbers(ctx, id)
	case "Identities":
		return c.Identities(ctx, id)
	case "TransactionsPage":
		return c.TransactionsPage(ctx, id, 1, none)
	case "SyncTransactions":
		return c.SyncTransactions(ctx, id, "", 500)
	case "Holdings":
		return c.Holdings(ctx, id)
	case "InvestmentTransactionsPage":
		return c.InvestmentTransactionsPage(ctx, id, 1, none)
	case "Introspect":
		return c.Introspect(ctx)
	case "InstitutionsPage":
		return c.InstitutionsPage(ctx, "", moneykit.InstitutionsQuery{})
	case "Institution":
		return c.Institution(ctx, "moneykit-oauth-bank")
	case "LinksPage":
		return c.LinksPage(ctx, "", 500)
	case "UserLinks":
		return c.UserLinks(ctx, "user_1000")
	case "UserAccounts":
		return c.UserAccounts(ctx, "user_1000", moneykit.UserAccountsQuery{})
	case "UserTransactionsPage":
		return c.UserTransactionsPage(ctx, "user_1000", 1, moneykit.UserTransactionsQuery{PageSize: 1000})
	}
	return nil, nil
}
