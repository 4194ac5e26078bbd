package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"till/moneykit"
)

// launcherVersion is that of MoneyKit's web launcher on npm.
const launcherVersion = "0.3.28"

// installed gets the launcher from npm into a folder of the test's.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("npm is missing; make test installs it")
		}
		t.Skip("npm is missing; make test installs it")
	}
	cmd := exec.CommandContext(t.Context(), "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "@moneykit/connect@"+launcherVersion)
	if out, err := cmd.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: %s", err, out)
		}
		t.Skipf("the launcher is not to be had: %v", err)
	}
	return filepath.Join(dir, "node_modules")
}

// launching is an app's page with the launcher as it comes from npm. What the
// launcher calls back with ends up in got, in the form of Connect's messages.
const launching = `<!doctype html><title>App</title>
<script type="importmap">{"imports": {
	"query-string": "/modules/query-string/index.js", "decode-uri-component": "/modules/decode-uri-component/index.js",
	"split-on-first": "/modules/split-on-first/index.js", "filter-obj": "/modules/filter-obj/index.js"
}}</script>
<script type="module">
import MoneyKit, { moneyui } from "/modules/@moneykit/connect/index.js";
window.got = [];
const tell = (type, data) => got.push({ moneykit: true, type, data });
const kit = new MoneyKit({ __connectSDKUIHost: %q, theme: moneyui, colorScheme: "dark" });
const exit = (error) => tell("link.exit", { error });
const event = (e) => tell("link.event", e);
window.link = (token) => kit.link(token, (exchangeableToken, institution, link_id) => tell("link.complete", { exchangeableToken, institution, link_id }), exit, event);
window.relink = (token) => kit.relink(token, (institution, link_id) => tell("relink.complete", { institution, link_id }), exit, event);
if (location.pathname === "/back") kit.continue(location.href, (exchangeableToken, institution, link_id) => tell("link.complete", { exchangeableToken, institution, link_id }), exit, event);
window.ready = true;
</script><body></body>`

func newLaunched(t *testing.T) *visitor {
	t.Helper()
	modules := http.StripPrefix("/modules/", http.FileServer(http.Dir(installed(t))))
	v := newVisitor(t)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filepath.Ext(r.URL.Path) == ".js" {
			modules.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, launching, v.api)
	}))
	t.Cleanup(page.Close)
	v.app = page.URL
	return v
}

// launches lets the launcher do link or relink.
func (v *visitor) launches(what string, request moneykit.LinkSessionRequest) {
	v.Helper()
	token := v.session(request)
	v.run(chromedp.Navigate(v.app))
	v.waits("window.ready === true")
	v.waits(fmt.Sprintf("%s(%q), true", what, token))
	v.waits(`document.querySelector("iframe") && (document.querySelector("iframe").onload = () => { window.framed = true; }, true)`)
	v.framed()
}

func TestLauncherFromNPMLinks(t *testing.T) {
	v := newLaunched(t)
	v.launches("link", moneykit.LinkSessionRequest{InstitutionID: "moneykit-creds-bank"})
	v.run(v.login("user_good", "mfa_selections")...)
	v.run(v.at("mfa_selection"), v.clicks(`input[value="Blue"]`), v.clicks("button.go"), v.at("accounts"), v.clicks("button.go"))
	done, _ := v.hears("link.complete")
	link, err := v.client.ExchangeToken(t.Context(), moneykit.NewSecret(done.Data.Token))
	if err != nil || string(link.LinkID) != done.Data.LinkID || done.Data.Institution.ID != "moneykit-creds-bank" {
		t.Errorf("%+v, %+v, %v", done, link, err)
	}
	v.waits(`document.querySelector("iframe") === null`) // the launcher takes it away
}

func TestLauncherFromNPMRelinks(t *testing.T) {
	v := newLaunched(t)
	id := moneykit.LinkID(v.box.LinkIDs()[3])
	v.launches("relink", moneykit.LinkSessionRequest{ExistingLinkID: id})
	v.run(v.login("user_good", "pass_good")...)
	if got, _ := v.hears("relink.complete"); got.Data.LinkID != string(id) {
		t.Errorf("%+v", got)
	}
}

func TestLauncherFromNPMThroughOAuth(t *testing.T) {
	v := newLaunched(t)
	v.launches("link", moneykit.LinkSessionRequest{InstitutionID: "moneykit-oauth-bank"})
	v.goesToTheBank("allow")
	if done, _ := v.hears("link.complete"); done.Data.Institution.ID != "moneykit-oauth-bank" || done.Data.Token == "" {
		t.Errorf("%+v", done)
	}
}
