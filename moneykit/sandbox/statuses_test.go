package sandbox

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// asked is a request on its way to be made.
type asked struct {
	operation string
	status    int // that it shall bring about
	path      map[string]string
	query     string
	body      any
}

// cause makes a request bring about a status. Where a Sandbox knows no natural
// cause, it is a fault.
type cause struct {
	fault   bool
	prepare func(*api, *asked)
}

func naturally(prepare func(*api, *asked)) cause { return cause{prepare: prepare} }

// with is a cause that lies in the body.
func with(body any) cause { return naturally(func(_ *api, x *asked) { x.body = body }) }

// on is a cause that lies in a seeded link.
func on(place int) cause {
	return naturally(func(a *api, x *asked) { x.path["id"] = a.link(place) })
}

// in is a cause that lies in a value of the path.
func in(name, value string) cause {
	return naturally(func(_ *api, x *asked) { x.path[name] = value })
}

var (
	usually = naturally(func(*api, *asked) {})
	unknown = in("id", "mk_none")
	gone    = on(12)
	byToken = naturally(func(a *api, _ *asked) { a.token = "made-up" })
	byScope = naturally(func(a *api, _ *asked) { a.token = a.grant("narrow", "").text("access_token") })
	byFault = cause{fault: true, prepare: func(a *api, x *asked) {
		a.fault(Fault{Operation: x.operation, Status: x.status, Times: 1})
	}}
)

// grant asks for a token in the name of a client whose secret is "secret".
func (a *api) grant(client, scope string) answer {
	a.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {"secret"}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return a.post("/auth/token", form)
}

// statuses has a cause for every status of every operation.
var statuses = map[string]map[int]cause{
	"create_access_token": {
		201: usually,
		400: with(url.Values{"grant_type": {"password"}, "client_id": {"full"}, "client_secret": {"secret"}}),
		401: with(url.Values{"grant_type": {"client_credentials"}, "client_id": {"full"}, "client_secret": {"guess"}}),
	},
	"instrospect_client":  {200: usually, 401: byToken},
	"get_well_known_jwks": {200: usually},

	"get_institutions": {200: usually, 401: byScope, 429: byFault},
	"get_institution":  {200: usually, 401: byScope, 404: in("institution_id", "none"), 429: byFault},

	"create_link_session": {
		201: usually, 401: byToken,
		403: with(sessionAsked(map[string]any{"institution_id": "none"})),
		422: with(sessionAsked(map[string]any{"redirect_uri": "https://app.example/back?a=1"})),
	},
	"exchange_token": {
		201: naturally(exchangeable), 401: byScope,
		400: naturally(func(a *api, x *asked) {
			exchangeable(a, x)
			a.post("/link-session/exchange-token", x.body).want(a, 201)
		}),
		422: with(map[string]any{}),
	},

	"get_links": {200: usually, 401: byScope, 429: byFault},
	"import_link": {
		200: usually, 401: byScope, 429: byFault,
		422: with(map[string]any{"customer_user": map[string]any{"id": "user_77"}, "institution_id": instantBank, "accounts": []any{}}),
	},
	"get_link":    {200: usually, 401: byToken, 403: byScope, 404: unknown, 410: byFault, 422: byFault, 429: byFault},
	"update_link": {200: usually, 401: byToken, 403: byScope, 404: unknown, 410: gone, 422: byFault, 429: byFault},
	"delete_link": {204: usually, 401: byToken, 403: byScope, 404: unknown, 410: gone, 429: byFault},
	"reset_link":  {200: usually, 401: byToken, 403: byScope, 404: unknown, 410: gone, 422: on(10), 429: byFault},
	"refresh_products": {
		202: usually, 401: byToken, 404: unknown, 410: gone, 422: on(2), 429: on(11),
		403: naturally(func(a *api, x *asked) { x.path["id"] = a.link(6) }),
	},

	"get_accounts":        {200: usually, 401: byToken, 403: byScope, 404: unknown, 410: gone, 422: on(9), 429: byFault},
	"get_account":         {200: usually, 401: byToken, 403: byScope, 404: in("account_id", "acc_none"), 410: gone, 422: on(9), 429: byFault},
	"get_account_numbers": {200: usually, 401: byToken, 403: on(6), 404: unknown, 410: gone, 422: on(9), 429: byFault},
	"get_identities":      {200: usually, 401: byToken, 403: on(6), 404: unknown, 410: gone, 422: on(9), 429: byFault},

	"get_transactions":      {200: usually, 401: byToken, 403: on(6), 404: unknown, 410: gone, 422: on(10), 429: byFault},
	"get_transactions_sync": {200: usually, 401: byToken, 403: on(6), 404: unknown, 410: gone, 422: on(10), 429: byFault},
	"correct_enrichment":    {200: usually, 401: byToken, 403: on(1), 404: in("txn_id", "txn_none"), 410: gone, 422: on(5), 429: byFault},
	"import_transactions": {
		200: usually, 401: byScope, 422: on(1), 429: byFault,
	},

	"get_holdings":                {200: usually, 401: byToken, 403: on(1), 404: unknown, 410: gone, 422: on(9), 429: byFault},
	"get_investment_transactions": {200: usually, 401: byToken, 403: on(1), 404: unknown, 410: gone, 422: on(9), 429: byFault},

	"get_user_accounts":     {200: usually, 401: byScope},
	"get_user_links":        {200: usually, 401: byScope},
	"get_user_transactions": {200: usually, 401: byScope},
	"trigger_test_link_webhook_event": {
		200: usually, 400: on(1), 401: byToken, 403: byScope, 404: unknown, 410: gone, 422: byFault, 429: byFault,
	},
}

