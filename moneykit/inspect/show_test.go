package inspect_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/inspect"
)

func TestShowOfAWholeExchange(t *testing.T) {
	e := answered("GET", "/users/{id}/accounts", "/users/jane%20doe/accounts?account_ids=acc_1&cursor=a%3D&who=jane", 200,
		`{"links": {"mk_1":{"accounts":[{"account_id":"acc_1","account_mask":"1234","balances":{"current":1.50}}],"last_synced_at":null},
		  "mk_2":"x"}, "next":{}}`)
	e.Attempt = 2
	e.RequestHeader.Set("Cookie", "session=1")
	e.ResponseHeader = http.Header{"Set-Cookie": {"a=1", "b=2"}, "X-Request-Id": {"req_1"}, "Www-Authenticate": {"Bearer"}}
	want(t, screen(show(e)), `Request
GET https://api.moneykit.com/users/••••••/accounts
  ?account_ids=acc_1
  &cursor=a%3D
  &who=••••••
Request headers
Accept: application/json
Authorization: Bearer [redacted]
Cookie: ••••••
Moneykit-Version: 2023-02-18
User-Agent: till
Request body
none
Response
Status: 200 OK
Request id: req_1
Duration: 42.0 ms
Attempt: 2
Sent: 0 bytes
Received: 156 bytes
Response headers
Set-Cookie: ••••••
Set-Cookie: ••••••
Www-Authenticate: Bearer
X-Request-Id: req_1
Response body
{
  "links": {
    "mk_1": {
      "accounts": [
        {
          "account_id": "acc_1",
          "account_mask": ••••••,
          "balances": {
            "current": 1.50
          }
        }
      ],
      "last_synced_at": null
    },
    "mk_2": ••••••
  },
  "next": {}
}
`)
}

func TestShowWithoutAnAnswer(t *testing.T) {
	e := answered("POST", "/links/{id}/reset", "/links/mk_1/reset", 0, "")
	e.ResponseHeader, e.Err, e.RequestID = nil, errors.New("connection reset"), ""
	got := screen(show(e))
	if !strings.Contains(got, "Response\nStatus: no answer\nError: connection reset\nDuration: 42.0 ms\n") {
		t.Error(got)
	}
	if !strings.HasSuffix(got, "Response headers\nnone\nResponse body\nnone\n") {
		t.Error(got)
	}
}

func TestShowAfterTheBodiesAreGone(t *testing.T) {
	log := inspect.NewLog()
	e := weighing(inspect.MaxBodies)
	log.Add(e)
	log.Add(weighing(1))
	got := inspect.Show(log.Entries()[1])
	want(t, screen(section(t, got, "Response body")), "The bodies are no longer kept; this one had 16777216 bytes.\n")
	want(t, screen(section(t, got, "Request body")), "none\n")
}

func TestTheTokenIsNeverShown(t *testing.T) {
	e := answered("GET", "/links", "/links", 200, "")
	e.RequestHeader.Set("Authorization", "Bearer secret")
	if got := revealed(show(e)); strings.Contains(got, "secret") {
		t.Error(got)
	}
}

