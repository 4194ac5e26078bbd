// Package e2e runs the built program in a terminal, as a person would.
package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"till/ui/uitest/ptytest"
)

// patience is far above what anything here takes.
const patience = 60 * time.Second

var till string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		panic(err)
	}
	till = filepath.Join(dir, "till")
	if out, err := exec.Command("go", "build", "-o", till, "till").CombinedOutput(); err != nil {
		panic(string(out))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// home is a machine on which till never ran, without a keyring.
func home(t *testing.T, args ...string) *exec.Cmd {
	dir := t.TempDir()
	cmd := exec.Command(till, args...)
	cmd.Env = []string{
		"HOME=" + dir, "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "PATH=" + os.Getenv("PATH"),
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(dir, "no-bus"), "XDG_RUNTIME_DIR=" + dir, "TZ=UTC",
	}
	return cmd
}

type person struct {
	*ptytest.Terminal
	t *testing.T
}

func sit(t *testing.T, cmd *exec.Cmd, w, h int) person {
	t.Helper()
	terminal, err := ptytest.Start(cmd, w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(terminal.Kill)
	return person{terminal, t}
}

func (p person) sees(texts ...string) {
	p.t.Helper()
	if err := p.UntilText(patience, texts...); err != nil {
		p.t.Fatal(err)
	}
}

func (p person) types(keys string) {
	p.t.Helper()
	if err := p.Type(keys); err != nil {
		p.t.Fatal(err)
	}
}

func TestMainJob(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "--sandbox"), 80, 24)
	p.sees("12 links", "● 5 connected", "sandbox", "Credentials Bank")
	p.types("r")
	p.sees("Refresh Credentials Bank", "[x] transactions")
	p.types("\r")
	p.sees("⟳ refreshing")
	p.sees("in its transactions")
	p.types("d")
	p.sees("sync 2", "pending → posted")
	p.types("x")
	p.sees("Reset Credentials Bank?")
	p.types("\x1b[D\r")
	p.sees("✕ auth expired")
	p.types("R\r")
	p.sees("Username")
	p.types("user_good\rpass_good\r") // all at once, as an impatient operator would
	p.sees("● connected", "sync 3 ·")
	p.types("D")
	p.sees("Type \"Credentials Bank\"")
	p.types("Credentials Bank\r")
	p.sees("○ deleted", "is disconnected")
	p.types("q")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("till left with code %d", code)
	}
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t), 80, 24)
	p.sees("Explore the Sandbox", "Add MoneyKit credentials")
	p.types("\r")
	p.sees("12 links", "sandbox")
}

func TestResize(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "--sandbox"), 120, 36)
	p.sees("12 links", "PRODUCT ")
	if err := p.Resize(50, 14); err != nil {
		t.Fatal(err)
	}
	p.sees("till needs 60×16, this is 50×14")
	if err := p.Resize(80, 24); err != nil {
		t.Fatal(err)
	}
	p.sees("12 links", "? help")
}

func TestOpenALinkFromTheCommandLine(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "link", "mk_unknown", "--sandbox"), 80, 24)
	p.sees("MoneyKit knows no link with this id")
	p.types("\x1b")
	p.sees("12 links")
}

