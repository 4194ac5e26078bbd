package mirror_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"till/moneykit"
	"till/moneykit/mirror"
)

// A sync that would never end is ended, keeps what came before, and leaves nothing
// running.
func TestASyncThatDoesNotEnd(t *testing.T) {
	for _, x := range []struct {
		name   string
		handle func(cursor string) (int, string)
		want   mirror.LoopError
		text   string
		asked  int
		head   mirror.Head
		held   []string
	}{
		{
			"a cycle of three",
			pages(map[string]string{
				"": step("c1", true, "a"), "c1": step("c2", true, "b"), "c2": step("c3", true, "c"), "c3": step("c1", true, "d"),
			}),
			mirror.LoopError{Link: bank, RequestIDs: []string{"r1", "r4"}},
			"mirror: the sync of mk_bank does not end: its cursors repeat (requests r1, r4)",
			4,
			mirror.Head{Seq: 1, Cursor: "c3", More: true},
			[]string{"a", "b", "c"},
		},
		{
			"empty pages for ever",
			func(cursor string) (int, string) {
				if cursor == "" {
					return http.StatusOK, step("c0", true, "a")
				}
				var n int
				_, _ = fmt.Sscanf(cursor, "c%d", &n)
				return http.StatusOK, step(fmt.Sprintf("c%d", n+1), true)
			},
			mirror.LoopError{Link: bank, Empty: true, RequestIDs: []string{"r98", "r99", "r100", "r101", "r102"}},
			"mirror: the sync of mk_bank does not end: pages without end bring nothing (requests r98, r99, r100, r101, r102)",
			102,
			mirror.Head{Seq: 1, Cursor: "c100", More: true},
			[]string{"a"},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which ends when nothing runs any more
				srv := &server{handle: x.handle}
				m, s := newMirror(t, srv)
				_, err := m.Sync(t.Context(), bank)
				var loop *mirror.LoopError
				if !errors.As(err, &loop) {
					t.Fatalf("%v", err)
				}
				same(t, "error", *loop, x.want)
				same(t, "text", err.Error(), x.text)
				same(t, "asked", len(srv.cursors), x.asked)
				same(t, "head", s.head(), x.head)
				same(t, "held", s.ids(mirror.Query{}), x.held)

				// With a server that is well again, a sync goes on from there.
				srv.handle = func(string) (int, string) { return http.StatusOK, step("end", false, "z") }
				if _, err := m.Sync(t.Context(), bank); err != nil {
					t.Fatal(err)
				}
				same(t, "asked for", srv.cursors[x.asked], x.head.Cursor)
				same(t, "held at the end", s.ids(mirror.Query{}), append(x.held, "z"))
			})
		})
	}
}

// The client refuses a page whose cursor is the one it was asked for with, and tells
// of its request.
func TestACursorThatRepeatsAtOnce(t *testing.T) {
	for name, next := range map[string]string{"the same": "c1", "none": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &server{handle: pages(map[string]string{"": step("c1", true, "a"), "c1": step(next, true, "b")})}
				m, s := newMirror(t, srv)
				_, err := m.Sync(t.Context(), bank)
				if e := (*moneykit.ResponseError)(nil); !errors.As(err, &e) || e.RequestID != "r2" {
					t.Fatalf("%v", err)
				}
				same(t, "asked for", srv.cursors, []string{"", "c1"})
				same(t, "head", s.head(), mirror.Head{Seq: 1, Cursor: "c1", More: true})
				same(t, "held", s.ids(mirror.Query{}), []string{"a"})
			})
		})
	}
}

// As many empty pages as a server may send do no harm.
func TestEmptyPagesBetweenFullOnes(t *testing.T) {
	srv := &server{handle: func(cursor string) (int, string) {
		var n int
		_, _ = fmt.Sscanf(cursor, "c%d", &n)
		if n%100 == 0 {
			return http.StatusOK, step(fmt.Sprintf("c%d", n+1), n < 300, fmt.Sprintf("t%d", n))
		}
		return http.StatusOK, step(fmt.Sprintf("c%d", n+1), true)
	}}
	client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")},
		moneykit.WithTransport(srv), moneykit.WithRateLimit(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	s := newStored(t)
	if _, err := mirror.New(client, s.Store).Sync(t.Context(), bank); err != nil {
		t.Fatal(err)
	}
	same(t, "held", s.ids(mirror.Query{}), []string{"t0", "t100", "t200", "t300"})
}
