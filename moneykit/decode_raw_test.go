package moneykit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/shopspring/decimal"

	"till/moneykit"
)

// odd is an object as no encoder would write it.
func odd(n int) string {
	return fmt.Sprintf("{ \"link_id\" :\"x\", \"n\" :%d,\t\"z\\u00e9\":\t1.0E+2 ,\r\n \"deep\" : { \"b\" :[ 1,2 , {\"x\":null}], \"a\":\"}\\\"]\" } ,"+
		" \"big\":123456789012345678901234567890.50, \"slash\":\"\\/\" , \"name\":\"\\u0041\", \"balances\": { \"mood\" : [] } }", n)
}

// TestObjectsKeepTheirJSON puts odd objects wherever an answer has some, and
// wants each back byte by byte.
func TestObjectsKeepTheirJSON(t *testing.T) {
	for _, x := range []struct {
		name, body string // %s for each object
		read       func(context.Context, *moneykit.Client) ([][]byte, error)
	}{
		{"a link", " \n%s\t", func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			l, err := c.Link(ctx, linkID)
			return [][]byte{l.JSON()}, err
		}},
		{"accounts", `{"link" : %s ,"accounts":[%s, %s ,` + "\n" + `%s]}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.Accounts(ctx, linkID)
			return append([][]byte{r.Link.JSON()}, objects(r.Accounts)...), err
		}},
		{"numbers", `{"accounts":[ %s,%s],"link":%s}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.AccountNumbers(ctx, linkID)
			return append(objects(r.Accounts), r.Link.JSON()), err
		}},
		{"identities", `{"accounts":[ %s,%s],"link":%s}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.Identities(ctx, linkID)
			return append(objects(r.Accounts), r.Link.JSON()), err
		}},
		{"a sync", `{"transactions":{"updated":[%s],"created": [ %s,%s ]},"accounts":[%s],"link":%s}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.SyncTransactions(ctx, linkID, "", 0)
			all := append(objects(r.Transactions.Updated), objects(r.Transactions.Created)...)
			return append(append(all, objects(r.Accounts)...), r.Link.JSON()), err
		}},
		{"holdings", `{"holdings":[%s,%s],"securities":[%s]}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.Holdings(ctx, linkID)
			return append(objects(r.Holdings), objects(r.Securities)...), err
		}},
		{"investments", `{"investment_transactions":[%s,%s]}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.InvestmentTransactionsPage(ctx, linkID, 1, moneykit.TransactionsQuery{})
			return objects(r.Transactions), err
		}},
		{"institutions", `{"institutions":[%s,%s]}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.InstitutionsPage(ctx, "", moneykit.InstitutionsQuery{})
			return objects(r.Institutions), err
		}},
		{"the list of links", `{"links":[%s,%s]}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.LinksPage(ctx, "", 0)
			return objects(r.Links), err
		}},
		{"a user's links", `{"links":{"a" : %s , "b":%s}}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.UserLinks(ctx, "user_1")
			return [][]byte{r.Links["a"].JSON(), r.Links["b"].JSON()}, err
		}},
		{"a user's accounts", `{"links":{"a":{"accounts":[ %s , %s]}}}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.UserAccounts(ctx, "user_1", moneykit.UserAccountsQuery{})
			return objects(r.Links["a"].Accounts), err
		}},
		{"a user's transactions", `{"transactions":[%s],"accounts":{"a" :` + "\t" + `%s}}`, func(ctx context.Context, c *moneykit.Client) ([][]byte, error) {
			r, err := c.UserTransactionsPage(ctx, "user_1", 1, moneykit.UserTransactionsQuery{})
			return append(objects(r.Transactions), r.Accounts["a"].JSON()), err
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			var want []any
			for n := range strings.Count(x.body, "%s") {
				want = append(want, odd(n))
			}
			got, err := x.read(t.Context(), inMemory(t, &api{handle: answer(200, fmt.Sprintf(x.body, want...))}))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "objects", len(got), len(want))
			for i := range got {
				same(t, "object", string(got[i]), want[i].(string))
			}
		})
	}
}

func objects[T interface{ JSON() []byte }](list []T) [][]byte {
	var all [][]byte
	for _, o := range list {
		all = append(all, o.JSON())
	}
	return all
}

func TestWhatIsUnknownStaysReachable(t *testing.T) {
	body := `{"accounts":[{"account_id":"a","balances":{"mood":1},"mood":"x","numbers":{"iban2":[true]}}],"mood":{"a":1.50}}`
	got, err := inMemory(t, &api{handle: answer(200, body)}).AccountNumbers(t.Context(), linkID)
	if err != nil {
		t.Fatal(err)
	}
	a := got.Accounts[0]
	for what, x := range map[string]struct {
		got  jsontext.Value
		want string
	}{
		"answer": {got.Unknown, `{"mood":{"a":1.50}}`}, "account": {a.Unknown, `{"mood":"x"}`},
		"balances": {a.Balances.Unknown, `{"mood":1}`}, "numbers": {a.Numbers.Unknown, `{"iban2":[true]}`},
	} {
		same(t, what, string(x.got), x.want)
	}
	plain, err := inMemory(t, &api{handle: answer(200, link())}).Link(t.Context(), linkID)
	must(err)
	if plain.Unknown != nil || (moneykit.Link{}).JSON() != nil {
		t.Error("something unknown in a link without it")
	}
}

