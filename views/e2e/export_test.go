package e2e

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// export runs till export and returns what it wrote, and how it ended.
func export(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	cmd := home(t, append([]string{"export"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func TestExport(t *testing.T) {
	t.Parallel()
	out, said, code := export(t, "links", "--sandbox")
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || code != 0 || len(records) != 13 || records[0][0] != "link_id" || !strings.Contains(said, "12 links written\n") {
		t.Errorf("%d lines, code %d, %v, said\n%s", len(records), code, err, said)
	}
	path := filepath.Join(t.TempDir(), "transactions.jsonl")
	args := []string{"transactions", "--sandbox", "--posted", "--format", "jsonl", "--output", path}
	if out, said, code = export(t, args...); code != 0 || out != "" || !strings.Contains(said, "transactions written to "+path) {
		t.Fatalf("code %d, wrote %q, said\n%s", code, out, said)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, line := range lines {
		var transaction struct {
			ID      string `json:"transaction_id"`
			Pending *bool  `json:"pending"`
		}
		if err := json.Unmarshal([]byte(line), &transaction); err != nil || transaction.ID == "" || transaction.Pending == nil || *transaction.Pending {
			t.Fatalf("%v: %s", err, line)
		}
	}
	if len(lines) < 3000 {
		t.Errorf("%d transactions", len(lines))
	}
	if _, said, code = export(t, args...); code != 1 || said != "till: "+path+" is there already; --force replaces it\n" {
		t.Errorf("code %d, said %q", code, said)
	}
	if _, _, code = export(t, append(args, "--force")...); code != 0 {
		t.Errorf("code %d", code)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestExportToAFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = full.Close() }()
	cmd := home(t, "export", "accounts", "--sandbox")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &said
	if _ = cmd.Run(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "no space left on device") || strings.Contains(said.String(), "written") {
		t.Errorf("code %d, said\n%s", cmd.ProcessState.ExitCode(), said.String())
	}
}

func TestAnInterruptedExportLeavesNoFile(t *testing.T) {
	t.Parallel()
	s := serve(t, "--links", "5000", "--transactions", "1")
	dir := t.TempDir()
	cmd := home(t, "export", "accounts", "--output", filepath.Join(dir, "accounts.csv"))
	cmd.Env = append(cmd.Env, "MONEYKIT_CLIENT_ID="+s.pair.ID, "MONEYKIT_CLIENT_SECRET="+s.pair.Secret, "MONEYKIT_URL="+s.url)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	said.Scan()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	last := ""
	for said.Scan() {
		last = said.Text()
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 || last != "till: interrupted; no file was written" {
		t.Errorf("code %d, said %q", code, last)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestExportOnATerminal(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "export", "links", "--sandbox"), 200, 60)
	p.sees("link_id,institution_id", "moneykit-oauth-bank,OAuth Bank", "12 links written")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("till left with code %d", code)
	}
}
