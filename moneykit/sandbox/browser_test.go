package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// chrome starts a browser that ends with the test.
func chrome(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing; make test installs it")
		}
		t.Skip("chromium is missing; make test installs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-popup-blocking", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// app is a web page around Connect, as a launcher makes it.
const app = `<!doctype html><title>App</title><script>
window.got = [];
addEventListener("message", (m) => { if (m.origin === %q && m.data.moneykit) got.push(m.data); });
if (location.pathname === "/back") opener.postMessage({ moneykit: true, type: "link.resume", eventData: { redirectURL: location.href } }, %q);
</script><body></body>`

// visitor is somebody who goes through Connect in a browser.
type visitor struct {
	*testing.T
	ctx    context.Context
	box    *sandbox.Sandbox
	client *moneykit.Client
	api    string // base URL of the Sandbox, which is Connect's host too
	app    string
	frame  *chromedp.Node
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{T: t, ctx: chrome(t), box: sandbox.New()}
	server, err := v.box.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	v.api = server.URL()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, app, v.api, v.api)
	}))
	t.Cleanup(page.Close)
	v.app = page.URL
	v.client, err = moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithBaseURL(v.api))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *visitor) run(actions ...step) {
	v.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.Fatalf("%v\non screen: %s", err, v.screen())
	}
}

// screen tells what Connect shows, for a failure.
func (v *visitor) screen() string {
	if v.frame == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(v.ctx, 2*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("main"), chromedp.FromNode(v.frame)))
	if err != nil {
		return err.Error()
	}
	return text
}

// opens puts Connect into a frame of the app's page.
func (v *visitor) opens(path string, request moneykit.LinkSessionRequest) {
	v.Helper()
	request.CustomerUser.ID, request.RedirectURI = "user_4711", v.app+"/back"
	session, err := v.client.CreateLinkSession(v.Context(), request)
	if err != nil {
		v.Fatal(err)
	}
	v.opensWith(path, session.Token.Reveal())
}

func (v *visitor) opensWith(path, token string) {
	v.Helper()
	src := v.api + path + "?" + url.Values{"linkSessionToken": {token}, "origin": {v.app}}.Encode()
	v.run(chromedp.Navigate(v.app))
	if _, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](fmt.Sprintf(frame, src))); err != nil {
		v.Fatal(err)
	}
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool]("window.framed === true")); err != nil {
		v.Fatal(err)
	}
	frames, err := chromedp.Run(v.ctx, chromedp.Nodes(chromedp.CSS("iframe"), chromedp.Populate(1, true)))
	if err != nil {
		v.Fatal(err)
	}
	v.frame = frames[0]
}

// frame puts a URL into a frame as large as the window.
const frame = `(() => {
	const f = document.createElement("iframe");
	f.src = %q;
	f.style = "position:fixed;inset:0;width:100%%;height:100%%";
	f.onload = () => { window.framed = true; };
	document.body.append(f);
	return true;
})()`

// at waits for a screen.
func (v *visitor) at(name string) step { return v.shows(`form[data-name="` + name + `"]`) }

func (v *visitor) shows(selector string) step {
	return chromedp.WaitVisible(chromedp.CSS(selector), chromedp.FromNode(v.frame))
}

func (v *visitor) clicks(selector string) step {
	return chromedp.Click(chromedp.CSS(selector), chromedp.FromNode(v.frame), chromedp.NodeVisible)
}

func (v *visitor) types(selector, text string) step {
	return chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.FromNode(v.frame), chromedp.NodeVisible)
}

// step is something that a visitor does.
type step = chromedp.Action[chromedp.Void]

// told is a message that Connect posted.
type told struct {
	Type string `json:"type"`
	Data struct {
		Name        string         `json:"name"`
		Properties  map[string]any `json:"properties"`
		Token       string         `json:"exchangeableToken"`
		LinkID      string         `json:"link_id"`
		Institution struct {
			ID       string           `json:"id"`
			Accounts []map[string]any `json:"selectedAccounts"`
		} `json:"institution"`
		Error *struct {
			ID      string `json:"error_id"`
			Message string `json:"displayed_message"`
		} `json:"error"`
	} `json:"data"`
}

