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
	"slices"
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

// operations are all calls of the client but AccessToken, whose request
// token_test.go holds.
func operations() []operation {
	return slices.Concat(appOperations(), sessionOperations(), linkOperations(), importOperations(),
		accountOperations(), transactionOperations(), investmentOperations(), userOperations())
}

func TestEveryOperationsRequest(t *testing.T) {
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			a := &api{handle: answer(op.status, op.answer)}
			got, err := op.call(t.Context(), overHTTP(t, a, moneykit.WithUserAgent("till/test")))
			if err != nil {
				t.Fatal(err)
			}
			calls, tokens := a.asked()
			if len(calls) != 1 || tokens != 1 && op.name != "JWKS" {
				t.Fatalf("%d calls, %d tokens", len(calls), tokens)
			}
			call := calls[0]
			same(t, "request", call.method+" "+call.uri, op.method+" "+op.uri)
			same(t, "body", decoded(t, call.body), decoded(t, op.body))
			want := map[string]string{
				"Authorization": "Bearer token-1", "MoneyKit-Version": "2023-02-18", "User-Agent": "till/test",
				"Accept": "application/json", "Content-Type": "", "X-Client-Id": "",
			}
			if op.name == "JWKS" {
				want["Authorization"], want["X-Client-Id"] = "", testID
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
			hides(t, err.Error(), "acc?1", "mk_ex_secret", "acc%3F1", "txn/1", "txn%2F1", "user_1", "user/1", "user%2F1", "bank/1")
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
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // money is compared digit by digit
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

var contract = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(assets.OpenAPI)
	must(err)
	doc.Servers = nil // any host
	return doc
})

var routesOfContract = sync.OnceValue(func() routers.Router {
	router, err := gorillamux.NewRouter(contract())
	must(err)
	return router
})

// route finds the operation of the contract that a request is for.
func route(method, uri string) (*routers.Route, map[string]string, error) {
	return routesOfContract().FindRoute(httptest.NewRequest(method, uri, nil))
}

// conforms holds a call, and the answer that the test gives, against the contract.
func conforms(call sent, op operation) error {
	req := httptest.NewRequest(call.method, call.uri, strings.NewReader(call.body))
	req.Header = call.header
	route, params, err := route(call.method, call.uri)
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