// sessionAsked is a body that opens a link session, with some of its values
// changed.
func sessionAsked(changes map[string]any) map[string]any {
	body := map[string]any{"customer_user": map[string]any{"id": "user_77"}, "redirect_uri": "https://app.example/back"}
	maps.Copy(body, changes)
	return body
}

func exchangeable(a *api, x *asked) {
	got := a.post("/sandbox/connect", connectBody{Token: a.session(""), InstitutionID: instantBank}).want(a, 200)
	x.body = map[string]any{"exchangeable_token": got.text("exchangeable_token")}
}

// proper is a request that an operation answers with success.
func (a *api) proper(operation string) *asked {
	x := &asked{operation: operation, path: map[string]string{"id": a.link(3), "institution_id": oauthBank}}
	switch operation {
	case "create_access_token":
		x.body = url.Values{"grant_type": {"client_credentials"}, "client_id": {"full"}, "client_secret": {"secret"}}
	case "create_link_session":
		x.body = sessionAsked(nil)
	case "exchange_token":
		x.body = map[string]any{"exchangeable_token": "mk_ex_none"}
	case "import_link":
		x.body = importing(nil)
	case "import_transactions":
		x.path["id"] = a.imported()
		x.body = map[string]any{"transactions": []any{}}
	case "update_link":
		x.body = map[string]any{"link_tags": []string{"a"}}
	case "refresh_products":
		x.body = products(transactionsProduct)
	case "get_account":
		x.path["account_id"] = a.get("/links/"+a.link(3)+"/accounts").text("accounts", 0, "account_id")
	case "correct_enrichment":
		x.path["txn_id"] = a.get("/links/"+a.link(3)+"/transactions").text("transactions", 0, "transaction_id")
		x.body = map[string]any{"category": "charity"}
	case "get_user_accounts", "get_user_links", "get_user_transactions":
		x.path["id"] = "user_1001"
	case "trigger_test_link_webhook_event":
		a.call("PATCH", "/links/"+a.link(3), map[string]any{"webhook": "http://127.0.0.1:9/"}).want(a, 200)
		x.body = map[string]any{"webhook_event": stateChangedEvent, "webhook_idempotency_key": "key"}
	}
	return x
}

// documented calls back for every operation of the contract.
func documented(each func(method, path string, op *openapi3.Operation)) {
	for path, item := range loadContract().doc.Paths.Map() {
		for method, op := range item.Operations() {
			each(method, path, op)
		}
	}
}

