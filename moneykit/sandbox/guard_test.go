package sandbox

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A web page of somebody else reaches a server on this computer through its
// visitor's browser.
func TestControlsAreNotForForeignPages(t *testing.T) {
	srv, err := New().Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	own := srv.URL()
	for _, x := range []struct {
		method, path, host string
		header             http.Header
		status             int
	}{
		{"GET", "/sandbox/clock", "", nil, 200},
		{"POST", "/sandbox/clock", "", http.Header{"Origin": {own}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		{"GET", "/sandbox/clock", "localhost:1", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		{"GET", "/sandbox/clock", "[::1]:1", nil, 200},
		{"POST", "/sandbox/clock", "", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"POST", "/sandbox/clock", "", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"POST", "/sandbox/clock", "", http.Header{"Origin": {"http://evil.example"}}, 403},
		{"POST", "/sandbox/clock", "", http.Header{"Origin": {"null"}}, 403},
		{"GET", "/sandbox/events", "rebound.example", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 403},
		{"GET", "/connect/bank/none", "", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 404},
		{"GET", "/links", "moneykit.example", http.Header{"Origin": {"http://evil.example"}}, 401},
	} {
		req, err := http.NewRequestWithContext(t.Context(), x.method, own+x.path, strings.NewReader(`{"advance":"0s"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = x.host
		for name, values := range x.header {
			req.Header[name] = values
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != x.status {
			t.Errorf("%s %s at %q with %v: %d, want %d: %s", x.method, x.path, x.host, x.header, resp.StatusCode, x.status, text)
		}
	}
}

func TestURLOfAServerAtAllAddresses(t *testing.T) {
	for address, host := range map[string]string{"0.0.0.0:0": "127.0.0.1", ":0": "127.0.0.1", "127.0.0.1:0": "127.0.0.1", "[::1]:0": "[::1]"} {
		srv, err := New().ListenOn(address)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Get(srv.URL() + "/links")
		if err != nil || !strings.HasPrefix(srv.URL(), "http://"+host+":") {
			t.Errorf("%s is %s: %v", address, srv.URL(), err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
		_ = srv.Close()
	}
}

func TestControlsUnderAnyName(t *testing.T) {
	srv, err := New(WithControlsUnderAnyName()).Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	for site, status := range map[string]int{"": 200, "cross-site": 403} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL()+"/sandbox/clock", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "sandbox.test:8787"
		if site != "" {
			req.Header.Set("Sec-Fetch-Site", site)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("from %q: %d", site, resp.StatusCode)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, "127.9.9.9:1": true,
		":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false, "localhost": true, "[::1]": true, "": false, "localhost.example:1": false,
	} {
		if IsLoopback(address) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}
