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
			old.reads("Connect goes on in another tab")
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
			newer.hurries()
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
			v.hurries()
			v.run.Cancel()
			v.chooses(credentialsBank)
			v.reads("till is not waiting any more")
			v.waits(`String(waited) === "500,1000,2000,4000,8000"`)
		},
		"a network that fails for a while": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.hurries()
			v.does(chromedp.Evaluate[chromedp.Void](`
				window.fails = 5; window.reach = fetch;
				window.fetch = (...call) => fails-- > 0 ? Promise.reject(new TypeError("Failed to fetch")) : reach(...call)`))
			v.chooses(instantBank)
			s := v.linked(instantBank)
			if got := story(s.Events); !strings.HasPrefix(got, "open {\"mode\":\"start\"}\nchange_screen {\"current_screen_name\":\"institution\"}\nselect_institution ") {
				t.Error(got)
			}
			v.waits(`String(waited).startsWith("500,1000,2000,4000,8000")`)
		},
		"a network that fails for good": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.hurries()
			v.does(chromedp.Evaluate[chromedp.Void](`window.fetch = () => Promise.reject(new TypeError("Failed to fetch"))`))
			v.tells("link.complete", `{ exchangeableToken: "mk_ex_<b>1" }`)
			v.reads("till cannot be reached")
			v.waits(`document.getElementById("token").textContent === "mk_ex_<b>1" && document.getElementById("text").textContent.includes("press v")`)
			v.waits(`getSelection().selectAllChildren(document.getElementById("token")) || String(getSelection()) === "mk_ex_<b>1"`)
		},
		"a relink in a network that fails for good": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, moneykit.LinkSessionRequest{ExistingLinkID: moneykit.LinkID(sandbox.New().LinkIDs()[3])}, "")
			v.in("credentials")
			v.hurries()
			v.does(chromedp.Evaluate[chromedp.Void](`window.fetch = () => Promise.reject(new TypeError("Failed to fetch"))`))
			v.tells("link.complete", `{ exchangeableToken: "mk_ex_1" }`) // which nobody could paste
			v.reads("till is not waiting any more")
			v.waits(`!document.getElementById("token").textContent`)
		},
		"answers that are no": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			for _, x := range []struct {
				status            int
				kind, data, reads string
			}{
				{404, "link.event", `{ name: "x" }`, "till is not waiting any more"},
				{403, "link.event", `{ name: "x" }`, "till is not waiting any more"},
				{410, "link.exit", `{ error: null }`, "till is not waiting any more"},
				{400, "link.exit", `{ error: null }`, "till is not waiting any more"},
				{400, "relink.complete", `{}`, "till is not waiting any more"},
				{400, "link.complete", `{}`, "till is not waiting any more"},
				{400, "link.complete", `{ exchangeableToken: "mk_ex_1" }`, "till cannot be reached"},
				{404, "link.complete", `{ exchangeableToken: "mk_ex_1" }`, "till cannot be reached"},
			} {
				v.in("institution")
				v.hurries()
				v.does(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`window.asked = 0; window.fetch = () => { asked++; return Promise.resolve(new Response("", { status: %d })); }`, x.status)))
				v.tells(x.kind, x.data)
				v.reads(x.reads)
				v.waits("asked === 1 && waited.length === 0")
				v.does(chromedp.Reload())
			}
		},
		"an event that till cannot read": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.tells("link.event", `{}`)
			v.chooses(instantBank)
			v.linked(instantBank)
		},
		"a token behind an event that does not arrive": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.hurries()
			v.does(chromedp.Evaluate[chromedp.Void](`window.fetch = () => Promise.reject(new TypeError("Failed to fetch"))`))
			v.tells("link.event", `{ name: "x" }`, "link.complete", `{ exchangeableToken: "mk_ex_1" }`)
			v.reads("till cannot be reached")
			v.waits(`document.getElementById("token").textContent === "mk_ex_1"`)
		},
		"another browser": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			other := *v
			ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
			t.Cleanup(cancel)
			other.ctx = ctx
			other.does(chromedp.Navigate(v.asked.Page))
			other.waits(`document.body.innerText.includes("was opened in another browser before")`)
			v.closes()
			v.left("")
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
		"messages of the right window from elsewhere, and the other way round": func(t *testing.T, browser context.Context) {
			v := visits(t, browser, at(""), "")
			v.in("institution")
			v.does(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
				const frame = document.querySelector("iframe").contentWindow, connect = %q;
				const says = (origin, source) => dispatchEvent(new MessageEvent("message", {
					origin, source, data: { moneykit: true, type: "link.event", data: { name: "evil" } },
				}));
				for (const origin of ["null", "", location.origin, connect + "0", connect + ".evil.example"]) says(origin, frame);
				says(connect, window);
				says(connect, null);
			} undefined`, v.api)))
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
	v.tells("link.event", `{ name: "open_oauth" }`)
	v.until(func(s connect.State) bool { return strings.Contains(story(s.Events), "open_oauth") })
	v.does(chromedp.Navigate(v.api+"/connect/bank/"+url.PathEscape(token)), chromedp.Click(chromedp.CSS(`button[value="`+decision+`"]`), chromedp.NodeVisible))
	v.until(func(s connect.State) bool { return strings.Contains(story(s.Events), `"continue"`) })
}

// tells the page messages, each a kind and data, as Connect in its frame does.
func (v *visitor) tells(messages ...string) {
	v.Helper()
	const dispatch = `dispatchEvent(new MessageEvent("message", { origin: new URL(frame.src).origin, source: frame.contentWindow, data: { moneykit: true, type: %q, data: %s } }));`
	script := `{ const frame = document.querySelector("iframe");`
	for i := 0; i < len(messages); i += 2 {
		script += fmt.Sprintf(dispatch, messages[i], messages[i+1])
	}
	v.does(chromedp.Evaluate[chromedp.Void](script + "} undefined"))
}

// hurries lets the page repeat messages at once, and notes how long it would have
// waited.
func (v *visitor) hurries() {
	v.Helper()
	v.does(chromedp.Evaluate[chromedp.Void](`
		window.waited = []; window.later = setTimeout;
		window.setTimeout = (then, time) => {
			if (![500, 1000, 2000, 4000, 8000].includes(time)) return later(then, time);
			waited.push(time);
			return later(then);
		}; undefined`))
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
