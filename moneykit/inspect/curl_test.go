package inspect_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/inspect"
)

const hostile = `it's "$(touch pwned)" ` + "`touch pwned`" + ` ${HOME} \ !! # ; & |` + " 'quoted' é"

// run gives command to a shell whose curl writes down its arguments.
func run(t *testing.T, command string) []string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nprintf '%s\\0' \"$@\" > \"$ARGS\"\n"
	if err := os.WriteFile(filepath.Join(dir, "curl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	sh := exec.CommandContext(t.Context(), "/bin/sh", "-c", command)
	sh.Dir = dir
	sh.Env = []string{
		"PATH=" + dir + ":" + os.Getenv("PATH"), "ARGS=" + filepath.Join(dir, "args"),
		`MONEYKIT_TOKEN=tok"en $x`, "MONEYKIT_CLIENT_SECRET=sec'ret",
	}
	if out, err := sh.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s\n%s", err, out, command)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Fatalf("it broke out: %s", command)
	}
	args, err := os.ReadFile(filepath.Join(dir, "args"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00")
}

func curl(e moneykit.Exchange, shown func(int) bool) string {
	return inspect.Curl(inspect.Entry{Exchange: e}, shown)
}

func all(int) bool { return true }

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}

func TestCurlOfARead(t *testing.T) {
	e := answered("GET", "/links/{id}/transactions", "/links/mk_1/transactions?page=1&who=jane", 200, `{"answer":"not sent"}`)
	e.RequestHeader.Set("Cookie", "secret")
	e.RequestHeader.Set("Moneykit-Version", "it's")
	want(t, curl(e, nil), `curl -sS -X GET 'https://api.moneykit.com/links/mk_1/transactions?page=1&who=[hidden]' \
  -H "Authorization: Bearer $MONEYKIT_TOKEN" \
  -H 'Accept: application/json' \
  -H 'MoneyKit-Version: it'\''s'`)
	same(t, run(t, curl(e, all)), []string{
		"-sS", "-X", "GET", "https://api.moneykit.com/links/mk_1/transactions?page=1&who=jane",
		"-H", `Authorization: Bearer tok"en $x`, "-H", "Accept: application/json", "-H", "MoneyKit-Version: it's",
	})
}

func TestCurlWithoutAToken(t *testing.T) {
	e := answered("GET", "/.well-known/jwks.json", "/.well-known/jwks.json", 200, "")
	e.RequestHeader = http.Header{"X-Client-Id": {hostile}}
	same(t, run(t, curl(e, nil)), []string{
		"-sS", "-X", "GET", "https://api.moneykit.com/.well-known/jwks.json", "-H", "X-Client-Id: " + hostile,
	})
}

func TestCurlOfHostileValues(t *testing.T) {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(hostile)
	body := fmt.Sprintf("{\"link_tags\": [\"%s\\n\"],\n \"webhook\": \"%s\", \"n\": 1.500e+10}", quoted, quoted)
	e := sent("PO'ST", "/users/{id}/x", "/users/it's$(touch%20pwned)`a`/x?cursor='$(touch)'", "application/json", body)
	got := run(t, curl(e, all))
	same(t, got, []string{
		// net/url escapes what a path must not hold, and leaves queries alone.
		"-sS", "-X", "PO'ST", "https://api.moneykit.com/users/it%27s$%28touch%20pwned%29%60a%60/x?cursor='$(touch)'",
		"-H", `Authorization: Bearer tok"en $x`, "-H", "Accept: application/json", "-H", "Content-Type: application/json",
		"-H", "MoneyKit-Version: 2023-02-18", "--data-raw", compact(t, body),
	})
	got = run(t, curl(e, nil))
	want(t, got[3], "https://api.moneykit.com/users/[hidden]/x?cursor='$(touch)'")
	want(t, got[len(got)-1], `{"link_tags":["`+quoted+`\n"],"webhook":"[hidden]","n":"[hidden]"}`)
}

// Each hidden value is in the command when its own line was revealed, and not
// otherwise.
func TestCurlHoldsWhatTheScreenShows(t *testing.T) {
	e := sent("POST", "/users/{id}/links", "/users/jane/links?x=secret1&y=secret2", "application/json",
		`{"customer_user":{"id":"secret3","email":["secret4"]},"webhook":["secret5",{"a":"secret6"}]}`)
	lines := show(e)
	hidden := 0
	for i, line := range lines {
		if !line.Hidden {
			continue
		}
		hidden++
		got := curl(e, func(j int) bool { return i == j })
		for _, other := range lines {
			if in := strings.Contains(got, strings.Trim(other.Value, `"`)); other.Hidden && in != (other.Value == line.Value) {
				t.Errorf("%s is revealed and %s is in it: %v\n%s", line.Value, other.Value, in, got)
			}
		}
	}
	if hidden != 7 {
		t.Errorf("%d hidden lines", hidden)
	}
}

func TestCurlOfATokenRequest(t *testing.T) {
	e := sent("POST", "/auth/token", "/auth/token", "application/x-www-form-urlencoded",
		"grant_type=client_credentials&client_id=it%27s&client_secret=%5Bredacted%5D&extra=secret&scope=")
	e.RequestHeader.Del("Authorization")
	for _, shown := range []func(int) bool{nil, all} {
		extra := "extra=[hidden]"
		if shown != nil {
			extra = "extra=secret"
		}
		same(t, run(t, curl(e, shown))[8:], []string{
			"-H", "MoneyKit-Version: 2023-02-18",
			"--data-urlencode", "grant_type=client_credentials", "--data-urlencode", "client_id=it's",
			"--data-urlencode", "client_secret=sec'ret", "--data-urlencode", extra, "--data-urlencode", "scope=",
		})
	}
}

func TestCurlOfOtherBodies(t *testing.T) {
	e := sent("POST", "/links", "/links", "text/plain", "it's\n$(touch pwned)\r\x00\x1b[201~\n")
	got := run(t, curl(e, all))
	want(t, got[len(got)-1], "it's\n$(touch pwned)\ufffd\ufffd\ufffd[201~\n")
	got = run(t, curl(e, nil))
	want(t, got[len(got)-1], "[hidden]\n[hidden]\n[hidden]")

	e.RequestBody = []byte(strings.Repeat("x", inspect.MaxBodies))
	log := inspect.NewLog()
	log.Add(e)
	log.Add(weighing(1))
	got = run(t, inspect.Curl(log.Entries()[1], all))
	want(t, got[len(got)-1], "[no longer kept]")

	e.URL, e.RequestBody = "-o pwned", nil
	want(t, run(t, curl(e, nil))[3], "[hidden]")
}
