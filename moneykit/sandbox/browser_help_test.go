package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/sandbox/chrometest"
)

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
	v := &visitor{T: t, ctx: chrometest.Start(t), box: sandbox.New()}
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
	v.opensWith(path, v.session(request))
}

// session is the token of a new link session.
func (v *visitor) session(request moneykit.LinkSessionRequest) string {
	v.Helper()
	request.CustomerUser.ID, request.RedirectURI = "user_4711", v.app+"/back"
	session, err := v.client.CreateLinkSession(v.Context(), request)
	if err != nil {
		v.Fatal(err)
	}
	return session.Token.Reveal()
}

func (v *visitor) opensWith(path, token string) {
	v.Helper()
	src := v.api + path + "?" + url.Values{"linkSessionToken": {token}, "origin": {v.app}}.Encode()
	v.run(chromedp.Navigate(v.app))
	v.waits(fmt.Sprintf(frame, src))
	v.framed()
}

// waits until an expression is true on the app's page.
func (v *visitor) waits(expression string) {
	v.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool]("Boolean(("+expression+"))", chromedp.WithPollingTimeout(chrometest.Patience))); err != nil {
		v.Fatalf("%v\nwaiting for %s\non screen: %s", err, expression, v.screen())
	}
}

// framed finds the frame that Connect is in, once it has come.
func (v *visitor) framed() {
	v.Helper()
	v.waits("window.framed === true")
	frames, err := chromedp.Run(v.ctx, chromedp.Nodes(chromedp.CSS("iframe"), chromedp.Populate(1, true)))
	if err != nil {
		v.Fatal(err)
	}
	v.frame = frames[0]
}

// goesToTheBank opens OAuth Bank's window, and decides there.
func (v *visitor) goesToTheBank(decision string) {
	v.Helper()
	opened := chromedp.WaitNewTarget(v.ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/connect/bank/") })
	v.run(v.at("oauth"), v.clicks("button.go"))
	bank, cancel := chromedp.NewContext(v.ctx, chromedp.WithTargetID(<-opened))
	v.Cleanup(cancel) // not now, since that closes the window
	err := chromedp.Do(bank, chromedp.Click(chromedp.CSS(`button[value="`+decision+`"]`), chromedp.NodeVisible))
	if err != nil && v.ctx.Err() != nil { // the window closes by itself
		v.Fatal(err)
	}
}

// frame puts a URL into a frame as large as the window, once.
const frame = `(() => {
	if (document.querySelector("iframe")) return true;
	const f = document.createElement("iframe");
	f.src = %q;
	f.style = "position:fixed;inset:0;width:100%%;height:100%%";
	f.onload = () => { window.framed = true; };
	document.body.append(f);
	return true;
})()`

// at waits for a screen.
func (v *visitor) at(name string) step {
	return v.shows(`form[data-name="` + name + `"]:not([data-busy])`)
}

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
	text, err := chromedp.Run(v.ctx, chromedp.Poll[string](fmt.Sprintf(`got.some((m) => m.type === %q) && JSON.stringify(got)`, kind), chromedp.WithPollingTimeout(chrometest.Patience)))
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
