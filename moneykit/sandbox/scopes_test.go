package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// as goes on with a token of a client, for some of its scopes or for all.
func (a *api) as(client, scope string) {
	a.Helper()
	a.token = a.grant(client, scope).want(a, 201).text("access_token")
}

// Without its scope an operation is refused as documented; with no other scope
// than its own it is allowed.
func TestScopeOfEveryOperation(t *testing.T) {
	pairs := []Option{strangers(), WithLinks(19)}
	for _, scope := range Scopes() {
		others := slices.DeleteFunc(Scopes(), func(other string) bool { return other == scope })
		pairs = append(pairs, WithClient("only "+scope, "secret", scope), WithClient("all but "+scope, "secret", others...))
	}
	scoped := map[string]string{}
	for _, rt := range (*Sandbox)(nil).operations() {
		scoped[rt.id] = rt.scope
	}
	tried := 0
	documented(func(method, path string, op *openapi3.Operation) {
		scope := scoped[op.OperationID]
		if scope == "" {
			return
		}
		tried++
		a := newAPI(t, pairs...)
		x := a.proper(op.OperationID)
		if op.OperationID == "exchange_token" {
			exchangeable(a, x)
		}
		a.as("all but "+scope, "")
		got := a.ask(method, path, x)
		if got.status != 401 && got.status != 403 || !strings.Contains(got.text("error_message"), scope) {
			t.Errorf("%s without %s: %d %s", op.OperationID, scope, got.status, got.body)
		}
		if got.status == 401 && got.text("error_code") != "api_error.auth.unauthorized" {
			t.Errorf("%s without %s: %s", op.OperationID, scope, got.body)
		}
		a.as("only "+scope, "")
		if got := a.ask(method, path, x); got.status >= 300 {
			t.Errorf("%s with %s: %d %s", op.OperationID, scope, got.status, got.body)
		}
	})
	if tried != 25 {
		t.Errorf("%d operations need a scope", tried)
	}
}

func TestScopesAreNarrowed(t *testing.T) {
	a := newAPI(t, WithClient("reader", "secret", "links:read", "accounts:read"))
	link := "/links/" + a.link(1)
	for _, x := range []struct {
		asked, told     string
		links, accounts int
	}{
		{"", "links:read accounts:read", 200, 200},
		{"links:read", "links:read", 200, 403},
		{" accounts:read ", " accounts:read ", 403, 200},
		{"accounts:read links:read", "accounts:read links:read", 200, 200},
	} {
		a.as("reader", x.asked)
		if told := a.get("/auth/introspect").want(t, 200).text("scope"); told != x.told {
			t.Errorf("asked for %q, told %q", x.asked, told)
		}
		a.get(link).want(t, x.links)
		a.get(link+"/accounts").want(t, x.accounts)
		a.call("DELETE", link, nil).refused(t, 403, "link_error.forbidden_action")
	}
	for _, asked := range []string{"links:write", "links:read links:write", "LINKS:READ", "nonsense", "links:read,accounts:read"} {
		a.grant("reader", asked).refused(t, 400, "api_error.auth.unauthorized")
	}
}

func TestUnrestrictedPair(t *testing.T) {
	a := newAPI(t, WithClient("full", "secret"))
	a.as("full", "")
	if told := a.get("/auth/introspect").text("scope"); told != strings.Join(Scopes(), " ") {
		t.Errorf("scope %q", told)
	}
	a.as("full", "links:read")
	a.get("/links").want(t, 200)
	a.get("/institutions").refused(t, 401, "api_error.auth.unauthorized")
}

func TestSeveralKeyPairsShareOneWorld(t *testing.T) {
	a := newAPI(t, WithClient("reader", "secret", "links:read"), WithClient("writer", "secret", "links:read", "links:write"))
	a.as("reader", "")
	reader := a.token
	before := a.get("/links").want(t, 200)
	id := a.get("/auth/introspect").text("client_id")
	a.as("writer", "")
	if other := a.get("/auth/introspect").text("client_id"); id != "reader" || other != "writer" {
		t.Errorf("clients %q and %q", id, other)
	}
	if got := a.get("/links"); fmt.Sprint(got.at("links")) != fmt.Sprint(before.at("links")) {
		t.Error("two clients see different links")
	}
	a.call("PATCH", "/links/"+a.link(1), map[string]any{"link_tags": []string{"mine"}}).want(t, 200)
	a.call("DELETE", "/links/"+a.link(3), nil).want(t, 204)
	a.token = reader
	if got := a.get("/links/" + a.link(1)); got.text("link_tags", 0) != "mine" {
		t.Errorf("the reader does not see it: %s", got.body)
	}
	if got := a.get("/links/" + a.link(3)).text("state"); got != string(deleted) {
		t.Errorf("the reader sees a link in state %s", got)
	}

	// The id of one pair does not go with the secret of another.
	b := newAPI(t, WithClient("one", "first"), WithClient("two", "second"))
	for _, wrong := range [][2]string{{"one", "second"}, {"two", "first"}, {"one", ""}, {"", "first"}, {"", ""}, {DefaultClientID, DefaultClientSecret}} {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {wrong[0]}, "client_secret": {wrong[1]}}
		b.post("/auth/token", form).refused(t, 401, "api_error.auth.unauthorized")
	}
	first := b.token
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"two"}, "client_secret": {"second"}}
	for range 3 {
		b.token = b.post("/auth/token", form).want(t, 201).text("access_token")
		b.get("/links").want(t, 200)
	}
	b.token = first // still good
	b.get("/links").want(t, 200)
}
