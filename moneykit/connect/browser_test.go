package connect_test

import (
	"context"
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
	"till/moneykit/connect"
	"till/moneykit/sandbox"
	"till/moneykit/sandbox/chrometest"
)

func TestBrowser(t *testing.T) {
	browser := chrometest.Start(t)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal(err)
	}
	at := func(bank moneykit.InstitutionID) moneykit.LinkSessionRequest {
		return moneykit.LinkSessionRequest{InstitutionID: bank}
	}
	for name, test := range map[string]func(*testing.T, context.Context){
		"a new link at Credentials Bank": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.chooses(credentialsBank)
			v.logsIn()
			v.in("accounts", clicks("button.go"))
			const want = `open {"mode":"start"}
change_screen {"current_screen_name":"institution"}
select_institution {"institution_id":"moneykit-creds-bank","institution_name":"Credentials Bank"}
change_screen {"current_screen_name":"credentials"}
submit_credentials {}
change_screen {"current_screen_name":"accounts"}
submit_accounts {"count":3}
success {"institution_id":"moneykit-creds-bank"}
change_screen {"current_screen_name":"success"}
`
			if got := story(v.linked(credentialsBank).Events); got != want {
				t.Errorf("%s\nwant\n%s", got, want)
			}
		},
		"a new link at Instant Bank": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.chooses(instantBank)
			v.linked(instantBank)
		},
		"a new link at OAuth Bank": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.chooses(oauthBank)
			v.decides("allow")
			v.linked(oauthBank)
		},
		"a denial": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(oauthBank), "")
			v.decides("deny")
			v.in("error", clicks("button.go:last-of-type"))
			v.left(moneykit.UserOAuthDenied)
		},
		"a denial and another try": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(oauthBank), "")
			v.decides("deny")
			v.in("error", clicks("button.go.second"))
			v.decides("allow")
			v.linked(oauthBank)
		},
		"a relink": func(t *testing.T, browser context.Context) {
			id := moneykit.LinkID(sandbox.New().LinkIDs()[3]) // its credentials are wrong, in every world
			v := visits(t, browser, moneykit.LinkSessionRequest{ExistingLinkID: id}, "")
			v.logsIn()
			if s := v.linked(credentialsBank); s.Link != id {
				t.Errorf("%+v", s)
			}
		},
		"leaving": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.closes()
			v.left("")
		},
		"a session that expires": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			if err := v.box.Advance(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
			v.chooses(credentialsBank)
			v.in("error", clicks("button.go:last-of-type"))
			v.left("session_expired")
		},
		"two tabs, the newer leaves": func(t *testing.T, browser context.Context) {
			old := visits(t, browser, at(""), "")
			old.in("institution")
			v := old.tab()
			v.in("institution")
			old.closes()
			old.reads("You left Connect")
			if s := v.run.State(); s.Phase != connect.Asking {
				t.Fatalf("%+v", s)
			}
			v.closes()
			v.left("")
		},
		"two tabs, the older completes": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			newer := v.tab()
			newer.in("institution")
			v.chooses(instantBank)
			v.linked(instantBank)
			newer.chooses(instantBank) // whose session is used
			newer.reads("till is not waiting any more")
		},
		"loading the page again": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.chooses(credentialsBank)
			v.in("credentials")
			v.does(chromedp.Reload())
			v.chooses(instantBank)
			v.linked(instantBank)
		},
		"going away and back": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.does(chromedp.Navigate(v.api+"/connect/connect.css"), chromedp.NavigateBack())
			v.closes()
			v.left("")
		},
		"a run that was cancelled": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.run.Cancel()
			v.chooses(credentialsBank)
			v.reads("till is not waiting any more")
		},
		"coming back in the same tab": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(oauthBank), "")
			v.goesToTheBank("allow")
			v.linked(oauthBank)
		},
		"coming back denied in the same tab": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(oauthBank), "")
			v.goesToTheBank("deny")
			v.in("error", clicks("button.go:last-of-type"))
			v.left(moneykit.UserOAuthDenied)
		},
		"localhost": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(oauthBank), "http://localhost:"+freePort(t)+"/cb")
			if v.asked.NoOAuth != "" {
				t.Error(v.asked.NoOAuth)
			}
			v.decides("allow")
			v.linked(oauthBank)
		},
		"messages of others": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			foreign := httptest.NewServer(http.NotFoundHandler())
			defer foreign.Close()
			const post = `for (const data of [{ name: "evil" }, { error: null }, { exchangeableToken: "evil" }])
				for (const type of ["link.event", "link.exit", "link.complete", "relink.complete"]) %s.postMessage({ moneykit: true, type, data }, "*");`
			v.does(chromedp.Evaluate[chromedp.Void](`window.seen = 0; addEventListener("message", () => { seen++; }); ` + fmt.Sprintf(post, "window")))
			v.waits("seen === 12")
			for i, at := range []string{foreign.URL + "/", v.api + "/connect/connect.css"} {
				other := v.opens(at)
				if _, err := chromedp.Run(other, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(post, "opener"))); err != nil {
					t.Fatal(err)
				}
				v.waits(fmt.Sprintf("seen === %d", 12*(i+2)))
			}
			v.chooses(instantBank)
			if got := story(v.linked(instantBank).Events); strings.Contains(got, "evil") {
				t.Error(got)
			}
		},
		"a frame that is not Connect any more": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.does(chromedp.Evaluate[chromedp.Void](`
				window.frame = document.querySelector("iframe"); window.before = frame.src; window.seen = 0;
				addEventListener("message", () => { seen++; }); frame.src = "about:blank"`))
			v.waits(`frame.contentDocument?.URL === "about:blank"`)
			frames, err := chromedp.Run(v.ctx, chromedp.Nodes(chromedp.CSS("iframe"), chromedp.Populate(1, true)))
			if err != nil {
				t.Fatal(err)
			}
			const post = `parent.postMessage({ moneykit: true, type: "link.event", data: { name: "evil" } }, "*"), true`
			if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool](post, chromedp.WithPollingInFrame(frames[0]))); err != nil {
				t.Fatal(err)
			}
			v.waits("seen > 0")
			v.does(chromedp.Evaluate[chromedp.Void]("frame.src = before; undefined"))
			v.chooses(instantBank)
			if got := story(v.linked(instantBank).Events); strings.Contains(got, "evil") {
				t.Error(got)
			}
		},
		"frames of others": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			got := make(chan string, 1)
			foreign := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path }))
			defer foreign.Close()
			v.does(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`
				addEventListener("securitypolicyviolation", (e) => { window.violated = e.violatedDirective; });
				document.body.append(Object.assign(document.createElement("iframe"), { src: %q }))`, foreign.URL)))
			v.waits(`window.violated === "frame-src"`)
			select {
			case path := <-got:
				t.Errorf("somebody else is framed: %s", path)
			default:
			}
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, browser) })
	}
}

// closes presses Connect's own close button.
func (v *visitor) closes() {
	v.Helper()
	v.in("institution", clicks("#close"))
}

// goesToTheBank without a window of its own: the tab itself goes there and back.
func (v *visitor) goesToTheBank(decision string) {
	v.Helper()
	v.in("oauth")
	token, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`JSON.parse(document.getElementById("config").textContent).token`))
	if err != nil {
		v.Fatal(err)
	}
	v.does(chromedp.Navigate(v.api+"/connect/bank/"+url.PathEscape(token)), chromedp.Click(chromedp.CSS(`button[value="`+decision+`"]`), chromedp.NodeVisible))
	v.until(func(s connect.State) bool { return strings.Contains(story(s.Events), `"continue"`) })
}

// opens a window from the page.
func (v *visitor) opens(address string) context.Context {
	v.Helper()
	opened := chromedp.WaitNewTarget(v.ctx, func(info *target.Info) bool { return info.URL == address })
	v.does(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("window.open(%q), undefined", address)))
	ctx, cancel := chromedp.NewContext(v.ctx, chromedp.WithTargetID(<-opened))
	v.Cleanup(cancel)
	return ctx
}
