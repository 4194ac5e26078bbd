package webhooks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"till/moneykit"
)

func TestVerifiedDelivery(t *testing.T) {
	g := newRig(t)
	body := event("key-of-event", 1)
	s := g.signed(body)
	s.at = g.now().Add(-90 * time.Second)
	s.header.Set("MoneyKit-Delivery-Token", "whd_7")
	s.header.Set("MoneyKit-Delivery-Attempt", "2")
	same(t, "status", g.post(body, s), 204)
	d := g.last()
	if !d.Verified() || d.Duplicate || d.OutOfOrder || d.Webhook == nil || d.Webhook.LinkID != "mk_1" || d.Webhook.State != moneykit.Connected {
		t.Errorf("%+v", d)
	}
	same(t, "token", d.Token, "whd_7")
	same(t, "attempt", d.Attempt, 2)
	same(t, "kid", d.KeyID, "key-1")
	same(t, "time of signing", d.SignedAt.Unix(), s.at.Unix())
	same(t, "body", string(d.Body), body)
	same(t, "size", d.Size, len(body))
	if d.Age < 89*time.Second || d.Age > 100*time.Second || d.At.Sub(d.SignedAt) != d.Age {
		t.Errorf("age %v", d.Age)
	}
	for _, c := range d.Checks {
		same(t, c.Name, c.Outcome, Passed)
	}
	same(t, "checks", len(d.Checks), 7)
	same(t, "detail of the key", d.Checks[keyID].Detail, "key-1")
	same(t, "detail of the age", strings.HasPrefix(d.Checks[age].Detail, "signed 1m"), true)
}

// allFaults reads the faults from where they are declared, so that none is
// forgotten here.
func allFaults(t *testing.T) []moneykit.WebhookFault {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../verify_errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []moneykit.WebhookFault
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "WebhookFault" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, moneykit.WebhookFault(text))
		}
		return true
	})
	if len(all) < 10 {
		t.Fatalf("found only %q", all)
	}
	return all
}

// Every fault of the verifier, brought about by a request.
func TestEachFault(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	body := event("k", 1)
	cases := map[moneykit.WebhookFault]struct {
		change func(*rig, *signed)
		status int
		failed int // the check that fails
		says   string
	}{
		moneykit.WebhookUnsigned:       {func(_ *rig, s *signed) { s.token = "none" }, 401, header, "exactly one"},
		moneykit.WebhookMalformed:      {func(_ *rig, s *signed) { s.token = "a.b.c" }, 401, header, "not a JWT"},
		moneykit.WebhookWrongAlgorithm: {func(_ *rig, s *signed) { s.alg, s.key = jose.HS256, []byte(strings.Repeat("k", 32)) }, 401, algorithm, "other than ES256"},
		moneykit.WebhookUnknownKey:     {func(_ *rig, s *signed) { s.kid = "forged" }, 401, keyID, "(forged)"},
		moneykit.WebhookKeysUnavailable: {func(g *rig, _ *signed) {
			g.set(func() { g.down = true })
		}, 503, keyID, "could not be fetched"},
		moneykit.WebhookBadSignature: {func(_ *rig, s *signed) { s.key = other }, 401, signature, "wrong"},
		moneykit.WebhookTooOld:       {func(g *rig, s *signed) { s.at = g.now().Add(-6 * time.Minute) }, 401, age, "(6m"},
		moneykit.WebhookFromFuture:   {func(g *rig, s *signed) { s.at = g.now().Add(5 * time.Minute) }, 401, age, "ahead"},
		moneykit.WebhookBodyMismatch: {func(_ *rig, s *signed) { s.of = "{}" }, 401, bodyHash, "not the one"},
		moneykit.WebhookUnreadable:   {nil, 422, readable, "no link_id"},
	}
	for _, fault := range allFaults(t) {
		x, there := cases[fault]
		if _, mapped := faults[fault]; !there || !mapped {
			t.Errorf("%q has no case or no check", fault)
			continue
		}
		t.Run(string(fault), func(t *testing.T) {
			g := newRig(t)
			body := body
			if fault == moneykit.WebhookUnreadable {
				body = `{"webhook_event":"link.state_changed"}`
			}
			s := g.signed(body)
			if x.change != nil {
				x.change(g, &s)
			}
			same(t, "status", g.post(body, s), x.status)
			d := g.last()
			if d.Fault() != fault || d.Verified() || !errors.Is(d.Err, fault) || d.Duplicate {
				t.Errorf("%+v", d)
			}
			if (d.Webhook != nil) != (fault != moneykit.WebhookUnreadable) {
				t.Errorf("the body was read as %+v", d.Webhook)
			}
			for i, c := range d.Checks {
				want := Passed
				switch {
				case i == x.failed && fault != moneykit.WebhookKeysUnavailable:
					want = Failed
				case i >= x.failed:
					want = NotReached
				}
				same(t, c.Name, c.Outcome, want)
				if i > x.failed && c.Detail != "" {
					t.Errorf("%s tells %q though it was not reached", c.Name, c.Detail)
				}
			}
			if got := d.Checks[x.failed].Detail; !strings.Contains(got, x.says) {
				t.Errorf("%q does not say %q", got, x.says)
			}
		})
	}
	same(t, "cases", len(cases), len(allFaults(t)))
}

func TestWhatASignatureClaims(t *testing.T) {
	for name, x := range map[string]struct {
		signature, kid string
		at             int64
	}{
		"nothing":        {"", "", 0},
		"no JWT":         {"a.b", "", 0},
		"no JSON":        {"YQ.YQ.YQ", "", 0},
		"a fraction":     {"eyJraWQiOiJrIn0.eyJpYXQiOjE3MDAwMDAwMDAuNX0.", "k", 1_700_000_000},
		"a number":       {"eyJraWQiOjd9.eyJpYXQiOjE3MDAwMDAwMDB9.", "", 1_700_000_000},
		"the far future": {"eyJraWQiOiJrIn0.eyJpYXQiOjFlOTl9.", "k", 0},
		"too long":       {"eyJraWQiOiJrIn0.e30." + strings.Repeat("a", maxClaims), "", 0},
	} {
		kid, at := claimed(x.signature)
		same(t, "kid of "+name, kid, x.kid)
		same(t, "whether there is a time in "+name, at.IsZero(), x.at == 0)
		if x.at != 0 {
			same(t, "time of "+name, at.Unix(), x.at)
		}
	}
	same(t, "a long text", len(short(strings.Repeat("ä", 300))), 200)
	same(t, "a cut letter", short(strings.Repeat("a", 199)+"ä"), strings.Repeat("a", 199))
}
