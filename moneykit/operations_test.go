package moneykit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"till/assets"
	"till/moneykit"
)

// operation is a call of the client, the request it has to make, and an answer.
type operation struct {
	name   string
	call   func(context.Context, *moneykit.Client) (any, error)
	method string
	uri    string
	body   string // JSON, empty for none
	status int
	answer string
}

const account = `{"account_id":"acc_1","account_type":"depository.checking","name":"Checking","balances":{}}`

func operations() []operation {
	day := moneykit.Date{Year: 2026, Month: 3, Day: 9}
	return []operation{
		{
			"Introspect", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Introspect(ctx) },
			"GET", "/auth/introspect", "", 200,
			`{"client_id":"c","client_name":"n","scope":"a b","app":{"app_id":"a","name":"n","id":"a","app_name":"n"}}`,
		},
		{
			"InstitutionsPage", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.InstitutionsPage(ctx, "cur&sor", moneykit.InstitutionsQuery{Name: "Å & co", Featured: true, PageSize: 20})
			}, "GET", "/institutions?cursor=cur%26sor&featured=true&limit=20&name=%C3%85+%26+co", "", 200,
			`{"institutions":[],"cursors":{"next":null}}`,
		},
		{
			"Institution", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Institution(ctx, "bank/1") },
			"GET", "/institutions/bank%2F1", "", 200,
			`{"institution_id":"b","institution_id_aliases":[],"name":"B","country":"US","is_featured":true}`,
		},
		{"CreateLinkSession", createSession, "POST", "/link-session", `{
				"customer_user":{"id":"user_1"},"redirect_uri":"https://app.example/back","existing_link_id":"mk_link_4711",
				"institution_id":"bank","webhook":"https://app.example/hook","link_tags":["a"],
				"settings":{"countries":["US"],"providers":["mx"],"products":{"identity":{"required":true,"require_permission":true,"prefetch":true,"reason":"why"}}}
			}`, 201, `{"link_session_token":"mk_ls_secret"}`},
		{
			"CreateLinkSession with the least", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.CreateLinkSession(ctx, moneykit.LinkSessionRequest{
					CustomerUser: moneykit.CustomerUser{ID: "user_1"}, RedirectURI: "https://app.example/back",
				})
			}, "POST", "/link-session", `{"customer_user":{"id":"user_1"},"redirect_uri":"https://app.example/back"}`, 201,
			`{"link_session_token":"mk_ls_secret"}`,
		},
		{
			"ExchangeToken", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.ExchangeToken(ctx, moneykit.NewSecret("mk_ex_secret"))
			}, "POST", "/link-session/exchange-token", `{"exchangeable_token":"mk_ex_secret"}`, 201,
			`{"link_id":"mk_link_4711","link":` + link() + `}`,
		},
		{
			"LinksPage", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.LinksPage(ctx, "", 0) },
			"GET", "/links", "", 200, `{"links":[],"next_cursor":""}`,
		},
		{
			"LinksPage from a cursor", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.LinksPage(ctx, "a b", 500) },
			"GET", "/links?cursor=a+b&limit=500", "", 200, `{"links":[],"next_cursor":""}`,
		},
		{
			"Link", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Link(ctx, linkID) },
			"GET", "/links/mk_link_4711", "", 200, link(),
		},
		{
			"DeleteLink", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.DeleteLink(ctx, linkID) },
			"DELETE", "/links/mk_link_4711", "", 204, "",
		},
		{
			"ResetLink", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.ResetLink(ctx, linkID) },
			"POST", "/links/mk_link_4711/reset", "", 200, link(),
		},
		{"RefreshProducts", func(ctx context.Context, c *moneykit.Client) (any, error) {
			return c.RefreshProducts(ctx, linkID, moneykit.ProductAccounts, moneykit.ProductTransactions)
		}, "POST", "/links/mk_link_4711/products", `{"products":["accounts","transactions"]}`, 202, link()},
		{
			"Accounts", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Accounts(ctx, linkID, "b", "a&b") },
			"GET", "/links/mk_link_4711/accounts?account_ids=b&account_ids=a%26b", "", 200, `{"accounts":[` + account + `],"link":` + link() + `}`,
		},
		{
			"Account", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Account(ctx, linkID, "acc?1") },
			"GET", "/links/mk_link_4711/accounts/acc%3F1", "", 200, `{"account":` + account + `,"link":` + link() + `}`,
		},
		{
			"TransactionsPage", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.TransactionsPage(ctx, linkID, 3, moneykit.TransactionsQuery{Accounts: []moneykit.AccountID{"a", "b"}, From: day, To: day, PageSize: 50})
			}, "GET", "/links/mk_link_4711/transactions?account_ids=a&account_ids=b&end_date=2026-03-09&page=3&size=50&start_date=2026-03-09", "", 200,
			`{"total":0,"page":3,"size":50,"transactions":[],"accounts":[],"link":` + link() + `}`,
		},
		{
			"SyncTransactions", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.SyncTransactions(ctx, linkID, "from=here", 500)
			}, "GET", "/links/mk_link_4711/transactions/sync?cursor=from%3Dhere&size=500", "", 200,
			`{"transactions":{"created":[],"updated":[],"removed":[]},"accounts":[],"cursor":{"next":"on"},"has_more":false,"link":` + link() + `}`,
		},
	}
}

