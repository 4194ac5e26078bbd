package e2e

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheLogTellsWhoAndNeverWhat has a guest who leaves a word in every place that is
// the guest's own.
func TestTheLogTellsWhoAndNeverWhat(t *testing.T) {
	t.Parallel()
	const canary = "sesameofthebank"
	k := newKey(t)
	h := serveSSH(t, "--authorized-keys", authorized(t, k), "--metrics", "127.0.0.1:0")
	client := h.comes("alice", k.auth())
	v := h.sits(client, "xterm-256color", 100, 30, "LC_ALL="+canary, "TOKEN="+canary, "LANG="+canary)
	v.sees("12 links")
	v.types("/" + canary)
	v.sees(canary)
	v.types("\r\x1b")
	v.sees("Credentials Bank", "OAuth Bank")
	v.types("jjj\r")
	v.sees("1 Overview", "✕ invalid credentials")
	v.types("R")
	v.sees("Relink Credentials Bank")
	v.types("\r")
	v.sees("Username at Credentials Bank")
	v.types(canary + "\r" + canary + "\r")
	v.sees("invalid_credentials") // among the events
	_, _, metrics := h.asks("/metrics")
	_ = client.Close()
	begin, end := h.ended("alice")
	for _, r := range []record{begin, end} {
		address := r.text("address")
		if host, _, err := net.SplitHostPort(address); err == nil {
			address = host
		}
		if address != "127.0.0.1" || r.key() != k.fingerprint() || r.text("time") == "" || r.text("msg") == "" {
			t.Errorf("the log tells %v", r)
		}
	}
	if _, told := begin["reason"]; told {
		t.Errorf("a session that begins has a reason to have ended: %v", begin)
	}
	if long, told := end["seconds"].(float64); !told || long <= 0 || end.text("reason") == "" {
		t.Errorf("the log does not tell how long it was and why it ended: %v", end)
	}
	for where, text := range map[string]string{"the log": h.said.String(), "standard output": h.told.String(), "the metrics": metrics} {
		if strings.Contains(text, canary) || strings.Contains(text, "mk_") {
			t.Errorf("content is in %s:\n%s", where, text)
		}
	}
	dir := homeOf(h.cmd)
	for _, path := range filesUnder(t, dir) {
		if strings.Contains(string(readFile(t, filepath.Join(dir, path))), canary) {
			t.Errorf("content is in %s", path)
		}
	}
}

// TestHostileNamesInTheLog has guests whose names are made for who reads logs.
func TestHostileNamesInTheLog(t *testing.T) {
	t.Parallel()
	h := serveSSH(t)
	for _, user := range []string{"evil\x1b[2J\u202e", "two\n{\"user\":\"admin\"}", `"}`, strings.Repeat("long", 5000), "\xff\xfe"} {
		client, err := h.dial(user)
		if err != nil {
			continue // refused, which is as well
		}
		v, err := sitDown(client, "xterm", 80, 24)
		if err == nil {
			v.T = t
			v.sees("12 links")
			v.quits()
		}
		_ = client.Close()
	}
	v := h.visits("last", 80, 24)
	v.sees("12 links")
	v.quits()
	h.ended("last") // reads every line
	if len(h.of("admin")) > 0 {
		t.Errorf("a guest has written a record: %s", h.said)
	}
	steers := func(r rune) bool { return r < ' ' && r != '\n' || r == '\u202e' }
	if text := h.said.String(); strings.ContainsFunc(text, steers) || slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return len(line) > 2000 }) {
		t.Errorf("the log is made for a terminal to read:\n%.3000q", text)
	}
}
