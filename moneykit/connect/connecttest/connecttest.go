// Package connecttest goes through a launcher of package connect in tests, in
// place of a browser.
package connecttest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"testing"
)

// Visitor is somebody on a launcher's page, without a browser.
type Visitor struct {
	t      *testing.T
	client *http.Client // keeps cookies
	page   string
	origin string
	config struct {
		Connect string `json:"connect"`
		Token   string `json:"token"`
		Tell    string `json:"tell"`
		Page    int    `json:"page"`
	}
}

var configOf = regexp.MustCompile(`(?s)<script type="application/json"[^>]*>(.*?)</script>`)

// Visit opens a launcher's page.
func Visit(t *testing.T, page string) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &Visitor{t: t, client: &http.Client{Jar: jar}, page: page, origin: page[:strings.Index(page[len("http://"):], "/")+len("http://")]}
	res, err := v.client.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	html, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", res.StatusCode, err)
	}
	found := configOf.FindSubmatch(html)
	if found == nil {
		t.Fatalf("no configuration in %s", html)
	}
	if err := json.Unmarshal(found[1], &v.config); err != nil {
		t.Fatal(err)
	}
	return v
}

// Tells posts a message of Connect's to till.
func (v *Visitor) Tells(kind string, data any) {
	v.t.Helper()
	v.post(v.origin+v.config.Tell, map[string]any{"page": v.config.Page, "type": kind, "data": data}, http.StatusNoContent)
}

func (v *Visitor) post(url string, body any, want int) (answer map[string]any) {
	v.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", v.origin)
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != want {
		v.t.Fatalf("%s: status %d %s", url, res.StatusCode, text)
	}
	_ = json.Unmarshal(text, &answer)
	return answer
}

// Links goes through the Sandbox's Connect at Instant Bank, and returns the token
// that it hands out.
func (v *Visitor) Links() (token string) {
	v.t.Helper()
	token, _ = v.Finish(map[string]any{"institution_id": "moneykit-instant-bank"})["exchangeable_token"].(string)
	return token
}

// Finish hands in what was entered, all at once, and returns the answer.
func (v *Visitor) Finish(entered map[string]any) map[string]any {
	v.t.Helper()
	entered["link_session_token"] = v.config.Token
	return v.post(v.config.Connect+"/connect/finish", entered, http.StatusOK)
}
