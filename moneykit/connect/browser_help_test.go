package connect_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/sandbox"
	"till/moneykit/sandbox/chrometest"
)

// visitor goes through Connect in a real browser, with a profile of their own.
type visitor struct {
	*testing.T
	ctx   context.Context // the tab
	box   *sandbox.Sandbox
	api   string
	run   *connect.Run
	asked connect.State // when the page came up
}

// visits starts a Run, and opens its page in a tab.
func visits(t *testing.T, browser context.Context, request moneykit.LinkSessionRequest, redirect string) *visitor {
	t.Helper()
	v := &visitor{T: t, box: sandbox.New()}
	server, err := v.box.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	v.api = server.URL()
	b := connect.Browser{Host: connect.HostOf(v.api), Redirect: redirect}
	if redirect != "" {
		b.Host = strings.Replace(b.Host, "127.0.0.1", "LOCALHOST", 1) // as somebody may write it
	}
	request.CustomerUser.ID = "user_4711"
	v.run = connect.InBrowser(t.Context(), newClient(t, moneykit.WithBaseURL(v.api)), b, request)
	t.Cleanup(v.run.Cancel)
	v.asked = v.until(func(s connect.State) bool { return s.Page != "" })
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v.ctx = ctx
	v.does(chromedp.Navigate(v.asked.Page))
	return v
}

// tab is the same visitor in another tab, with the page opened once more.
func (v *visitor) tab() *visitor {
	v.Helper()
	other := *v
	ctx, cancel := chromedp.NewContext(v.ctx)
	v.Cleanup(cancel)
	other.ctx = ctx
	other.does(chromedp.Navigate(v.asked.Page))
	return &other
}

// until waits for the Run.
func (v *visitor) until(is func(connect.State) bool) connect.State {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), chrometest.Patience)
	defer cancel()
	for s := v.run.State(); ; {
		if is(s) || s.Phase.Over() {
			return s
		}
		next, err := v.run.Next(ctx, s.Version)
		if err != nil {
			v.Fatalf("%v at %+v\non screen: %s", err, s, v.screen())
		}
		s = next
	}
}

func (v *visitor) does(actions ...step) {
	v.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.Fatalf("%v\non screen: %s", err, v.screen())
	}
}

type step = chromedp.Action[chromedp.Void]

// screen tells what the page shows, for a failure.
func (v *visitor) screen() string {
	ctx, cancel := context.WithTimeout(v.ctx, 2*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title + ": " + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// waits until an expression is true on the page.
func (v *visitor) waits(expression string) {
	v.Helper()
	_, err := chromedp.Run(v.ctx, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(10*time.Millisecond), chromedp.WithPollingTimeout(chrometest.Patience)))
	if err != nil {
		v.Fatalf("%v\nwaiting for %s\non screen: %s", err, expression, v.screen())
	}
}

// reads a title that the page shows itself, without Connect in it.
func (v *visitor) reads(title string) {
	v.Helper()
	v.waits(fmt.Sprintf(`document.getElementById("title")?.textContent === %q && document.title === %q && !document.querySelector("iframe")`, title, title))
}

// in does something at a screen of Connect.
func (v *visitor) in(name string, does ...func(*chromedp.Node) step) {
	v.Helper()
	v.waits(`document.querySelector("iframe")`)
	frames, err := chromedp.Run(v.ctx, chromedp.Nodes(chromedp.CSS("iframe"), chromedp.Populate(1, true)))
	if err != nil {
		v.Fatal(err)
	}
	v.does(chromedp.WaitVisible(chromedp.CSS(`form[data-name="`+name+`"]:not([data-busy])`), chromedp.FromNode(frames[0])))
	for _, do := range does {
		v.does(do(frames[0]))
	}
}

func clicks(selector string) func(*chromedp.Node) step {
	return func(frame *chromedp.Node) step {
		return chromedp.Click(chromedp.CSS(selector), chromedp.FromNode(frame), chromedp.NodeVisible)
	}
}

func types(selector, text string) func(*chromedp.Node) step {
	return func(frame *chromedp.Node) step {
		return chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.FromNode(frame), chromedp.NodeVisible)
	}
}

func (v *visitor) chooses(bank moneykit.InstitutionID) {
	v.Helper()
	v.in("institution", clicks(`button[value="`+string(bank)+`"]`))
}

func (v *visitor) logsIn() {
	v.Helper()
	v.in("credentials", types("input[name=username]", "user_good"), types("input[name=password]", "pass_good"), clicks("button.go"))
}

// decides at OAuth Bank, which opens in a window of its own.
func (v *visitor) decides(decision string) {
	v.Helper()
	opened := chromedp.WaitNewTarget(v.ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/connect/bank/") })
	v.in("oauth", clicks("button.go"))
	bank, cancel := chromedp.NewContext(v.ctx, chromedp.WithTargetID(<-opened))
	v.Cleanup(cancel) // not now, since that closes the window
	err := chromedp.Do(bank, chromedp.Click(chromedp.CSS(`button[value="`+decision+`"]`), chromedp.NodeVisible))
	if err != nil && v.ctx.Err() != nil { // the window closes by itself
		v.Fatal(err)
	}
}

// linked waits until the Run has a link, and for what the page says then.
func (v *visitor) linked(bank moneykit.InstitutionID) connect.State {
	v.Helper()
	s := v.until(func(s connect.State) bool { return s.Phase == connect.Following && s.Last != nil })
	if s.Last == nil || s.Last.ID != s.Link || s.Last.InstitutionID != bank {
		v.Fatalf("%+v", s)
	}
	v.reads("Done")
	v.stays("Done")
	return s
}

// left waits until the Run is over because of a refusal, empty for none.
func (v *visitor) left(code moneykit.LinkError) {
	v.Helper()
	s := v.until(func(s connect.State) bool { return s.Phase.Over() })
	if s.Phase != connect.Left || (s.Exit == nil) != (code == "") || code != "" && (s.Exit.Code != code || s.Exit.Message == "" || s.Exit.RequestID == "") {
		v.Fatalf("%s with %+v %v, want %s", s.Phase, s.Exit, s.Err, code)
	}
	v.reads("You left Connect")
	v.stays("You left Connect")
}

// stays wants the page not to change once it has found out that nobody listens.
func (v *visitor) stays(title string) {
	v.Helper()
	v.waits(`fetch(location.href).then(() => true, () => new Promise((done) => setTimeout(() => done(true))))`)
	v.reads(title)
}