func TestAddress(t *testing.T) {
	for _, x := range []struct{ route, url, shown string }{
		{"/links/{id}", "https://h/links/mk_1", "GET https://h/links/mk_1"},
		{"/links/{id}", "https://jane:pw@h:1/base/v1/links/mk_1", "GET https://h:1/base/v1/links/mk_1"},
		{"/links/{id}/accounts/{account_id}", "https://h/links/a/accounts/b", "GET https://h/links/a/accounts/b"},
		{"/links/{id}/transactions/{txn_id}/enrichment", "https://h/links/a/transactions/b/enrichment", "GET https://h/links/a/transactions/b/enrichment"},
		{"/webhooks/test/link/{id}", "https://h/webhooks/test/link/a", "GET https://h/webhooks/test/link/a"},
		{"/institutions/{institution_id}", "https://h/institutions/a", "GET https://h/institutions/a"},
		{"/users/{id}/links", "https://h/users/a%2Fb/links", "GET https://h/users/••••••/links"},
		{"/users/{id}", "https://h/base/users/a", "GET https://h/base/users/••••••"},
		{"/links/{id}/owners/{email}", "https://h/links/a/owners/b", "GET https://h/links/a/owners/••••••"},
		{"/people/{id}/x/{name}/y", "https://h/people/a/x/b/y", "GET https://h/people/••••••/y"},
		{"/links/{id}", "https://h/other/mk_1", "GET https://h••••••"}, // not the route's
		{"/links/{id}/accounts", "https://h/links", "GET https://h••••••"},
		{"", "https://h/links", "GET https://h••••••"},
		{"/links", "://", "GET ••••••"},
		{"/links", "https://h/links?jane@example.com", "GET https://h/links|  ?••••••"},
		{"/links", "https://h/links?a%40b=1&&limit=5", "GET https://h/links|  ?••••••|  &limit=5"},
	} {
		e := answered("GET", x.route, "", 200, "")
		e.URL = x.url
		got := strings.ReplaceAll(strings.TrimSpace(screen(section(t, show(e), "Request"))), "\n", "|")
		if got != x.shown {
			t.Errorf("%s of %s:\n%s\nwant:\n%s", x.url, x.route, got, x.shown)
		}
	}
}

func TestForm(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	e := sent("POST", "/auth/token", "/auth/token", form+"; charset=utf-8", "grant_type=client_credentials&scope=a+b&client_id=c%2F1&client_secret=s&x=y")
	want(t, screen(section(t, show(e), "Request body")),
		"grant_type = client_credentials\nscope = a b\nclient_id = c/1\nclient_secret = ••••••\nx = ••••••\n")
	for _, body := range []string{"Jane Doe", "jane=%zz", "jane@example.com=1", `{"owners":"a=b"`, "=", "grant_type=a&Jane"} {
		e.RequestBody = []byte(body)
		want(t, screen(section(t, show(e), "Request body")), "••••••\n")
	}
	e.RequestBody = []byte(`{"owners":1}`)
	want(t, screen(section(t, show(e), "Request body")), "{\n  \"owners\": ••••••\n}\n")
}

func TestBodyOfAnotherKind(t *testing.T) {
	for _, body := range []string{`{"links":[`, "<p>", `{"link_id":"a"} x`, "\xff", `"jane"`, "1", "null", "[]", "{}"} {
		e := answered("GET", "/links", "/links", 502, body)
		want(t, screen(section(t, show(e), "Response body")), "••••••\n")
		want(t, revealed(section(t, show(e), "Response body")), body+"\n")
	}
}

func TestLongTextIsCut(t *testing.T) {
	lines := section(t, show(answered("GET", "/links", "/links", 502, strings.Repeat("secret\n", 300))), "Response body")
	if len(lines) != 201 {
		t.Fatalf("%d lines", len(lines))
	}
	want(t, screen(lines[199:]), "••••••\n… and 700 bytes more\n")
	if got := section(t, show(answered("GET", "/links", "/links", 502, strings.Repeat("secret\n", 199))), "Response body"); len(got) != 200 || !got[199].Hidden {
		t.Errorf("%d lines", len(got))
	}
}

// Keys are compared as they are decoded, and nothing but a whole path of
// allowed ones opens a value.
func TestFieldsThatLookAllowed(t *testing.T) {
	for body, shown := range map[string]bool{
		`{"state":"secret"}`:                                    true,
		`{"\u0073tate":"secret"}`:                               true,
		`{"State":"secret"}`:                                    false,
		`{"":"secret"}`:                                         false,
		`{"new":{"state":"secret"}}`:                            false,
		`{"link":{"new":{"link":{"state":"secret"}}}}`:          false,
		`{"link":{"state":["secret"]}}`:                         true,
		`["secret"]`:                                            false,
		`[[{"state":[["secret"]]}]]`:                            true,
		`{"products":{"identity":{"error_code":"secret"}}}`:     true,
		`{"identity":{"error_code":"secret"}}`:                  false,
		`{"products":{"account_numbers":"secret"}}`:             true,
		`{"link":{"account_numbers":"secret"}}`:                 false,
		`{"app":{"id":"secret"}}`:                               true,
		`{"id":"secret"}`:                                       false,
		`{"enrichment":{"merchant":{"name":"secret"}}}`:         true,
		`{"enrichment":{"name":"secret"}}`:                      false,
		`{"links":{"mk_1":{"state":"secret"}}}`:                 false, // not where members are ids
		`{"name":"secret"}`:                                     true,
		`{"error_code":"\"", "customer_user":"secret","a":1}`:   false,
		`{"owners":"\\", "owners":"a\\\"}, \"state\": secret"}`: false,
	} {
		got := screen(section(t, show(answered("GET", "/links", "/links", 200, body)), "Response body"))
		if strings.Contains(got, "secret") != shown {
			t.Errorf("%s\n%s", body, got)
		}
	}
}