func TestASignalLeavesTheTerminalInOrder(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "--sandbox"), 80, 24)
	p.sees("12 links")
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.Wait(patience); code != 0 {
		t.Errorf("till left with code %d", code)
	}
	if strings.Contains(p.Screen(), "links") {
		t.Errorf("the alternate screen is still there:\n%s", p.Screen())
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no terminal":      {[]string{"--sandbox"}, "till draws on a terminal"},
		"unknown flag":     {[]string{"--sandboxed"}, "unknown flag: --sandboxed; till --help"},
		"unknown command":  {[]string{"lniks"}, `till knows no command "lniks"`},
		"link without id":  {[]string{"link"}, "till link takes one link id"},
		"link with two":    {[]string{"link", "a", "b"}, "till link takes one link id"},
		"link id of words": {[]string{"link", "two words"}, "a link id is one word"},
		"new with more":    {[]string{"link", "new", "mk_1"}, `till knows no command "mk_1"`},
		"unknown product":  {[]string{"link", "new", "--products", "cash"}, "a new link takes the products"},
		"short user":       {[]string{"link", "new", "--user", "abc"}, "4 to 150 characters"},
		"bad webhook":      {[]string{"link", "new", "--webhook", "nonsense"}, "a webhook is a URL"},
		"unknown country":  {[]string{"link", "new", "--country", "XX"}, "the countries are US, GB and CA"},
		"relink nothing":   {[]string{"link", "relink"}, "till link relink takes one link id, such as till link relink mk_"},
		"relink read-only": {[]string{"link", "relink", "--read-only", "mk_1"}, "--read-only forbids"},
		"both at once":     {[]string{"link", "new", "--sandbox", "--profile", "x"}, "exclude each other"},
		"mirror alone":     {[]string{"mirror"}, "there is status, rebuild and forget"},
		"rebuild no yes":   {[]string{"mirror", "rebuild"}, "throws away the history of syncs"},
		"forget no yes":    {[]string{"mirror", "forget"}, "throws away the history of syncs"},
		"mirror of nobody": {[]string{"mirror", "status", "--profile", "nobody"}, "there is no profile \"nobody\""},
		"export alone":     {[]string{"export"}, "links, accounts, transactions or changes"},
		"export of what":   {[]string{"export", "mk_1"}, `not "mk_1"`},
		"export of a day":  {[]string{"export", "transactions", "--from", "noon"}, "--from takes a day such as"},
		"export offline":   {[]string{"export", "links", "--sandbox", "--offline"}, "leave --offline out"},
		"export of nobody": {[]string{"export", "links", "--profile", "nobody"}, "there is no profile \"nobody\""},
		"slower than not":  {[]string{"--poll", "-1"}, "--poll takes 0 to 1000 requests"},
		"poll of a link":   {[]string{"link", "mk_1", "--poll", "NaN"}, "--poll takes 0 to 1000 requests"},
		"none in flight":   {[]string{"--poll-in-flight", "0"}, "--poll-in-flight takes 1 to 64 requests"},
		"sandbox alone":    {[]string{"sandbox"}, "till sandbox serve serves it"},
		"bad address":      {[]string{"sandbox", "serve", "--addr", "8787"}, "--addr takes a host and a port"},
		"bad manner":       {[]string{"sandbox", "serve", "--pending", "drop"}, "--pending takes update or replace"},
		"bad key pair":     {[]string{"sandbox", "serve", "--client", "id"}, "--client takes ID:SECRET"},
		"unknown scope":    {[]string{"sandbox", "serve", "--client", "id:secret:all"}, `there is no scope "all"`},
		"too many links":   {[]string{"sandbox", "serve", "--links", "10000001"}, "--links is from 0 to 10000000"},
		"bad moment":       {[]string{"sandbox", "serve", "--now", "noon"}, "--now takes a moment before 2200 such as"},
		"no number":        {[]string{"sandbox", "serve", "--rate", "NaN"}, "--rate is from 0"},
		"far future":       {[]string{"sandbox", "serve", "--now", "2250-01-01T00:00:00Z"}, "--now takes a moment before 2200"},
		"no scope":         {[]string{"sandbox", "serve", "--client", "id:secret:"}, "--client takes ID:SECRET"},
		"folder as state":  {[]string{"sandbox", "serve", "--state", os.TempDir()}, "--state takes a file"},
		"webhook URL":      {[]string{"sandbox", "serve", "--allow-webhook-host", "http://x/"}, "--allow-webhook-host takes a host"},
		"webhooks alone":   {[]string{"webhooks"}, "till webhooks listen receives them"},
		"webhooks of what": {[]string{"webhooks", "listen", "mk_1"}, `till knows no command "mk_1"`},
		"unknown event":    {[]string{"webhooks", "listen", "--sandbox", "--test", "x"}, "--test takes link.state_changed"},
		"bad port":         {[]string{"webhooks", "listen", "--port", "70000"}, "--port takes a number up to 65535"},
		"hooks read-only":  {[]string{"webhooks", "listen", "--read-only", "--link", "mk_1"}, "--read-only forbids"},
		"hostile argument": {[]string{"a\x1b[2J\u202e"}, `"a\x1b[2J\u202e"`},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := home(t, c.args...)
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			err := cmd.Run()
			exit := (*exec.ExitError)(nil)
			if !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Errorf("ended with %v, want exit code 2", err)
			}
			if !strings.Contains(said.String(), c.says) || strings.Count(said.String(), "\n") != 1 {
				t.Errorf("said %q, want one line with %q", said.String(), c.says)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %q to stdout", out.String())
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--version", "--help"} {
		out, err := home(t, flag).Output()
		if err != nil || !strings.Contains(string(out), "till") {
			t.Errorf("till %s: %v, %q", flag, err, out)
		}
	}
}

func TestAnUnknownProfileIsWrongUsage(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "--profile", "nobody"), 80, 24)
	if code := p.Wait(patience); code != 2 || !strings.Contains(p.Screen(), `there is no profile "nobody"`) {
		t.Errorf("ended with code %d and\n%s", code, p.Screen())
	}
}

func TestALinkFromTheCommandLineSurvivesTheWelcome(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "link", "mk_unknown"), 80, 24)
	p.sees("Explore the Sandbox")
	p.types("\r")
	p.sees("MoneyKit knows no link with this id")
}