func createSession(ctx context.Context, c *moneykit.Client) (any, error) {
	return c.CreateLinkSession(ctx, moneykit.LinkSessionRequest{
		CustomerUser: moneykit.CustomerUser{ID: "user_1"}, RedirectURI: "https://app.example/back",
		ExistingLinkID: linkID, InstitutionID: "bank", Webhook: "https://app.example/hook", LinkTags: []string{"a"},
		Settings: &moneykit.LinkSessionSettings{
			Countries: []moneykit.Country{"US"}, Providers: []moneykit.Provider{"mx"},
			Products: map[moneykit.Product]moneykit.ProductSettings{
				moneykit.ProductIdentity: {Required: true, RequirePermission: true, Prefetch: true, Reason: "why"},
			},
		},
	})
}

func TestEveryOperationsRequest(t *testing.T) {
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			a := &api{handle: answer(op.status, op.answer)}
			got, err := op.call(t.Context(), overHTTP(t, a, moneykit.WithUserAgent("till/test")))
			if err != nil {
				t.Fatal(err)
			}
			calls, _ := a.asked()
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			call := calls[0]
			same(t, "request", call.method+" "+call.uri, op.method+" "+op.uri)
			same(t, "body", decoded(t, call.body), decoded(t, op.body))
			want := map[string]string{
				"Authorization": "Bearer token-1", "MoneyKit-Version": "2023-02-18", "User-Agent": "till/test",
				"Accept": "application/json", "Content-Type": "",
			}
			if op.body != "" {
				want["Content-Type"] = "application/json"
			}
			for name, value := range want {
				same(t, name, call.header.Get(name), value)
			}
			if err := conforms(call, op); err != nil {
				t.Errorf("against the contract: %v", err)
			}
			response := responseOf(got)
			same(t, "request id", response.RequestID, "req_1")
			same(t, "version", response.Version, "2023-02-18")
			if body := string(response.Body); body != op.answer && !strings.Contains(op.answer, "mk_ls_") {
				t.Errorf("the body is not kept as it came: %q", body)
			}
		})
	}
}

// TestEveryOperationsRefusal wants every operation to give the error on, with
// its route and request id and without the ids in its path.
func TestEveryOperationsRefusal(t *testing.T) {
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			a := &api{handle: answer(410, `{"error_code":"link_error.deleted","error_message":"This link was deleted at some earlier time."}`)}
			got, err := op.call(t.Context(), inMemory(t, a))
			if !errors.Is(err, moneykit.LinkDeleted) || !reflect.ValueOf(got).IsNil() {
				t.Fatalf("got %v, %v", got, err)
			}
			refusal := (*moneykit.Error)(nil)
			if !errors.As(err, &refusal) || refusal.RequestID != "req_1" || refusal.Method != op.method || refusal.Status != 410 {
				t.Errorf("%#v", refusal)
			}
			hides(t, err.Error(), "acc?1", "mk_ex_secret", "acc%3F1")
		})
	}
}

func responseOf(result any) moneykit.Response {
	if response, ok := result.(*moneykit.Response); ok {
		return *response
	}
	return reflect.ValueOf(result).Elem().FieldByName("Response").Interface().(moneykit.Response)
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

var contract = sync.OnceValue(func() routers.Router {
	doc, err := openapi3.NewLoader().LoadFromData(assets.OpenAPI)
	must(err)
	doc.Servers = nil // any host
	router, err := gorillamux.NewRouter(doc)
	must(err)
	return router
})

// conforms holds a call, and the answer that the test gives, against the contract.
func conforms(call sent, op operation) error {
	req := httptest.NewRequest(call.method, call.uri, strings.NewReader(call.body))
	req.Header = call.header
	route, params, err := contract().FindRoute(req)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}
	input := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options}
	if err := openapi3filter.ValidateRequest(req.Context(), input); err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Options: options, Status: op.status,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(op.answer))),
	})
}

func TestPathPartsAreEscapedOneByOne(t *testing.T) {
	for id, want := range map[moneykit.LinkID]string{
		"a/../b":   "a%2F..%2Fb",
		"a?b=c#d":  "a%3Fb=c%23d",
		"100%":     "100%25",
		"ünï code": "%C3%BCn%C3%AF%20code",
		"a%2Fb":    "a%252Fb",
		"\x00\r\n": "%00%0D%0A",
		"...":      "...",
	} {
		a := &api{handle: answer(200, `{"account":`+account+`,"link":`+link()+`}`)}
		if _, err := overHTTP(t, a).Account(t.Context(), id, "x/y"); err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		calls, _ := a.asked()
		same(t, string(id), calls[0].uri, "/links/"+want+"/accounts/x%2Fy")
	}
}

// Servers fold these, and DELETE /links/{id}/.. would be another operation.
func TestIDsThatFoldAreNotSent(t *testing.T) {
	for _, id := range []string{"", ".", ".."} {
		a := &api{handle: answer(200, `{}`)}
		c := inMemory(t, a)
		if _, err := c.DeleteLink(t.Context(), moneykit.LinkID(id)); err == nil {
			t.Errorf("link %q was sent", id)
		}
		if _, err := c.Account(t.Context(), linkID, moneykit.AccountID(id)); err == nil {
			t.Errorf("account %q was sent", id)
		} else {
			hides(t, err.Error())
		}
		if calls, _ := a.asked(); len(calls) != 0 {
			t.Errorf("%q: %v", id, calls)
		}
	}
}
