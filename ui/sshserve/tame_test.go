package sshserve

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
)

// events are how many a decoder makes of what was tamed, given in pieces.
func events(t *testing.T, pieces ...string) int {
	t.Helper()
	var tamer tamer
	reader, writer := io.Pipe()
	made := make(chan uv.Event)
	go func() {
		for _, piece := range pieces {
			_, _ = writer.Write(tamer.tame([]byte(piece)))
		}
		_ = writer.Close()
	}()
	go func() {
		defer close(made)
		_ = uv.NewTerminalReader(reader, "xterm").StreamEvents(context.Background(), made)
	}()
	n := 0
	for range made {
		n++
	}
	return n
}

func TestWhatIsTamedMakesNoMoreEventsThanBytes(t *testing.T) {
	fragments := []string{
		"\x1b", "[", "\x1b[", "\x9b", "65;0;97;1;0;999_", "65;0;97;1;0;999", "_", ";", ":", "9", "?", " ", "\x00", "\x7f",
		"\x1b[;;95;1_", "\x1b[0;0;95;1;0;1_", "\x1b[;;91;1_", "\x1b[_", "\x1b]11;", "\x07", "a", "ж", "\x1b[200~", "\x1b[201~",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var pieces []string
		for range 1 + random.IntN(12) {
			pieces = append(pieces, fragments[random.IntN(len(fragments))])
		}
		if n, most := events(t, pieces...), len(strings.Join(pieces, "")); n > most {
			t.Fatalf("%d events of %q", n, pieces)
		}
	}
}

func TestTamedKeysStayWhatTheyAre(t *testing.T) {
	for _, keys := range []string{
		"snake_case 10:30:15_ 1;2;3_", "\x1b", "\x1b\x1b", "\x1b_", "\x1b[A\x1b[1;5A\x1b[97;5:3u_", "\x1b[<35;10;12M_", "\x1b[200~a_b\x1b[201~", "\x1b]11;rgb:0/0/0\x07_", "жшћ_",
	} {
		var tamer tamer
		if got := string(tamer.tame([]byte(keys))); got != keys {
			t.Errorf("%q became %q", keys, got)
		}
	}
}

func TestARowOfEscapesIsShort(t *testing.T) {
	var tamer tamer
	got := slices.Concat(tamer.tame([]byte("a\x1b\x1b\x1b")), tamer.tame([]byte("\x1b\x1b[A\x1b")))
	if string(got) != "a\x1b\x1b[A\x1b" {
		t.Errorf("%q", got)
	}
}
