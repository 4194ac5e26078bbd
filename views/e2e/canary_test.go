package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"till/moneykit/sandbox"
)

const (
	canaryID     = "client_canary"
	canarySecret = "sesame-of-the-environment+/="
)

// TestTheSecretOfTheEnvironmentStaysThere runs the program with a secret that
// the Sandbox takes, and with one that it refuses, and looks for it in all that
// was written and in the list of processes.
func TestTheSecretOfTheEnvironmentStaysThere(t *testing.T) {
	t.Parallel()
	for _, accepted := range []string{canarySecret, "another"} {
		server, err := sandbox.New(sandbox.WithClient(canaryID, accepted)).Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		for _, args := range [][]string{nil, {"link", "mk_unknown"}, {"--read-only"}} {
			t.Run(fmt.Sprint(accepted == canarySecret, args), func(t *testing.T) {
				cmd := home(t, args...)
				cmd.Env = append(cmd.Env, "MONEYKIT_CLIENT_ID="+canaryID, "MONEYKIT_CLIENT_SECRET="+canarySecret, "MONEYKIT_URL="+server.URL())
				p := sit(t, cmd, 120, 40)
				p.sees("till ▸")
				commandLine, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
				if err == nil {
					hides(t, "the list of processes", string(commandLine))
				}
				p.types("L")
				p.sees("Requests", "/auth/token")
				p.types("G\rnvnvcb")
				p.sees("Report for MoneyKit support", canaryID)
				p.types("y")
				p.sees("Bundle copied")
				p.types("\x03")
				if code := p.Wait(patience); code != 0 {
					t.Errorf("ended with code %d", code)
				}
				hides(t, "the terminal", p.Output())
				hides(t, "the clipboard", clipboard(t, p.Output()))
			})
		}
	}
}

var osc52 = regexp.MustCompile(`\x1b\]52;c;([A-Za-z0-9+/=]*)`)

// clipboard returns what the program has put on the terminal's clipboard.
func clipboard(t *testing.T, output string) string {
	t.Helper()
	var all strings.Builder
	for _, found := range osc52.FindAllStringSubmatch(output, -1) {
		text, err := base64.StdEncoding.DecodeString(found[1])
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	if !strings.Contains(all.String(), "MONEYKIT_CLIENT_SECRET") || !strings.Contains(all.String(), canaryID) {
		t.Errorf("curl and the bundle were not copied: %q", all.String())
	}
	return all.String()
}

func hides(t *testing.T, where, text string) {
	t.Helper()
	if strings.Contains(text, canarySecret) || strings.Contains(text, "sesame-of") {
		t.Errorf("the secret got into %s", where)
	}
}