// hears waits for a message of a type, and returns it with the names of all
// events until then.
func (v *visitor) hears(kind string) (told, string) {
	v.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Poll[string](fmt.Sprintf(`got.some((m) => m.type === %q) && JSON.stringify(got)`, kind)))
	if err != nil {
		v.Fatalf("%v\non screen: %s", err, v.screen())
	}
	var all []told
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		v.Fatal(err)
	}
	var events []string
	for _, m := range all {
		if m.Type == "link.event" {
			events = append(events, m.Data.Name)
		}
		if m.Type == kind {
			return m, strings.Join(events, " ")
		}
	}
	return told{}, ""
}

func (v *visitor) login(username, password string) []step {
	return []step{
		v.at("credentials"), v.types(`input[name=username]`, username), v.types(`input[name=password]`, password), v.clicks("button.go"),
	}
}

func TestBrowserConnectsAtCredentialsBank(t *testing.T) {
	v := newVisitor(t)
	v.opens("/start", moneykit.LinkSessionRequest{})
	v.run(v.at("institution"), v.types("input[type=search]", "credent"), v.clicks(`button[value="moneykit-creds-bank"]`))
	v.run(v.login("user_good", "wrong")...)
	v.run(v.shows("#alert"))
	v.run(v.login("user_good", "mfa_device")...)
	v.run(v.at("otp"), v.types("input[name=answer]", "1234"), v.clicks("button.go"))
	v.run(v.at("accounts"), v.clicks(`label:nth-of-type(3) input`), v.clicks("button.go"))
	done, events := v.hears("link.complete")
	if done.Data.Institution.ID != "moneykit-creds-bank" || len(done.Data.Institution.Accounts) != 2 {
		t.Errorf("%+v", done)
	}
	for _, name := range []string{"open", "search_institution", "select_institution", "submit_credentials", "error", "submit_otp", "submit_accounts", "success"} {
		if !strings.Contains(events, name) {
			t.Errorf("no event %s in %s", name, events)
		}
	}
	link, err := v.client.ExchangeToken(t.Context(), moneykit.NewSecret(done.Data.Token))
	if err != nil || string(link.LinkID) != done.Data.LinkID {
		t.Errorf("%+v, %v", link, err)
	}
}

func TestBrowserThroughOAuth(t *testing.T) {
	for decision, want := range map[string]string{"allow": "link.complete", "deny": "link.exit"} {
		t.Run(decision, func(t *testing.T) {
			v := newVisitor(t)
			v.opens("/start", moneykit.LinkSessionRequest{InstitutionID: "moneykit-oauth-bank"})
			popup := chromedp.WaitNewTarget(v.ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/connect/bank/") })
			v.run(v.at("oauth"), v.clicks("button.go"))
			bank, cancel := chromedp.NewContext(v.ctx, chromedp.WithTargetID(<-popup))
			defer cancel()
			if err := chromedp.Do(bank, chromedp.Click(chromedp.CSS(`button[value="`+decision+`"]`), chromedp.NodeVisible)); err != nil && v.ctx.Err() != nil {
				t.Fatal(err)
			}
			if decision == "deny" {
				v.run(v.at("error"), v.clicks("button.go:last-of-type"))
			}
			got, events := v.hears(want)
			if !strings.Contains(events, "open_oauth") {
				t.Errorf("events: %s", events)
			}
			if decision == "deny" && (got.Data.Error == nil || got.Data.Error.ID != "user_oauth_denied") {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestBrowserRelinks(t *testing.T) {
	v := newVisitor(t)
	id := moneykit.LinkID(v.box.LinkIDs()[3]) // its credentials are wrong
	v.opens("/relink", moneykit.LinkSessionRequest{ExistingLinkID: id})
	v.run(v.login("user_good", "pass_good")...)
	if got, _ := v.hears("relink.complete"); got.Data.LinkID != string(id) {
		t.Errorf("%+v", got)
	}
}

func TestBrowserLeavesConnect(t *testing.T) {
	v := newVisitor(t)
	v.opens("/start", moneykit.LinkSessionRequest{})
	v.run(v.at("institution"), v.clicks("#close"))
	if got, _ := v.hears("link.exit"); got.Data.Error != nil {
		t.Errorf("%+v", got.Data.Error)
	}
	v.opensWith("/start", "mk_ls_none")
	v.run(v.at("error"), v.clicks("button.go:last-of-type"))
	if got, _ := v.hears("link.exit"); got.Data.Error == nil || got.Data.Error.ID != "session_not_found" {
		t.Errorf("%+v", got)
	}
}