func TestMembersNamedByIDs(t *testing.T) {
	const body = `{"links":{"mk_1":{"state":"secret1","links":{"x":{"state":"hidden"}}},"mk_2":"hidden","mk_3":["hidden"]},
		"accounts":{"acc":{"name":"hidden"}}}`
	for _, route := range []string{"links", "accounts"} {
		got := screen(show(answered("GET", "/users/{id}/"+route, "/users/jane/"+route, 200, body)))
		if !strings.Contains(got, "secret1") || strings.Contains(got, `"hidden"`) {
			t.Error(got)
		}
	}
	got := screen(show(answered("GET", "/users/{id}/transactions", "/users/jane/transactions", 200,
		`{"accounts":{"acc":{"name":"shown","owners":["hidden"]}},"links":{"mk":{"state":"hidden"}}}`)))
	if !strings.Contains(got, "shown") || strings.Contains(got, `"hidden"`) {
		t.Error(got)
	}
	list := screen(show(answered("GET", "/users/{id}/links", "/users/jane/links", 200, `{"links":[{"new":{"state":"hidden"}}]}`)))
	if strings.Contains(list, `"hidden"`) {
		t.Error(list)
	}
}

// A server must not stop the program with what it sends.
func TestHugeAndDeepBodies(t *testing.T) {
	deep := func(n int, inside string) string {
		return strings.Repeat(`{"link":[`, n/2) + inside + strings.Repeat("]}", n/2)
	}
	for name, body := range map[string]string{
		"deep":          deep(560, `"secret"`),
		"far too deep":  deep(1_000_000, `"secret"`), // encoding/json refuses it
		"deepest shown": deep(200, `"shown"`),
		"wide":          `{"accounts":[` + strings.Repeat(`{"account_id":"acc","owners":[{"names":["secret"]}]},`, 1_900) + `1]}`,
		"wide and deep": deep(198, strings.Repeat("1,", 19_000)+"1"),
	} {
		lines := section(t, show(answered("GET", "/links", "/links", 200, body)), "Response body")
		if got := screen(lines); strings.Contains(got, "secret") || strings.Contains(got, "shown") != (name == "deepest shown") {
			t.Errorf("%s: %.2000s", name, got)
		}
		if compact(t, revealed(lines)) != compact(t, body) && name != "far too deep" {
			t.Errorf("%s: another body", name)
		}
	}
}

func TestAnswersOfTheSandbox(t *testing.T) {
	client, box, log := recorded(t)
	id := moneykit.LinkID(box.LinkIDs()[0])
	if _, err := client.Accounts(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := client.TransactionsPage(t.Context(), id, 1, moneykit.TransactionsQuery{PageSize: 1000}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SyncTransactions(t.Context(), id, "", 100); err != nil {
		t.Fatal(err)
	}
	for _, e := range log.Entries() {
		lines := section(t, inspect.Show(e), "Response body")
		if compact(t, revealed(lines)) != compact(t, string(e.ResponseBody)) {
			t.Errorf("%v: another body", e)
		}
		got := screen(lines)
		if e.Route != "/auth/token" && (!strings.Contains(got, fmt.Sprintf(`"link_id": "%s"`, id)) || !strings.Contains(got, `"account_mask": ••••••`)) {
			t.Errorf("%v: %.3000s", e, got)
		}
	}
}