// TestStrangeJSON gives what a server should not send: it is read or refused,
// and never ends the program.
func TestStrangeJSON(t *testing.T) {
	nested := func(depth int) string { return strings.Repeat(`{"x":[`, depth/2) + strings.Repeat(`]}`, depth/2) }
	with := func(more string) string { return link()[:len(link())-1] + `,` + more + `}` }
	for _, x := range []struct {
		name, body string
		ok         bool
		webhook    string
	}{
		{"a name twice, the last counts", with(`"webhook":"a","webhook":"b"`), true, "b"},
		{"an unknown name twice", with(`"x":1,"x":2`), true, ""},
		{"text that is not UTF-8", with("\"x\":\"\xff\",\"webhook\":\"a\xffb\""), true, "a\ufffdb"},
		{"half a surrogate", with(`"webhook":"a\ud83d"`), true, "a\ufffd"},
		{"deep nesting", with(`"x":` + nested(9000)), true, ""},
		{"deeper nesting", with(`"x":` + nested(1000000)), false, ""},
		{"deeper nesting where an object belongs", with(`"products":` + strings.Repeat("[", 1000000)), false, ""},
		{"a name in other letters is another name", with(`"WEBHOOK":"b"`), true, ""},
		{"a byte order mark", "\ufeff" + link(), false, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			got, err := inMemory(t, &api{handle: answer(200, x.body)}).Link(t.Context(), linkID)
			if (err == nil) != x.ok {
				t.Fatal(err)
			}
			if err == nil {
				same(t, "webhook", got.Webhook, x.webhook)
				same(t, "JSON", string(got.JSON()), x.body)
			}
		})
	}
}

// TestDecodingErrorsTellNoValue puts a wrong value into each place of each
// answer. Names of members are told, unless they are ids.
func TestDecodingErrorsTellNoValue(t *testing.T) {
	wrong := []any{"kanari", 47110815, map[string]any{"kanari": "kanari"}}
	refused := 0
	eachAnswer(t, func(op operation, fresh func() any, places map[string]reflect.Type) {
		for place := range places {
			if strings.HasPrefix(place, "link.") {
				continue // as in a link by itself
			}
			for _, value := range wrong {
				body, err := json.Marshal(replaced(fresh(), strings.Split(place, "."), value))
				must(err)
				if _, err := op.call(t.Context(), inMemory(t, &api{handle: answer(op.status, string(body))})); err != nil {
					refused++
					hides(t, err.Error(), "kanari", "4711", "somebodysid")
				}
			}
		}
	})
	if refused < 500 {
		t.Errorf("only %d wrong answers were refused", refused)
	}
}

func TestDecodingErrorsNameTheField(t *testing.T) {
	for body, want := range map[string]string{
		`{"links":{"somebodysid":5}}`: "a number does not fit in links",
		`{"links":{"somebodysid":{"products":{"identity":{"refreshed_at":"soon"}}}}}`: "a string does not fit in refreshed_at",
		`[]`:         "a [ does not fit",
		`{"links":{`: "not JSON from byte 10 on",
	} {
		_, err := inMemory(t, &api{handle: answer(200, body)}).UserLinks(t.Context(), "user_1")
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// eachAnswer calls back for each operation that answers something, with a maker
// of full answers and the places in them.
func eachAnswer(t *testing.T, look func(op operation, fresh func() any, places map[string]reflect.Type)) {
	t.Helper()
	seen := map[string]bool{}
	for _, op := range operations() {
		r, _, err := route(op.method, op.uri)
		must(err)
		content := r.Operation.Responses.Status(op.status).Value.Content["application/json"]
		if content == nil || seen[r.Operation.OperationID] || op.name == "CreateLinkSession" {
			continue
		}
		seen[r.Operation.OperationID] = true
		result, err := op.call(t.Context(), inMemory(t, &api{handle: answer(op.status, op.answer)}))
		must(err)
		fresh := func() any { return sample(content.Schema.Value, firstCase, false) }
		look(op, fresh, typePaths(reflect.TypeOf(result), "", map[string]reflect.Type{}))
	}
}

// replaced puts a value at a place.
func replaced(v any, place []string, value any) any {
	if len(place) == 0 {
		return value
	}
	name, list := strings.CutSuffix(place[0], "[]")
	name, keyed := strings.CutSuffix(name, "{}")
	members, ok := v.(map[string]any)
	switch {
	case !ok || members[name] == nil:
	case list:
		elements := members[name].([]any)
		elements[0] = replaced(elements[0], place[1:], value)
	case keyed:
		inside := members[name].(map[string]any)
		inside["somebodysid"] = replaced(inside["somebodysid"], place[1:], value)
	default:
		members[name] = replaced(members[name], place[1:], value)
	}
	return v
}

// TestAmountsAreBounded holds every amount of every answer to what money can
// be: a few bytes must not become megabytes when they are printed.
func TestAmountsAreBounded(t *testing.T) {
	amounts := 0
	eachAnswer(t, func(op operation, fresh func() any, places map[string]reflect.Type) {
		for place, kind := range places {
			if kind != reflect.TypeFor[decimal.Decimal]() && kind != reflect.TypeFor[decimal.NullDecimal]() {
				continue
			}
			amounts++
			for _, x := range []struct {
				amount string
				ok     bool
			}{
				{"1e100", true},
				{"1e-100", true},
				{"12345678901234567890.12345678901234567890", true},
				{"1e101", false},
				{"1e-101", false},
				{"1e999999999", false},
				{"1e-999999999", false},
				{"0." + strings.Repeat("0", 500) + "1", false},
				{strings.Repeat("9", 1000), false},
			} {
				for _, value := range []any{x.amount, json.Number(x.amount)} {
					body, err := json.Marshal(replaced(fresh(), strings.Split(place, "."), value))
					must(err)
					_, err = op.call(t.Context(), inMemory(t, &api{handle: answer(op.status, string(body))}))
					if (err == nil) != x.ok {
						t.Errorf("%s, %s: %v for %.20v", op.name, place, err, value)
					}
				}
			}
		}
	})
	if amounts < 30 {
		t.Errorf("%d amounts", amounts)
	}
}