// ask sends a request of an operation.
func (a *api) ask(method, path string, x *asked) answer {
	a.Helper()
	for name, value := range x.path {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	path = strings.NewReplacer("{account_id}", "acc_none", "{txn_id}", "txn_none").Replace(path)
	return a.call(method, path+x.query, x.body)
}

// strangers are the clients of the tests about who may do what.
func strangers() Option {
	return func(o *options) {
		WithClient("full", "secret")(o)
		WithClient("narrow", "secret", "nothing:much")(o)
	}
}

func TestEveryStatusOfEveryOperation(t *testing.T) {
	left := maps.Clone(statuses)
	documented(func(method, path string, op *openapi3.Operation) {
		rows := left[op.OperationID]
		delete(left, op.OperationID)
		for status := range rows {
			if op.Responses.Status(status) == nil {
				t.Errorf("%s: %d is not documented", op.OperationID, status)
			}
		}
		for text, response := range op.Responses.Map() {
			status, err := strconv.Atoi(text)
			if err != nil {
				t.Fatalf("%s: status %q", op.OperationID, text)
			}
			how, known := rows[status]
			if !known {
				t.Errorf("%s: nothing brings about %d", op.OperationID, status)
				continue
			}
			t.Run(op.OperationID+" "+text, func(t *testing.T) {
				a := newAPI(t, strangers(), WithLinks(19))
				x := a.proper(op.OperationID)
				x.status = status
				how.prepare(a, x)
				a.holds(a.ask(method, path, x).want(t, status), response.Value, how)
			})
		}
	})
	for operation := range left {
		t.Errorf("%s is not in the contract", operation)
	}
}

// holds checks that an answer has exactly the documented shape, and that a fault
// was at work if and only if its cause says so.
func (a *api) holds(got answer, response *openapi3.Response, how cause) {
	a.Helper()
	faults := a.box.Faults()
	if how.fault != (len(faults) == 1) || how.fault && faults[0].Applied != 1 {
		a.Errorf("faults at work: %+v", faults)
	}
	content := response.Content.Get("application/json")
	if content == nil {
		if len(got.body) != 0 {
			a.Errorf("a body where none is documented: %s", got.body)
		}
		return
	}
	var body any
	if err := json.Unmarshal(got.body, &body); err != nil {
		a.Fatal(err)
	}
	if err := content.Schema.Value.VisitJSON(body); err != nil {
		a.Errorf("not as documented: %v\n%s", err, got.body)
	}
}

// Every operation that needs a token says whether it is wrong or has expired.
func TestTokensOfEveryOperation(t *testing.T) {
	a := newAPI(t, strangers(), WithLinks(19))
	old := a.token
	a.clock.Move(tokenLife)
	tried := 0
	documented(func(method, path string, op *openapi3.Operation) {
		if op.Responses.Status(401) == nil || op.OperationID == "create_access_token" {
			return
		}
		tried++
		a.authorize()
		x := a.proper(op.OperationID)
		for token, code := range map[string]string{
			old: "api_error.auth.expired_access_token", "": "api_error.auth.unauthorized", "made-up": "api_error.auth.unauthorized",
			a.token + "x": "api_error.auth.unauthorized",
		} {
			a.token = token
			got := a.ask(method, path, x).refused(t, 401, code)
			if got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: headers %v", op.OperationID, got.header)
			}
		}
		a.authorize()
		req := httptest.NewRequest("GET", "/links", nil)
		req.Header.Set("Authorization", "Basic "+a.token)
		a.send(req).refused(t, 401, "api_error.auth.unauthorized")
	})
	if tried != 26 {
		t.Errorf("%d operations need a token", tried)
	}
	a.clock.Move(25 * time.Hour)
	a.authorize()
	a.token = old
	a.get("/links").refused(t, 401, "api_error.auth.expired_access_token")
	for range tokensKept {
		a.authorize()
	}
	a.token = old
	a.get("/links").refused(t, 401, "api_error.auth.unauthorized") // forgotten
}

// A link ends up as 410 wherever it can be asked for anything, and later as 404.
func TestDeletedLinkEverywhere(t *testing.T) {
	for operation, causes := range statuses {
		if how, has := causes[410]; !has || how.fault {
			continue
		}
		documented(func(method, path string, op *openapi3.Operation) {
			if op.OperationID != operation {
				return
			}
			a := newAPI(t, strangers())
			x := a.proper(operation)
			a.call("DELETE", "/links/"+x.path["id"], nil).want(t, 204)
			a.ask(method, path, x).refused(t, 410, "link_error.deleted")
			a.clock.Move(deletedFor)
			a.authorize()
			a.ask(method, path, x).refused(t, 404, "link_error.not_found")
		})
	}
	if n := len(slices.Collect(maps.Keys(statuses))); n != 28 {
		t.Errorf("%d operations", n)
	}
}
